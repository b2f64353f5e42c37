"""Where a song on rows loops."""

import numpy as np
import pytest

from chipgen.rows.quantise import rows_of
from chipgen.rows.row_loops import find_row_loop
from tests.row_songs import Meter, compose_bars, play, shift

FOUR, THREE, SIX = Meter(4, 4), Meter(3, 4), Meter(2, 6, 3)


@pytest.mark.parametrize("tail", ["a beat", "a bar", "all"])
@pytest.mark.parametrize("intro_bars", [0, 2])
def test_loops_are_found_to_the_row(intro_bars: int, tail: str) -> None:
    """A song that goes on after its loop has start and end where they were written."""
    right = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        intro, length = intro_bars * FOUR.bar_rows, 12 * FOUR.bar_rows
        loop = compose_bars(FOUR, 12, rng)
        events = compose_bars(FOUR, intro_bars, rng) + shift(loop, intro)
        events += shift(loop, intro + length)
        again = {"a beat": FOUR.beat_rows, "a bar": FOUR.bar_rows, "all": length}[tail]
        found = find_row_loop(rows_of(play(events, intro + length + again)))
        right += found is not None and (found.start, found.end) == (intro, intro + length)
    assert right >= (8 if tail != "a beat" else 7)


def test_a_tail_that_comes_once_is_no_loop() -> None:
    """Songs that repeat nothing at their end have no loop, or none to be sure of."""
    confidence = []
    for seed in range(20):
        events = compose_bars(FOUR, 16, np.random.default_rng(seed))
        found = find_row_loop(rows_of(play(events, 16 * FOUR.bar_rows)))
        confidence.append(0.0 if found is None else found.confidence)
    assert sum(value > 0.5 for value in confidence) <= 2
    assert max(confidence) < 0.8


def test_a_phrase_that_comes_back_is_less_sure_than_a_loop_to_the_start() -> None:
    """A B A' C A' ends as it did before; A B C A begins again: only the latter is sure."""
    rng = np.random.default_rng(3)
    first, second, third, fourth = (compose_bars(FOUR, 4, rng) for _ in range(4))
    rows = 4 * FOUR.bar_rows

    def song(*parts: list[tuple[int, int, int, int, int]]) -> float:
        events = [event for k, part in enumerate(parts) for event in shift(part, k * rows)]
        found = find_row_loop(rows_of(play(events, len(parts) * rows)))
        return 0.0 if found is None else found.confidence

    phrase = song(first, second, third, fourth, third)
    loop = song(first, second, third, fourth, first)
    assert phrase < 0.5 < 0.9 < loop
