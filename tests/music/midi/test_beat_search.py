"""Beats and bars are the music's where the file's are not, and notes keep their seconds."""

import numpy as np
import pytest

from chipgen.music.midi import score_from_midi
from chipgen.music.score import Meter, Score
from tests import midi_files as smf

TICKS = 480
CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))


def song(shift: float, first: int, meter: tuple[int, int], late: float = 0.0) -> bytes:
    """Return chords of four beats under a tune in eighths, the first at `first` + `shift` beats."""
    notes = []
    for bar in range(16):
        at = 4 * bar + first + shift
        notes += [(at, 4.0, pitch - 12) for pitch in CHORDS[bar % 4]]
        notes += [(at + k / 2, 0.5, CHORDS[bar % 4][k % 3] + 12) for k in range(8)]
    rng = np.random.default_rng(3)
    events = []
    for onset, length, pitch in notes:
        begin = round(TICKS * onset + TICKS * late * rng.standard_normal())
        events.append((max(0, begin), 1, pitch))
        events.append((round(TICKS * (onset + length)) - 5, 0, pitch))
    body, now = smf.meta(0, 0x58, bytes([meter[0], meter[1], 24, 8])), 0
    body += smf.meta(0, 0x51, (600_000).to_bytes(3))
    for tick, is_on, pitch in sorted(events):
        body += smf.event(tick - now, 0x90 if is_on else 0x80, pitch, 90)
        now = tick
    return smf.midi(body)


def onsets(score: Score) -> np.ndarray:
    """Return where notes begin, in beats."""
    return np.array([note.onset_beats for track in score.tracks for note in track.notes])


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.36, 0.5, 0.9])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_bars_of_one_beat_become_bars(shift: float, first: int) -> None:
    """The file tells beats at most: both they and the bars are heard, and a line says so."""
    score = score_from_midi(song(shift, first, (1, 2)))
    bar = score.meters[-1]
    assert (bar.numerator, bar.denominator) == (4, 4)
    chords = [n.onset_beats for n in score.tracks[0].notes if n.duration_beats > 3]
    assert np.allclose((np.array(chords) - bar.beat) % 4.0, 0.0, atol=0.01)
    expected = (first + shift) * 0.6
    assert float(score.beats_to_seconds(min(chords))) == pytest.approx(expected, abs=1e-3)
    assert "the file's bars last one beat" in score.remarks[-1]


def test_notes_beside_all_beats_move_them() -> None:
    """In 4/4, too, if every note lies as far from the file's sixteenths."""
    score = score_from_midi(song(0.1, 2, (4, 2)))
    assert np.allclose(onsets(score) * 2, np.round(onsets(score) * 2), atol=0.02)
    assert score.meters == (Meter(0.0, 2, 4), Meter(2.0, 4, 4))
    assert "notes lie 0.10 of a beat behind" in score.remarks[-1]


@pytest.mark.parametrize(("shift", "late"), [(0.0, 0.0), (0.02, 0.0), (0.5, 0.0), (0.1, 0.09)])
def test_the_files_own_bars_stand_unless_all_notes_say_otherwise(shift: float, late: float) -> None:
    """Off-beats, players who lag a little, and free playing change nothing."""
    score = score_from_midi(song(shift, 0, (4, 2), late))
    assert score.meters == (Meter(0.0, 4, 4),)
    assert score.remarks == ()
