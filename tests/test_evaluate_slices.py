"""The "slices" task gives the figures that can be worked out by hand."""

import math

import numpy as np
import pytest

from chipgen.errors import ChipgenError
from chipgen.training.baselines import Marginal, Markov, RepeatPrevious, fit_baselines
from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.slices_table import slice_table


class Fixed:
    """Gives every pitch the same probability, and remembers nothing."""

    name = "fixed"

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def probabilities(self, song: np.ndarray) -> np.ndarray:
        """Return the one probability everywhere."""
        return np.full(song.shape, self.chance)


def song(*slices: set[int]) -> np.ndarray:
    """Draw a song whose slices hold the given columns."""
    rolls = np.zeros((len(slices), 88), np.bool_)
    for roll, chosen in zip(rolls, slices, strict=True):
        roll[list(chosen)] = True
    return rolls


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


def test_baselines_are_counts() -> None:
    """Marginal, repeat and Markov are the frequencies of the training songs, nearly."""
    tune = song(*[{0}] * 30, *[{1}] * 10, *[set()] * 60)
    marginal = Marginal.fit([tune] * 50)
    assert marginal.pitch[[0, 1, 2]] == pytest.approx([0.3, 0.1, 0.0], abs=1e-3)
    markov = Markov.fit([tune] * 50)
    assert markov.after_on[[0, 1]] == pytest.approx([29 / 30, 9 / 10], abs=0.01)
    assert markov.after_off[1] == pytest.approx(1 / 89, abs=0.01)
    repeat = RepeatPrevious.fit([tune] * 50)
    assert repeat.after_on == pytest.approx(38 / 40, abs=1e-3)


def test_a_markov_chain_looks_only_at_the_slice_before() -> None:
    """The first slice follows silence; each other follows its predecessor."""
    tune = song({0}, {0}, set(), {0})
    markov = Markov.fit([tune])
    chance = markov.probabilities(tune)[:, 0]
    assert chance[0] == markov.after_off[0]
    assert chance[1] == chance[2] == markov.after_on[0]
    assert chance[3] == markov.after_off[0]


def test_baselines_stand_in_the_order_of_what_they_know() -> None:
    """On held notes, knowing the slice before beats knowing only frequencies."""
    rng = np.random.default_rng(5)
    tunes = [np.repeat(rng.random((10, 88)) < 0.05, 8, axis=0) for _ in range(20)]
    nats = [evaluate_slices(tunes[10:], b).nats for b in fit_baselines(tunes[:10])]
    assert nats[0] > 2 * nats[1]
    results = [evaluate_slices(tunes, baseline) for baseline in fit_baselines(tunes)]
    assert "nats a slice" in slice_table("", results).text()
