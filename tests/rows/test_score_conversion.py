"""Scores to rows and notes, and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chipgen.dataset.measure_songs import count_returned
from chipgen.music.score import NES_TRACKS, Control, Note, Score, Track
from chipgen.rows.row_states import HIGHEST_PITCH, LOWEST_PITCH, NOISE
from chipgen.rows.score_conversion import (
    cut_at,
    folded_into_ranges,
    rows_to_score,
    score_to_rows,
    voice_notes_of,
)
from chipgen.rows.voice_notes import TICKS_A_SECOND
from tests.row_songs import Meter, compose_bars, play, score_of

FOUR = Meter(4, 4)


def test_score_to_rows_and_back() -> None:
    """The pair keeps every onset within a frame, with voice, pitch, volume and timbre."""
    notes = play(compose_bars(FOUR, 16, np.random.default_rng(7)), 256, (7, 6))
    score = score_of(notes)
    back = rows_to_score(score_to_rows(score))
    assert count_returned(voice_notes_of(score), voice_notes_of(back)) == len(notes)
    for before, after in zip(score.tracks, back.tracks, strict=True):
        assert [note.pitch for note in before.notes] == [note.pitch for note in after.notes]
        if before.role != "tr":
            assert {n.velocity for n in after.notes} == {n.velocity for n in before.notes}


NOTES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 63), st.integers(1, 16), st.integers(0, 127)),
    min_size=1,
    max_size=40,
)


@given(NOTES)
def test_folded_notes_are_in_their_voices_ranges(notes: list[tuple[int, int, int, int]]) -> None:
    """They keep their pitch class, and those that were in the range their pitch."""
    tracks = tuple(
        Track(role, role=role, notes=tuple(Note(on / 4, length / 4, pitch) for v, on, length, pitch
              in sorted(notes) if v == voice))
        for voice, role in enumerate(NES_TRACKS)
    )  # fmt: skip
    before = voice_notes_of(Score(tracks, end_beats=32.0))
    after, folded = folded_into_ranges(before)
    moved = 0
    for voice, was, now in zip(before.voice, before.pitch, after.pitch, strict=True):
        assert LOWEST_PITCH[voice] <= now <= HIGHEST_PITCH[voice]
        if voice != NOISE:
            assert (now - was) % 12 == 0
        if LOWEST_PITCH[voice] <= was <= HIGHEST_PITCH[voice]:
            assert now == was
        moved += was != now
    assert folded == moved


@given(NOTES, st.integers(1, 16))
def test_nothing_sounds_behind_a_cut(notes: list[tuple[int, int, int, int]], beats: int) -> None:
    """Notes that begin before it stay, and end there at the latest."""
    track = Track("p1", role="p1", notes=tuple(Note(on / 4, n / 4, 60) for _, on, n, _ in notes))
    whole = voice_notes_of(Score((track,), end_beats=32.0))
    end = beats * TICKS_A_SECOND // 2
    cut = cut_at(whole, end)
    assert cut.length == end
    assert cut.start.tolist() == [start for start in whole.start.tolist() if start < end]
    assert (cut.end <= end).all()
    assert (cut.end > cut.start).all()


def test_a_timbre_that_is_not_set_is_the_formats_or_a_square() -> None:
    """NES-MDB begins at duty 0, ordinary MIDI at 2; what is set holds, up to 3."""
    controls = (Control(1.0, 12, 1), Control(2.0, 12, 99))
    notes = tuple(Note(float(beat), 1.0, 60) for beat in range(3))
    score = Score((Track("p1", 0, 80, notes, controls, role="p1"),), end_beats=3.0)
    assert voice_notes_of(score).timbre.tolist() == [0, 1, 3]
    assert voice_notes_of(score, unset_duty=2).timbre.tolist() == [2, 1, 3]
