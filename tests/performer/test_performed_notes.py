"""How a piece was played is read off it: ornaments, timing, ends, volumes."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.music.score import Control, Note, Score, Track
from chipgen.performer.performed_notes import read_performance
from chipgen.performer.timer_glitches import Glitch
from tests.performer.chip_performances import (
    EARLY,
    FRAME_BEATS,
    LATE,
    ROW_FRAMES,
    ROWS,
    edges_s,
    performed,
)

P1, TR = 0, 2


def test_rows_timing_ends_and_ornaments_are_read() -> None:
    """A grace note belongs to the note that it leads to; delays and releases are in frames."""
    played = read_performance(performed(), edges_s())[P1]
    assert played.written.row.tolist() == list(range(0, ROWS, 2))
    assert (played.written.end_row - played.written.row).tolist() == [2] * len(played)
    assert played.written.pitch[:4].tolist() == [72, 76, 79, 76]
    for index, gesture in enumerate(played.gestures):
        assert gesture.delay == pytest.approx(LATE, abs=0.01)
        assert gesture.release == pytest.approx(-EARLY, abs=0.01)
        (*ornaments,) = gesture.ornaments
        assert len(ornaments) == (index % 4 == 3)
        for grace in ornaments:
            assert grace.interval == -1
            assert (grace.after, grace.frames) == pytest.approx((-2.0, 2.0), abs=0.01)


def test_the_course_of_the_volume_is_read() -> None:
    """Levels are those of 1.5, 3.5, 7.5 and 15.5 frames after the onset, -1 after the end."""
    played = read_performance(performed(), edges_s())[P1]
    assert played.levels[:4].tolist() == [[12, 12, 6, -1]] * 4
    assert {gesture.level for gesture in played.gestures[:3]} == {12}


def test_a_volume_that_is_set_just_after_the_onset_is_no_volume_of_the_note() -> None:
    """NES-MDB notes carry the level in force; the driver writes the new one a moment later."""
    late = 0.1 * FRAME_BEATS
    notes, controls = [], [Control(0.0, 11, 127)]
    for k in range(8):
        at = k * 2 * ROW_FRAMES * FRAME_BEATS
        notes.append(Note(at, 12 * FRAME_BEATS, 60 + k, 127 if k == 0 else 51))
        controls.append(Control(at + late, 11, 127))
        controls.append(Control(at + 8 * FRAME_BEATS, 11, 51))
    track = Track("p1", notes=tuple(notes), controls=tuple(controls), role="p1")
    played = read_performance(Score((track,), end_beats=8.0), edges_s(20))[P1]
    assert [gesture.level for gesture in played.gestures] == [15, *[0] * 7]
    assert played.levels[1].tolist() == [15, 15, 15, -1]


def test_an_instant_between_two_writes_is_no_ornament() -> None:
    """It is told with the note that follows, by which byte was written first."""
    tick = FRAME_BEATS / 735
    at = 2 * ROW_FRAMES * FRAME_BEATS
    notes = (
        Note(0.0, at - tick, 67),
        Note(at - tick, tick, 57),  # the upper bits of G4's timer with the lower ones of A4's
        Note(at, at, 69),
    )
    track = Track("p1", notes=notes, role="p1")
    played = read_performance(Score((track,), end_beats=2 * at), edges_s(4))[P1]
    assert played.written.pitch.tolist() == [67, 69]
    assert [gesture.glitch for gesture in played.gestures] == [Glitch.NONE, Glitch.LOW_FIRST]
    assert not any(gesture.ornaments for gesture in played.gestures)


def test_voices_without_notes_are_left_out() -> None:
    """A track may be empty, or no voice's."""
    score = performed()
    empty = replace(score.tracks[0], notes=())
    other = Track("flute", notes=(Note(0.0, 1.0, 60),))
    assert read_performance(score.with_tracks((empty, other)), edges_s()) == {}


def test_legato_and_exact_notes_have_nothing_added() -> None:
    """The triangle of the piece is what is written."""
    played = read_performance(performed(), edges_s())[TR]
    assert np.abs([g.delay for g in played.gestures]).max() < 0.01
    assert np.abs([g.release for g in played.gestures]).max() < 0.01
    assert not any(g.changes or g.ornaments for g in played.gestures)
