"""Baselines are counts, in the order of what they know."""

import numpy as np
import pytest

from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.slices_baselines import Marginal, Markov, RepeatPrevious, fit_baselines
from chipgen.training.slices_table import slice_table
from tests.training.slice_songs import song


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
