"""Figures of a seed go on, on the planned chords and the seed's own tracks."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.composing.accompaniment import Accompaniment, shifted
from chipgen.composing.figures import Double
from chipgen.music.score import Meter, Note, Score
from chipgen.rows.row_states import HOLD, NOISE, TRIANGLE
from tests.composing.accompanied import planned
from tests.seeds import band


def accompaniment(seed: Score, bars: int, chords: str = "", **options: bool) -> Accompaniment:
    """Return what accompanies some bars behind a seed."""
    prompt, plan, scale = planned(seed, bars, chords, **options)
    return Accompaniment(prompt, plan, scale, 0, with_drums=True)


def test_figures_are_played_on_the_planned_chords() -> None:
    """The chords keep rhythm, size and register; the bass keeps its figure and has the root."""
    plays = accompaniment(band(), 4, "F G Am C")
    notes = plays.notes(16.0, 32.0)
    assert notes.keys() == {1, 2, 3} == plays.tracks
    for bar, (root, third) in enumerate([(5, 9), (7, 11), (9, 0), (0, 4)]):
        begin = 16.0 + 4 * bar
        chords, bass = (
            [n for n in notes[track] if begin <= n.onset_beats < begin + 4] for track in (1, 2)
        )
        assert [n.onset_beats - begin for n in bass] == [0, 1, 2, 3]
        assert bass[0].pitch % 12 == root
        assert {root, third} <= {n.pitch % 12 for n in chords}
        assert len(chords) == 12
        assert all(48 <= n.pitch <= 72 for n in chords)


def test_the_chips_voices_are_told_what_is_played() -> None:
    """Rows have the second pulse, the triangle and the noise, as the notes are."""
    plays = accompaniment(band(), 4, "F G Am C")
    played = plays.rows(0, 4 * 16)
    assert played.voices.tolist() == [False, True, True, True]
    rows_a_beat = len(played.rows) // 16 if len(played.rows) % 16 == 0 else 4
    bass = played.rows.states[:, TRIANGLE]
    assert {int(state) % 12 for state in bass[bass > HOLD][:1]} == {5}
    begun = np.flatnonzero(played.rows.states[:, NOISE] > HOLD)
    assert len(begun) >= 3 * 4
    assert rows_a_beat in (2, 4)


def test_rows_do_not_depend_on_how_they_are_asked_for() -> None:
    """Asked for in parts, they are the same."""
    whole = accompaniment(band(), 4, "F G Am C").rows(0, 32).rows.states
    parts = accompaniment(band(), 4, "F G Am C")
    cut = np.concatenate([parts.rows(0, 5).rows.states, parts.rows(5, 27).rows.states])
    assert np.array_equal(whole, cut)


def test_a_last_bar_is_held() -> None:
    """With a cadence, chords and bass end on one long chord of the tonic."""
    plays = accompaniment(band(), 4, cadence=True)
    last = plays.notes(28.0, 32.0)
    assert all(note.onset_beats == 28.0 for note in (*last[1], *last[2]))
    assert all(note.duration_beats == pytest.approx(4.0) for note in (*last[1], *last[2]))
    assert last[2][0].pitch % 12 == 0
    assert {note.pitch % 12 for note in last[1]} <= {0, 4, 7}


def test_a_last_bar_is_led_to() -> None:
    """A bass that has left off plays a root in the second half of the bar before the last."""
    seed = band()
    bass = tuple(note for note in seed.tracks[2].notes if note.onset_beats % 4 < 2)
    tracks = tuple(replace(t, notes=bass) if t.program == 32 else t for t in seed.tracks)
    plays = accompaniment(replace(seed, tracks=tracks), 4, "F G Am C", cadence=True)
    before, last = (plays.notes(at, at + 4.0)[2] for at in (24.0, 28.0))
    assert (before[-1].onset_beats, before[-1].pitch % 12) == (26.0, 9)
    assert not any(note.onset_beats > 21.5 for note in plays.notes(20.0, 24.0)[2])
    assert last[0].pitch % 12 == 0


@pytest.mark.parametrize("meter", [Meter(0.0, 1, 4), Meter(0.0, 1, 8), Meter(0.0, 3, 16)])
def test_bars_of_a_beat_or_less_are_led_to(meter: Meter) -> None:
    """Short bars have halves, too: no note is without length."""
    seed = band()
    bass = tuple(Note(beat / 2, 0.1, 36 + beat % 5, 90) for beat in range(32))
    tracks = tuple(replace(t, notes=bass) if t.program == 32 else t for t in seed.tracks)
    plays = accompaniment(replace(seed, tracks=tracks, meters=(meter,)), 4, cadence=True)
    played = plays.notes(16.0, 16.0 + 4 * meter.bar_beats)
    assert played[2]
    assert all(note.duration_beats > 0 for notes in played.values() for note in notes)


def test_a_last_bar_is_not_begun_early() -> None:
    """A bass that would play the tonic just before it plays the root of the chord that is there."""
    seed = band()
    bass = tuple(
        note
        for bar in range(0, 16, 4)
        for note in (Note(bar, 1.9, 36, 90), Note(bar + 2.0, 1.4, 36, 90), Note(bar + 3.5, 0.4, 41))
    )
    tracks = tuple(replace(t, notes=bass) if t.program == 32 else t for t in seed.tracks)
    plays = accompaniment(replace(seed, tracks=tracks), 4, "C F G C", cadence=True)
    before, last = (plays.notes(at, at + 4.0)[2] for at in (24.0, 28.0))
    assert {note.pitch % 12 for note in before if note.onset_beats >= 26.0} <= {7, 11, 2}
    assert last[0].pitch % 12 == 0


def test_a_last_bar_has_its_root_below() -> None:
    """A bass that climbs comes down to the tonic in its lowest octave."""
    seed = band()
    bass = tuple(Note(beat, 0.9, pitch, 90) for beat in range(0, 16, 4) for pitch in (60,))
    low = tuple(Note(beat + 2.0, 0.9, 43, 90) for beat in range(0, 16, 4))
    tracks = tuple(
        replace(t, notes=tuple(sorted((*bass, *low)))) if t.program == 32 else t
        for t in seed.tracks
    )
    last = accompaniment(replace(seed, tracks=tracks), 4, "F G Am C", cadence=True)
    assert [note.pitch for note in last.notes(28.0, 32.0)[2]] == [48]


@pytest.mark.parametrize("strokes", [1, 4])
def test_the_end_of_a_seed_is_no_figure(strokes: int) -> None:
    """Its last chord, held or high, is not played again."""
    seed = band(drums=False)
    end = tuple(
        Note(12.0 + k, 4.0 - k, pitch, 90) for k in range(strokes) for pitch in (72, 76, 79, 84)
    )
    chords = (*(note for note in seed.tracks[1].notes if note.onset_beats < 12.0), *end)
    tracks = (seed.tracks[0], replace(seed.tracks[1], notes=chords), *seed.tracks[2:])
    plays = accompaniment(replace(seed, tracks=tracks), 8, "C")
    notes = plays.notes(16.0, 48.0)[1]
    assert max(note.pitch for note in notes) < 72
    assert len({note.onset_beats for note in notes}) == 32


def test_sections_of_a_long_piece_are_in_other_inversions() -> None:
    """Over one chord a section's pitches differ, its pitch classes do not; some hold chords."""
    prompt, plan, scale = planned(band(), 40, "C", form="B C D E F G H I J K")
    plays = Accompaniment(prompt, plan, scale, 0, with_drums=False, varies=True)
    bars = [plays.notes(16.0 + 4 * bar, 20.0 + 4 * bar)[1] for bar in range(40)]
    lows = [min(note.pitch for note in bar) for bar in bars]
    assert all(len(set(lows[k : k + 4])) == 1 for k in range(0, 40, 4))
    assert len(set(lows)) > 1
    for bar in bars:
        assert {note.pitch % 12 for note in bar} == {0, 4, 7}
    assert {len(bar) for bar in bars} == {6, 12}


def test_a_double_plays_the_line_elsewhere() -> None:
    """Notes that leave MIDI's range are left out."""
    notes = (Note(0.0, 1.0, 60), Note(1.0, 1.0, 120))
    assert [n.pitch for n in shifted(notes, Double(4, "melody", 12))] == [72]
    assert [n.onset_beats for n in shifted(notes, Double(4, "melody", 0, 0.25))] == [0.25, 1.25]
