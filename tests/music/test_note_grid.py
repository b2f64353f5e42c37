"""Notes fall on the slices that they touch, as the "slices" task counts them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.music.note_grid import NoteGrid, slice_score, slice_seconds, sounding_slices
from chipgen.music.score import Note, Score, Tempo, Track


def pitches(slices: np.ndarray) -> list[list[int]]:
    """Return the MIDI pitches of each slice."""
    return [[int(p) + 21 for p in np.flatnonzero(row)] for row in slices]


def test_a_note_sounds_from_floor_of_its_start_to_ceil_of_its_end() -> None:
    """Worked by hand: slice k is [k, k + 1), and touching it is enough."""
    slices = sounding_slices(
        onsets=[0.0, 1.0, 1.9, 3.0], ends=[1.0, 1.1, 2.01, 5.0], pitches=[60, 62, 64, 65]
    )
    assert pitches(slices) == [[60], [62, 64], [64], [65], [65]]


def test_ends_on_a_border_do_not_spill_over() -> None:
    """Sums of binary fractions that miss a border by rounding count as on it."""
    third = 1 / 3
    slices = sounding_slices([0.1 + 0.2 + 0.7 - 1.0], [third + third + third], [60])
    assert pitches(slices) == [[60]]


def test_pitches_outside_the_keyboard_leave_no_trace() -> None:
    """20 and 109 are outside 21-108, and do not lengthen the song."""
    slices = sounding_slices([0, 0, 0, 0], [9, 9, 1, 1], [20, 109, 21, 108])
    assert pitches(slices) == [[21, 108]]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40), st.integers(21, 108)), max_size=12)
)
def test_exact_in_quarters(notes: list[tuple[int, int, int]]) -> None:
    """For times on quarters of a slice the definition can be checked in whole numbers."""
    slices = sounding_slices(
        [on / 4 for on, _, _ in notes],
        [(on + length) / 4 for on, length, _ in notes],
        [pitch for _, _, pitch in notes],
    )
    expected = {
        (k, pitch) for on, length, pitch in notes for k in range(on // 4, -(-(on + length) // 4))
    }
    assert {(int(k), int(p) + 21) for k, p in np.argwhere(slices)} == expected
    assert len(slices) == max((k + 1 for k, _ in expected), default=0)


def test_the_slices_task_counts_in_seconds_whatever_the_tempo() -> None:
    """At 60 a beat is two slices of 0.5 s; on the grid of beats it is one."""
    score = Score(
        tracks=(Track(notes=(Note(0, 1, 60), Note(1, 0.5, 64))),),
        tempos=(Tempo(0, 60),),
        end_beats=4,
    )
    assert pitches(slice_seconds(score)) == [[60], [60], [64]]
    assert pitches(slice_score(score).slices) == [[60], [64]]
    assert pitches(slice_score(score, 0.5).slices) == [[60], [60], [64]]


def test_drums_and_noise_are_not_pitch() -> None:
    """General MIDI drums and the chip's noise track stay out of the grid."""
    score = Score(
        tracks=(
            Track(channel=9, notes=(Note(0, 4, 38),)),
            Track(role="no", channel=9, notes=(Note(0, 4, 12),)),
            Track(role="tr", notes=(Note(0, 1, 40),)),
        ),
        end_beats=4,
    )
    assert pitches(slice_score(score).slices) == [[40]]


def test_a_grid_knows_where_it_ends() -> None:
    """The last step's end follows from first beat, steps and step length."""
    assert NoteGrid(np.zeros((6, 88), np.bool_), 0.5, 2.0).end_beats == 5.0


def test_a_step_has_to_have_a_length() -> None:
    """A step of no beats is refused."""
    with pytest.raises(ValueError, match="above 0"):
        slice_score(Score(), 0.0)
