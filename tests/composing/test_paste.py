"""Pasting rows keeps all that lies outside them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.composing.paste import passage_ends, put_rows
from chipgen.music.score import Note, Score, Track
from chipgen.rows.row_states import Rows


def voice(score: Score, role: str) -> tuple[Note, ...]:
    """Return the notes of a voice."""
    return next((track.notes for track in score.tracks if track.role == role), ())


NOTES = st.lists(
    st.tuples(st.integers(0, 47), st.integers(1, 12), st.integers(40, 80)), max_size=24
)


@given(NOTES, st.integers(0, 8), st.integers(1, 8), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_splicing_keeps_all_that_is_outside(
    events: list[tuple[int, int, int]], first: int, count: int, held: int
) -> None:
    """New rows replace what begins in them, and nothing else; outside it sounds as it did.

    Rows are quarters of a beat; the passage begins at a beat.
    """
    notes, free = [], 0
    for onset, length, pitch in sorted(events):
        if onset >= free:  # one voice, one note at a time
            notes.append(Note(onset / 4, length / 4, pitch))
            free = onset + length
    score = Score((Track("p1", notes=tuple(notes), role="p1"),), end_beats=16.0, dialect="nesmdb")
    begin, end = float(first), float(first + count)
    states = np.zeros((4 * count, 4), dtype=np.uint8)
    held = min(held, len(states)) if any(n.onset_beats < begin <= n.end_beats for n in notes) else 0
    states[:held, 0] = 1
    if held < len(states):
        states[held, 0] = 60
    levels = (states > 1).astype(np.uint8) * 9
    rows = Rows(states, levels, np.zeros_like(states), np.full(len(states), 6))
    made = voice(put_rows(score, ("p1",), rows, np.linspace(begin, end, 4 * count + 1)), "p1")

    def sounding(some: tuple[Note, ...], beat: float) -> list[int]:
        return [n.pitch for n in some if n.onset_beats <= beat < n.end_beats - 1e-9]

    for quarter in range(64):
        beat = quarter / 4 + 0.01
        if not begin <= beat < end:
            assert sounding(made, beat) == sounding(tuple(notes), beat)
        elif beat < begin + held / 4:
            before = max((n for n in notes if n.onset_beats < begin), default=None)
            assert before is None or sounding(made, beat) == [before.pitch]
        else:
            assert sounding(made, beat) in ([60], [])
    assert all(note.duration_beats > 0 for note in made)


def test_an_upbeat_stays() -> None:
    """A note that begins in a passage's last quarter and rings on is no part of it."""
    states = np.zeros((24, 4), dtype=np.uint8)
    states[8:24, 0] = [60] + [1] * 6 + [62] + [1] * 8  # rings on from row 15
    states[8:24, 1] = [60] + [1] * 15  # from the passage's first row
    states[15, 2] = 40  # ends with the passage
    assert passage_ends(states, 8, 16).tolist() == [7, 8, 8, 8]
    assert passage_ends(states, 16, 24).tolist() == [8] * 4


def test_new_rows_end_where_an_upbeat_begins() -> None:
    """It is heard whole, once; the new notes before it end by then."""
    notes = (Note(0.0, 0.9, 60), Note(1.75, 1.0, 62), Note(3.0, 1.0, 64))
    score = Score((Track("p1", notes=notes, role="p1"),), end_beats=4.0, dialect="nesmdb")
    states = np.zeros((8, 4), dtype=np.uint8)
    states[:, 0] = [70, 1, 1, 1, 72, 1, 1, 1]
    levels = (states > 1).astype(np.uint8) * 9
    rows = Rows(states, levels, np.zeros_like(states), np.full(8, 6))
    made = put_rows(score, ("p1",), rows, np.linspace(0, 2, 9), None, np.array([7, 8, 8, 8]))
    new, upbeat, last = voice(made, "p1")[:-2], voice(made, "p1")[-2], voice(made, "p1")[-1]
    assert [n.pitch for n in new] == [70, 72]
    assert new[-1].end_beats <= 1.75
    assert (upbeat, last) == notes[1:]
