"""A plan in words."""

import numpy as np

from chipgen.composing.describe_plan import describe_plan
from chipgen.composing.planner import Planner
from chipgen.composing.seed_plan import SeedReader
from chipgen.music.chord_symbols import read_chords
from chipgen.music.phrase_letters import read_form
from chipgen.rows.prompt import Prompt
from tests.seeds import band


def test_a_plan_says_what_was_asked_for() -> None:
    """Form, chords and end are told as they are given; a long plan is cut."""
    prompt = Prompt.of(band())
    rng = np.random.default_rng(0)
    seed = SeedReader(prompt, None).carried(rng)

    def told(bars: int, *, cadence: bool) -> str:
        planner = Planner(
            prompt.carried_rows, seed, prompt.timing, prompt.ending.bar_beats, (True,) * 4, bars,
            rng, form=read_form("A' B"), chords=read_chords("F G Am C"), cadence=cadence,
        )  # fmt: skip
        return describe_plan(planner)

    assert told(8, cadence=True).endswith(
        "form A' B, end a cadence, chords F, G, Am, C, F, G, Am, C"
    )
    assert told(8, cadence=True).startswith(f"key {seed.key.name}")
    assert "end open" in told(4, cadence=False)
    assert told(200, cadence=False).endswith("C, ...")
