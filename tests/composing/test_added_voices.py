"""Voices that a seed lacks are written around what it has."""

from dataclasses import replace

import numpy as np
import torch

from chipgen.composing.added_voices import write_voices
from chipgen.models.row_transformer.inference import RowWeights
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.music.score import Score, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD
from tests.row_models import SMALL
from tests.seeds import line


def test_a_voice_that_a_model_would_leave_out_is_drawn_again() -> None:
    """A model that would rather be silent writes the voice; what is kept stays row for row."""
    torch.manual_seed(0)
    model = RowTransformer(replace(SMALL, plan=True))
    with torch.no_grad():
        for head in model.voices:
            head.to_logits.bias[0] += 3.0
    prompt = Prompt.of(Score((Track("", 0, 73, line([67, 69, 71, 74], 0.5, 4)),), end_beats=8.0))
    history, added = prompt.carried_rows, np.array([False, False, True, False])
    rows = write_voices(RowWeights.of(model.eval()), prompt, history, added, ComposeRequest())
    assert np.array_equal(rows.states[:, :2], history.states[:, :2])
    assert (rows.states[:, 2] > HOLD).sum() >= 4
