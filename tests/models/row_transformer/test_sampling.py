"""Sampling is repeatable, caches change nothing, kept voices stay."""

import numpy as np
import torch

from chipgen.models.row_transformer.sampling import (
    RowSampling,
    RowState,
    TuneHabits,
    sample_rows,
)
from chipgen.rows.row_features import (
    describe_rows_all,
)
from chipgen.rows.row_states import Rows
from tests.row_songs import invent


def parts(piece):
    """Return what a piece is described from."""
    return piece.states, piece.volume, piece.timbre, piece.frames


def test_cached_rows_equal_the_whole(model):
    """Keys and values kept from row to row give the hidden state of a full forward pass."""
    piece = invent(60)
    codes = describe_rows_all(piece)
    with torch.no_grad():
        whole = model(torch.from_numpy(codes.astype(np.int64))[None])[0]
    state = RowState.after(model, head(piece, 30))
    assert np.allclose(state.hidden, whole[30], atol=1e-3, rtol=1e-3)
    for row in range(30, 59):
        state.push(piece.states[row], piece.volume[row], piece.timbre[row], int(piece.frames[row]))
        assert np.allclose(state.hidden, whole[row + 1], atol=1e-3, rtol=1e-3)


def head(piece, rows):
    """Return the first rows of a piece."""
    return Rows(*(part[:rows] for part in parts(piece)))


def test_sampling_repeats_with_its_seed(model):
    """One seed gives one take; another seed another; states are ones the voice can have."""
    frames = np.full(40, 6)
    takes = [
        sample_rows(model, invent(30), frames, RowSampling(), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(takes[0].states, takes[1].states)
    assert np.array_equal(takes[0].volume, takes[1].volume)
    assert not np.array_equal(takes[0].states, takes[2].states)
    for voice, (low, high) in enumerate([(33, 108), (33, 108), (21, 108), (17, 32)]):
        begun = takes[0].states[:, voice]
        begun = begun[begun > 1]
        assert ((begun >= low) & (begun <= high)).all()


def test_sampling_outlives_its_context(model):
    """Composing on past the context works, and a silent voice never holds."""
    empty = head(invent(1), 0)
    rows = sample_rows(model, empty, np.full(100, 6), RowSampling(), np.random.default_rng(0))
    before = np.vstack([np.zeros((1, 4)), rows.states[:-1]])
    assert not ((rows.states == 1) & (before == 0)).any()


def test_kept_voices_stay(model):
    """Infilling leaves the kept voices as they are, notes and expression, and writes the others."""
    piece = invent(40)
    drawn = sample_rows(
        model,
        head(piece, 0),
        piece.frames,
        RowSampling(),
        np.random.default_rng(3),
        kept=piece,
        keep=(True, False, False, True),
    )
    for voice in (0, 3):
        assert np.array_equal(drawn.states[:, voice], piece.states[:, voice])
        assert np.array_equal(drawn.volume[:, voice], piece.volume[:, voice])
    assert not np.array_equal(drawn.states[:, 1], piece.states[:, 1])


def test_a_second_voice_stays_below(model):
    """Rows in which p2 begins at or above what p1 sounds are far fewer than they would be."""
    piece, frames = invent(30), np.full(150, 6)

    def crossed(sampling):
        rows = sample_rows(model, piece, frames, sampling, np.random.default_rng(3)).states
        lead = 0
        count = 0
        for p1, p2 in rows[:, :2].astype(int).tolist():
            lead = lead if p1 == 1 else p1
            count += bool(lead and p2 > 1 and p2 >= lead)
        return count

    free, kept = crossed(RowSampling()), crossed(RowSampling(keeps_below=True))
    assert kept < free / 4


def test_a_tune_moves_by_step(model):
    """With a tune's habits the first pulse leaps less."""
    piece, frames = invent(30), np.full(150, 6)

    def steps(sampling):
        rows = sample_rows(model, piece, frames, sampling, np.random.default_rng(3)).states
        begun = rows[:, 0][rows[:, 0] > 1].astype(int)
        return np.abs(np.diff(begun))

    free, held = steps(RowSampling()), steps(RowSampling(tune=TuneHabits(leap=20.0)))
    assert (held > 4).mean() < 0.5 * (free > 4).mean()
