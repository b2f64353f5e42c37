"""The rows of a song lie where its notes do."""

import numpy as np
import pytest

from synth.tracker.meter import find_rows


@pytest.mark.parametrize(("parts", "rows"), [(4, 4), (3, 3), (8, 8)])
def test_rows_are_the_beats_subdivisions(parts: int, rows: int) -> None:
    """Sixteenths have four rows a beat, triplets three, thirty-seconds eight."""
    beat = 36.2
    bars = [(4 * beat * k, 4) for k in range(8)]
    onsets = np.rint(np.arange(32 * parts) * beat / parts).astype(np.int64)
    found = find_rows(bars, onsets, round(32 * beat))
    assert {bar.beat_rows for bar in found} == {rows}
    assert [bar.rows for bar in found] == [4 * rows] * 8


def test_a_late_grid_is_found() -> None:
    """Notes that are all late by a third of a row move the rows, not the song's ends."""
    bars = [(96.0 * k, 4) for k in range(8)]
    onsets = np.arange(2, 760, 6)
    lines = np.concatenate([bar.lines[:-1] for bar in find_rows(bars, onsets, 768)])
    assert np.isin(onsets, np.rint(lines)).mean() > 0.95
    assert lines[0] == 0


def test_nominal_beats_give_way_to_the_onsets_rows() -> None:
    """Where hardly a note is on a row of the beats given, rows come from the notes."""
    rng = np.random.default_rng(1)
    onsets = 7 * np.flatnonzero(rng.random(300) < 0.6)
    found = find_rows([(120.2 * k, 4) for k in range(17)], onsets, 2100)
    lengths = np.diff(np.concatenate([bar.lines[:-1] for bar in found]))
    assert np.median(lengths) == pytest.approx(7.0, abs=0.05)


def test_the_loop_begins_a_bar() -> None:
    """Whatever the bars are, one begins on the loop's frame, and rows are a frame apart."""
    found = find_rows([(0.0, 4), (100.0, 4)], np.array([0, 50]), 201, fixed=[57])
    assert 57.0 in {float(bar.lines[0]) for bar in found}
    assert float(found[-1].lines[-1]) == 201.0
    tiny = find_rows([(0.0, 4)], np.array([0]), 3)
    assert all((np.diff(np.rint(bar.lines)) >= 1).all() for bar in tiny)
