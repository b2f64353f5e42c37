"""The row transformer's probabilities are honest."""

import numpy as np
import pytest
import torch

from chipgen.errors import ChipgenError
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.rows.row_features import (
    describe_rows_all,
)
from tests.row_songs import invent


def test_log_prob_sums_to_one(model):
    """Over all states of a voice probabilities add up to 1; impossible states have none."""
    piece = invent(20)
    codes = torch.from_numpy(describe_rows_all(piece).astype(np.int64))[None]
    states = torch.from_numpy(piece.states.astype(np.int64))[None]
    with torch.no_grad():
        hidden = model(codes)
        for voice, (low, high) in enumerate([(33, 108), (33, 108), (21, 108), (17, 32)]):
            p = torch.softmax(model.state_logits(hidden, codes, states, voice), dim=-1)
            assert torch.allclose(p.sum(-1), torch.ones(1, 20))
            allowed = [0, 1, *range(low, high + 1)]
            assert float(p[..., allowed].sum(-1).min()) > 1 - 1e-6


def test_what_is_no_song_is_said(model):
    """Three voices, or states beyond 127, are refused in a line; no rows have no probabilities."""
    assert model.log_prob(np.zeros((0, 4), dtype=np.uint8)).shape == (0, 4)
    with pytest.raises(ChipgenError, match=r"\(9, 3\)"):
        model.log_prob(np.zeros((9, 3), dtype=np.uint8))
    with pytest.raises(ChipgenError, match="0-127"):
        model.log_prob(np.full((9, 4), 200, dtype=np.uint8))


def parts(piece):
    """Return what a piece is described from."""
    return piece.states, piece.volume, piece.timbre, piece.frames


def test_nothing_leaks_from_the_future(model):
    """Changing rows t and later changes no probability before t, across window borders too."""
    piece = invent()
    before = model.log_prob(*parts(piece))
    for t in (1, 40, 63, 64, 96, 140):
        changed = [part.copy() for part in parts(piece)]
        changed[0][t:, :3] = 55
        changed[1][t:] = 3
        changed[2][t:] = 1
        changed[3][t:] = 9
        after = model.log_prob(*changed)
        assert np.array_equal(before[:t], after[:t])
        assert not np.allclose(before[t:, :3], after[t:, :3])


def test_voices_know_only_the_voices_before(model):
    """Within a row a voice's probability depends on earlier voices, never on later ones."""
    piece = invent()
    before = model.log_prob(*parts(piece))
    states = piece.states.copy()
    states[70, 1] = 47
    after = model.log_prob(states, *parts(piece)[1:])
    assert before[70, 0] == after[70, 0]
    assert before[70, 2] != after[70, 2]
    assert before[70, 3] != after[70, 3]


def test_a_model_comes_back_from_its_description(model):
    """Description and weights make the same model again."""
    again = RowTransformer.from_description(model.describe())
    again.load_state_dict(model.state_dict())
    piece = invent(30)
    assert np.array_equal(again.log_prob(*parts(piece)), model.log_prob(*parts(piece)))
