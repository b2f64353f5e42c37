"""The compiled inference answers as the network does."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from chipgen.models.checkpoint import load_model
from chipgen.models.checkpoint_header import read_arrays, read_info
from chipgen.models.registry import weights_path
from chipgen.models.row_transformer.inference import RowInference, RowWeights, draw
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.rows.plan_features import SPANS, RowPlan, encode_known, encode_plan
from chipgen.rows.row_features import (
    describe_rows_all,
)
from chipgen.rows.row_states import Rows
from tests.row_models import SMALL
from tests.row_songs import invent

MODEL = "row-transformer"


@pytest.mark.parametrize("parts_there", [{}, {"copy": False}, {"relative": False}, {"plan": True}])
def test_engine_answers_as_the_model_does(model, parts_there):
    """NumPy's logits of states and expression are torch's, for every voice."""
    other = RowTransformer(replace(SMALL, **parts_there))
    other.load_state_dict(model.state_dict(), strict=False)
    piece = invent(40)
    codes = describe_rows_all(piece)
    if other.config.plan:
        for name, weight in other.named_parameters():
            if "plan" in name or "harmony" in name or "turned" in name:
                torch.nn.init.normal_(weight, std=0.2)
        plan = encode_plan(
            replace(RowPlan.unknown(40), reference=np.arange(40)[::-1]), piece.states
        )
        plan[:, SPANS["known"]] = encode_known(piece.states, np.ones((40, 4), dtype=np.bool_))
        codes = np.concatenate([codes, plan], axis=1)
    wide = torch.from_numpy(codes.astype(np.int64))[None]
    states = torch.from_numpy(piece.states.astype(np.int64))[None]
    inference = RowInference(RowWeights.of(other))
    with torch.no_grad():
        hidden = other(wide)
        for row in range(40):
            mine = inference.read(codes[row : row + 1])[0]
            assert np.allclose(mine, hidden[0, row], atol=1e-3, rtol=1e-3)
            for voice in range(4):
                here = hidden[:, row], wide[:, row], states[:, row], voice
                logits = inference.state_logits(mine, codes[row], states[0, row].numpy(), voice)
                assert np.allclose(logits, other.state_logits(*here)[0], atol=5e-3, rtol=1e-3)
                state = int(states[0, row, voice])
                for got, want in zip(
                    inference.expression_logits(mine, state, voice),
                    other.expression_logits(hidden[:, row], states[:, row], voice),
                    strict=True,
                ):
                    assert np.allclose(got, want[0], atol=5e-3, rtol=1e-3)


def test_drawing_follows_the_probabilities():
    """Draws have the softmax's shares, and top-p leaves the unlikely out."""
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))
    generator = np.random.default_rng(0)
    drawn = np.bincount([draw(logits, 1.0, 1.0, generator) for _ in range(4000)], minlength=4)
    assert np.allclose(drawn / 4000, [0.5, 0.3, 0.15, 0.05], atol=0.03)
    few = np.bincount([draw(logits, 1.0, 0.75, generator) for _ in range(2000)], minlength=4)
    assert few[2:].sum() == 0
    assert few[0] / 2000 == pytest.approx(0.5 / 0.8, abs=0.04)


def test_rows_read_together_or_alone_are_the_same_bits():
    """A prompt read at once leaves what reading it row by row leaves, to the last bit."""
    path = weights_path(MODEL)
    arrays, info = read_arrays(path)
    assert info == read_info(path)
    weights = RowWeights.of(load_model(MODEL))
    assert np.array_equal(weights.last[0], arrays["norm.weight"])
    rng = np.random.default_rng(0)
    states = np.where(rng.random((70, 4)) < 0.5, 1, rng.integers(60, 72, (70, 4))).astype(np.uint8)
    states[:, 3] = 0
    codes = describe_rows_all(Rows(states, states * 0, states * 0, np.full(70, 6)))
    whole = RowInference(weights).read(codes)
    single = RowInference(weights)
    for row in range(70):
        assert np.array_equal(single.read(codes[row : row + 1])[0], whole[row])
