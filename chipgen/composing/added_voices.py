"""Writes the voices that a seed lacks under its own bars: the best of several drafts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.draft_faults import Wanted, judge
from chipgen.composing.drums_alone import plan_over_drums
from chipgen.composing.form import USUAL_PHRASE
from chipgen.composing.plan_processor import PlanProcessor
from chipgen.composing.planner import Planner
from chipgen.composing.reach import reach_to_add
from chipgen.composing.seed_plan import SeedReader
from chipgen.composing.tune_habits import as_new_tune
from chipgen.models.row_transformer.conditional_sampling import InfillState
from chipgen.models.row_transformer.sampling import RowSampling, TuneHabits
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import DrumsPrompt, Prompt
from chipgen.rows.row_states import HOLD, Rows

_DRAFTS: Final = 6
_LONG_ROWS, _LONG_DRAFTS = 1024, 2  # of a long seed fewer, which take seconds each
_SEED: Final = 0xBA4D  # apart from the numbers that the continuation draws from


def write_voices(
    model: Any, prompt: Prompt, history: Rows, added: NDArray[np.bool_], request: ComposeRequest
) -> Rows:
    """Return a seed's rows with some voices that the model wrote.

    Parameters
    ----------
    model
        Weights of a row transformer that reads plans.
    prompt
        The seed.
    history
        The rows that are gone on from.
    added
        Which voices are written, shape (4,).
    request
        Its key, freedom and number count.
    """
    draw_plan = _plans_of(prompt, history, added, request)
    found: list[tuple[float, Rows]] = []
    sampling = RowSampling(
        request.temperature, request.top_p, reach=reach_to_add(history), keeps_below=True,
        tune=TuneHabits(),
    )  # fmt: skip
    for draft in range(_DRAFTS if len(history) <= _LONG_ROWS else _LONG_DRAFTS):
        rng = np.random.default_rng([request.rng_seed, draft, _SEED])
        planner = draw_plan(rng)
        planner.keep(history.states, np.broadcast_to(~added, history.states.shape))
        state = InfillState.after(model, Rows.none(), planner.rows)
        leaning = PlanProcessor(planner.rows, 0, roots=True)
        if added[0]:
            as_new_tune(planner.rows, USUAL_PHRASE)
        rows = state.fill(history, ~added, sampling, rng, processor=leaning).rows
        wanted = Wanted(planner.onsets_hz(history), added, added, has_tune=bool(added[0]))
        verdict = judge(rows, wanted)
        found.append((verdict.fault, rows))
        if verdict.fault == 0.0:
            break
        onsets = np.array(sampling.onset_bias) + verdict.onset_bias
        rests = np.array(sampling.rest_bias) - np.maximum(0.0, verdict.onset_bias)
        sampling = replace(
            sampling, onset_bias=tuple(onsets.tolist()), rest_bias=tuple(rests.tolist())
        )
    return min(found, key=lambda draft: draft[0])[1]


def _plans_of(
    prompt: Prompt, history: Rows, added: NDArray[np.bool_], request: ComposeRequest
) -> Callable[[np.random.Generator], Planner]:
    """Return what draws a plan of the seed's own bars for each draft."""
    if isinstance(prompt, DrumsPrompt):
        drums = prompt
        return lambda rng: plan_over_drums(drums, history, request.key, rng)
    reader = SeedReader(prompt, request.key)
    p1, p2, tr, no = ((history.states > HOLD).any(axis=0) | added).tolist()

    def draw(rng: np.random.Generator) -> Planner:
        seed = reader.carried(rng)
        return Planner(history, seed, prompt.timing, None, (p1, p2, tr, no), 0, rng)

    return draw
