"""Drafts of phrases: silent and thin ones are drawn again, and planned repeats are exact."""

import numpy as np
import pytest
import torch

from chipgen.composing.best_of_n import draw_phrases
from chipgen.composing.planner import Planner
from chipgen.composing.seed_plan import SeedReader
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.music.phrase_letters import read_form
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import Rows
from tests.composing.takes import tune_in_voices
from tests.row_models import small_model

VOICES = (True, True, True, True)
SILENT = (False, False, False, False)


@pytest.fixture(scope="module")
def prompt() -> Prompt:
    """Return eight bars of 4/4 in four voices."""
    return Prompt.of(tune_in_voices(8))


def biased(state: int, nats: float) -> RowTransformer:
    """Return a small model whose voices are so much more likely to do one thing."""
    model = small_model(0.1)
    with torch.no_grad():
        for head in model.voices:
            head.to_logits.bias[state] += nats
    return model.eval()


def drawn(model: RowTransformer, prompt: Prompt, bars: int, form: str = "") -> tuple[list, Rows]:
    """Return phrases of so many bars, and what is heard with the seed."""
    rng = np.random.default_rng(0)
    planner = Planner(
        prompt.rows, SeedReader(prompt, None).carried(rng), prompt.timing, 4.0, VOICES, bars, rng,
        form=read_form(form) if form else (),
    )  # fmt: skip
    phrases = list(
        draw_phrases(
            model, prompt.rows, prompt.timing, planner, 8.0, bars * prompt.bar_rows,
            RowSampling(), 0, SILENT,
        )
    )  # fmt: skip
    whole = prompt.rows
    for phrase in phrases:
        whole = whole.then(phrase.rows)
    return phrases, whole


def test_a_draft_that_is_silent_is_drawn_again(prompt: Prompt) -> None:
    """A model that would rather be silent is asked again, and answers with notes."""
    phrases, _ = drawn(biased(0, 6.0), prompt, 4, "B")
    assert max(phrase.tries for phrase in phrases) > 1
    assert all((phrase.rows.states > 1).any() for phrase in phrases)


def test_a_phrase_that_returns_repeats_each_note(prompt: Prompt) -> None:
    """Where the form says A, the seed's first phrase is heard again, note for note."""
    _, whole = drawn(biased(0, 0.0), prompt, 8, "B A")
    length = 4 * prompt.bar_rows
    theme, back = whole.states[:length], whole.states[-length:]
    assert np.array_equal(theme, back)
    assert not np.array_equal(theme, whole.states[-2 * length : -length])


def test_one_number_gives_one_take(prompt: Prompt) -> None:
    """The same number gives the same rows."""
    model = biased(0, 0.0)
    one, again = (drawn(model, prompt, 4)[1].states for _ in range(2))
    assert np.array_equal(one, again)
