"""Songs in nominal beats come out in their own, with every onset's second as it was."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from chipgen.arranging.loop_points import find_loop
from chipgen.cli.dataset import command
from chipgen.errors import ChipgenError
from chipgen.music.midi import midi_bytes, read_midi
from chipgen.music.score import Note, Score, Track
from chipgen.rows.true_bars import put_in_bars
from tests.row_songs import Meter, compose_bars, onsets_s, play, play_on, score_of, shift

FOUR = Meter(4, 4)


def run(*arguments: object) -> Result:
    """Run `chipgen dataset`, letting our own errors through."""
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)


@pytest.mark.parametrize(
    ("meter", "pattern", "lead_s"),
    [
        (FOUR, (6,), 0.0),
        (FOUR, (7, 6), 0.01),
        (FOUR, (8, 5), 0.0),
        (Meter(3, 4), (6,), 0.4),
        (Meter(2, 6, 3), (5,), 0.0),
    ],
)
def test_onsets_keep_their_second_and_find_their_beat(
    tmp_path: Path, meter: Meter, pattern: tuple[int, ...], lead_s: float
) -> None:
    """Written and read again: no onset moves by a millisecond, and beats are musical ones."""
    events = compose_bars(meter, 16, np.random.default_rng(2))
    score = score_of(play(events, 16 * meter.bar_rows, pattern, lead_s))
    barred = put_in_bars(score)
    (tmp_path / "bars.mid").write_bytes(midi_bytes(barred.score))
    back = read_midi(tmp_path / "bars.mid")
    for before, after in zip(onsets_s(score), onsets_s(back), strict=True):
        assert np.abs(np.array(before) - np.array(after)).max() < 0.001
    assert back.dialect == "nesmdb"
    assert back.meters[-1].numerator / meter.beats == (3 if meter.parts == 3 else 1)
    bass = next(track for track in back.tracks if track.role == "tr")
    bars = np.array(back.bar_starts_beats())
    downbeats = [note.onset_beats for note, (row, *_) in zip(
        bass.notes, sorted(e for e in events if e[1] == 2), strict=True
    ) if row % meter.bar_rows == 0]  # fmt: skip
    assert len(downbeats) == 16
    assert max(float(np.abs(bars - beat).min()) for beat in downbeats) < 0.1


def test_one_tempo_tells_a_steady_song_and_two_a_changing_one() -> None:
    """The tempo map has as many tempi as the song, and a few more where rows are uneven."""
    events = compose_bars(FOUR, 24, np.random.default_rng(2))
    steady = put_in_bars(score_of(play(events, 24 * 16))).score
    assert len(steady.tempos) == 1
    assert steady.tempos[0].bpm == pytest.approx(60 * 60.0988 / 24, rel=1e-3)
    frames = np.concatenate([np.full(12 * 16, 6), np.full(13 * 16, 8)])
    boundaries = np.concatenate([[0], np.cumsum(frames)])
    changing = put_in_bars(score_of(play_on(events, 24 * 16, boundaries))).score
    bpm = [changing.tempos[0].bpm, changing.tempos[-1].bpm]
    assert bpm == pytest.approx([150.2, 112.7], rel=0.01)
    assert len(changing.tempos) <= 4


def test_a_loop_is_marked_on_its_bars() -> None:
    """A song that begins again after its introduction has marks there, in quarter notes."""
    rng = np.random.default_rng(0)
    intro, loop = compose_bars(FOUR, 2, rng), compose_bars(FOUR, 8, rng)
    events = intro + shift(loop, 32) + shift(loop, 160)
    score = put_in_bars(score_of(play(events, 32 + 256))).score
    assert find_loop(score) == pytest.approx((8.0, 40.0))


def test_a_guessed_loop_is_marked_when_asked_for() -> None:
    """A song cut where it loops is marked only on request."""
    score = score_of(play(compose_bars(FOUR, 16, np.random.default_rng(1)), 256))
    assert find_loop(put_in_bars(score).score) is None
    assert find_loop(put_in_bars(score, guess_loop=True).score) == pytest.approx((0.0, 64.0))


def test_songs_without_bars_are_refused() -> None:
    """A few notes have no rows, and no voices no notes: the message says so."""
    with pytest.raises(ChipgenError, match="fit no rows"):
        put_in_bars(score_of(play(compose_bars(FOUR, 1, np.random.default_rng(0)), 16)))
    with pytest.raises(ChipgenError, match="arrange it first"):
        put_in_bars(Score((Track(notes=(Note(0, 1, 60),)),), end_beats=1.0))
