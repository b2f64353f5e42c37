"""The "slices" task gives the figures that can be worked out by hand."""

import math

import numpy as np
import pytest

from chipgen.errors import ChipgenError
from chipgen.training.evaluate_slices import evaluate_slices
from tests.training.slice_songs import song


class Fixed:
    """Gives every pitch the same probability, and remembers nothing."""

    name = "fixed"

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def probabilities(self, song: np.ndarray) -> np.ndarray:
        """Return the one probability everywhere."""
        return np.full(song.shape, self.chance)


def test_only_slices_after_the_sixteenth_count() -> None:
    """Of 18 slices two are scored, with all 88 pitches each."""
    tune = song(*[{0}] * 16, {1, 2}, set())
    result = evaluate_slices([tune, tune[:16]], Fixed(0.25))
    by_hand = -(2 * math.log(0.25) + (88 * 2 - 2) * math.log(0.75)) / 2
    assert (result.songs, result.slices) == (1, 2)
    assert result.nats == pytest.approx(by_hand)
    assert result.f1 == 0.0


def test_f1_pools_all_cells() -> None:
    """Two hits, one false alarm, three misses: 2·2 / (2·2 + 1 + 3)."""

    class Says:
        name = "says"

        def probabilities(self, truth: np.ndarray) -> np.ndarray:
            said = np.full(truth.shape, 0.1)
            said[16, [0, 1, 9]] = 0.9
            return said

    tune = song(*[set()] * 16, {0, 1, 2}, {4, 5})
    assert evaluate_slices([tune], Says()).f1 == pytest.approx(0.5)


def test_songs_weigh_by_their_slices() -> None:
    """The mean is over slices, not over songs."""
    quiet, full = song(*[set()] * 20), song(*[set(range(88))] * 17)
    result = evaluate_slices([quiet, full], Fixed(0.2))
    by_hand = -88 * (4 * math.log(0.8) + math.log(0.2)) / 5
    assert result.nats == pytest.approx(by_hand)


def test_no_long_song_is_an_error_in_words() -> None:
    """With nothing to score the message says what is needed."""
    with pytest.raises(ChipgenError, match="longer than 16 slices"):
        evaluate_slices([song(*[{1}] * 16)], Fixed(0.5))
