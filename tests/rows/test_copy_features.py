"""What the rows so far suggest for the next one."""

import numpy as np

from chipgen.rows.copy_features import CopyFeatures, copy_features_all
from chipgen.rows.row_features import (
    describe_next_row,
    describe_rows_all,
)
from tests.row_songs import invent


def parts(piece):
    """Return what a piece is described from."""
    return piece.states, piece.volume, piece.timbre, piece.frames


def test_recall_row_by_row_is_recall_at_once():
    """What is described while composing is what was described in training."""
    piece = invent()
    everything = describe_rows_all(piece)
    memory = CopyFeatures(len(piece))
    lengths = (0, 0)
    for row in range(len(piece)):
        assert np.array_equal(describe_next_row(memory, lengths), everything[row])
        memory.push(piece.states[row], piece.volume[row], piece.timbre[row])
        lengths = (int(piece.frames[row]), lengths[0])


def test_recall_finds_the_loop():
    """In an exact loop every candidate that looks for repetition knows the next row."""
    bar = invent(16).states
    states = np.tile(bar, (4, 1))
    candidates, evidence, _ = copy_features_all(states, states, states)
    for which in (0, 3, 4, 5, 6):
        assert np.array_equal(candidates[40:, which], states[40:])
    assert evidence[60, 0] > evidence[20, 0]


def test_recall_finds_a_transposed_phrase():
    """A phrase repeated a third higher is foretold a third higher."""
    rng = np.random.default_rng(1)
    phrase = np.zeros((24, 4), dtype=np.uint8)
    phrase[::2, 0] = rng.integers(50, 70, 12)
    phrase[1::2, 0] = 1
    again = phrase.copy()
    again[::2, 0] += 4
    states = np.vstack([phrase, again])
    candidates, _, _ = copy_features_all(states, states, states)
    assert np.array_equal(candidates[34::2, 2, 0], again[10::2, 0])


def test_recall_finds_an_echo():
    """A second pulse that repeats the first three rows later is foretold."""
    rng = np.random.default_rng(2)
    states = np.zeros((80, 4), dtype=np.uint8)
    states[:, 0] = rng.integers(50, 70, 80)
    states[3:, 1] = states[:-3, 0]
    candidates, _, _ = copy_features_all(states, states, states)
    assert np.array_equal(candidates[20:, 7, 1], states[20:, 1])
