"""A seed with figures, and plans to go on from it."""

import numpy as np

from chipgen.composing.planner import Planner
from chipgen.composing.seed_plan import SeedReader
from chipgen.music.chord_symbols import Chord, read_chords
from chipgen.music.phrase_letters import read_form
from chipgen.music.score import Score
from chipgen.rows.plan_features import PlannedRows
from chipgen.rows.prompt import Prompt


def planned(
    seed: Score, bars: int, chords: str = "", *, cadence: bool = False, form: str = ""
) -> tuple[Prompt, PlannedRows, frozenset[int]]:
    """Return a seed, the plan of some bars behind it, and the scale of its key."""
    prompt = Prompt.of(seed)
    rng = np.random.default_rng(0)
    plan = SeedReader(prompt, None).carried(rng)
    given: tuple[Chord, ...] = read_chords(chords) if chords else ()
    planner = Planner(
        prompt.carried_rows, plan, prompt.timing, prompt.ending.bar_beats, (True,) * 4, bars, rng,
        chords=given, cadence=cadence, form=read_form(form) if form else (),
    )  # fmt: skip
    return prompt, planner.rows, plan.key.scale
