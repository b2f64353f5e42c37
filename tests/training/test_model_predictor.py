"""The shipped model predicts better than counting."""

import pytest
import torch

from chipgen.models.checkpoint import load_model
from chipgen.models.tonnetz_lstm.network import TonnetzLstm, TonnetzLstmConfig
from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.model_predictor import ModelPredictor
from chipgen.training.slices_baselines import Markov, RepeatPrevious
from tests.tunes import make_songs

SMALL = TonnetzLstmConfig(maps=(3, 2), latent=6, hidden=10, window=4, echoes=2, key=3)


@pytest.fixture
def model() -> TonnetzLstm:
    """Return a small network with random weights."""
    torch.manual_seed(3)
    return TonnetzLstm(SMALL).eval()


def test_shipped_weights_beat_counting() -> None:
    """On made-up songs it never heard, the shipped model beats repeating and Markov clearly."""
    songs = make_songs(6, 11)
    model = evaluate_slices(songs, ModelPredictor(load_model("tonnetz-lstm")))
    others = make_songs(30, 12)
    for baseline in (Markov.fit(others), RepeatPrevious.fit(others)):
        assert model.nats < 0.75 * evaluate_slices(songs, baseline).nats
