"""Rows that follow a piece go on as its own did, wherever it was cut off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipgen.rows.grid_extrapolation import extrapolate_rows
from chipgen.rows.row_inference import NES_FRAME_HZ

FIRST_FRAME = 3


def edges_of(pattern: list[int], rows: int) -> NDArray[np.int64]:
    """Return where rows of a pattern begin, in frames."""
    lengths = np.array(pattern * (rows // len(pattern) + 1))[:rows]
    return FIRST_FRAME + np.concatenate([[0], np.cumsum(lengths)])


def cut(edges: NDArray[np.int64], end_frame: float) -> tuple[float, NDArray[np.int64]]:
    """Extrapolate a piece with a note on each row; return the first new edge, and row lengths."""
    onsets_s = edges[edges < end_frame] / NES_FRAME_HZ
    found = extrapolate_rows(onsets_s, np.full(len(onsets_s), 0.1), end_frame / NES_FRAME_HZ)
    return float(found.grid.times_s[-1]) * NES_FRAME_HZ, found.frames


@given(
    pattern=st.sampled_from(
        [[6, 6], [12, 12], [7, 6], [9, 5], [5, 8], [20, 20], [6, 6, 7], [13, 14]]
    ),
    rows=st.integers(40, 90),
    share=st.floats(0.1, 0.9),
)
def test_the_next_rows_are_the_songs_own(pattern: list[int], rows: int, share: float) -> None:
    """A piece cut anywhere in a row goes on with the row that would have come, and on the pulse."""
    edges = edges_of(pattern, rows + 64)
    end = edges[rows] + share * (edges[rows + 1] - edges[rows])
    begin, frames = cut(edges, end)
    later = begin + np.concatenate([[0], np.cumsum(np.resize(frames, 32))])
    true = edges[rows + 1 : rows + 34]
    assert np.abs(later - true[: len(later)]).max() <= 2.0, (later[:5], true[:5])


def test_a_swing_goes_on_with_the_row_that_is_due() -> None:
    """After a long row comes a short one, whichever pair was heard more often."""
    for rows in (40, 41):
        edges = edges_of([8, 4], rows + 4)
        begin, frames = cut(edges, edges[rows] + 2.5)
        assert begin == pytest.approx(edges[rows + 1], abs=0.5)
        assert frames.tolist() == ([4, 8] if rows % 2 == 0 else [8, 4])


def test_what_breaks_off_at_the_end_does_not_change_the_tempo() -> None:
    """A fill off the rows in the last second is not taken for a new tempo."""
    edges = edges_of([12], 44)
    onsets = np.concatenate([edges[:40], edges[39] + np.array([7, 18, 25])])
    found = extrapolate_rows(
        onsets / NES_FRAME_HZ, np.full(len(onsets), 0.1), (edges[42] + 2) / NES_FRAME_HZ
    )
    assert set(found.frames.tolist()) == {12}
    assert found.grid.times_s[-1] * NES_FRAME_HZ == pytest.approx(edges[43], abs=1.5)


def test_a_piece_that_rests_before_its_end_goes_on_where_it_ends() -> None:
    """Rests are rows, too."""
    edges = edges_of([10], 60)
    onsets_s = edges[:30] / NES_FRAME_HZ
    end_s = (edges[50] + 4) / NES_FRAME_HZ
    found = extrapolate_rows(onsets_s, np.full(30, 0.1), end_s)
    assert found.grid.times_s[-1] * NES_FRAME_HZ == pytest.approx(edges[51], abs=0.5)


@pytest.mark.parametrize("onsets", [[], [0.0], [0.0, 0.1]])
def test_few_notes_have_rows_as_well(onsets: list[float]) -> None:
    """Rows go on even where nothing tells how long they are."""
    found = extrapolate_rows(np.array(onsets), np.full(len(onsets), 0.1), 1.0)
    assert found.grid.times_s[-1] >= 1.0 - 1.1 / NES_FRAME_HZ
    assert ((found.frames >= 2) & (found.frames <= 20)).all()
    assert (np.diff(found.grid.times_s) > 0).all()
