"""A take's recipe is text that asks for the same take again."""

import shlex
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.app.provenance import Recipe, parse_recipe, recipe_of
from chipgen.music.key_names import Key
from chipgen.request import ComposeRequest
from synth.chip.voices import VOICES

ROOT = Path(__file__).parents[2]

SEED = ROOT / "examples" / "seed.mid"

KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(["", "major", "minor"]))

REQUESTS = st.builds(
    ComposeRequest,
    bars=st.integers(1, 4096),
    temperature=st.floats(0.1, 3.0),
    rng_seed=st.integers(0, 2**32 - 1),
    only=st.lists(st.sampled_from(VOICES), unique=True, max_size=3).map(tuple),
    fill=st.none() | st.tuples(st.integers(1, 5), st.integers(6, 20)),
    key=st.none() | KEYS,
    tempo_bpm=st.none() | st.floats(20, 400),
)


@given(REQUESTS, st.text(max_size=12))
@settings(max_examples=80, deadline=None)
def test_a_recipe_asks_for_the_same_again(request: ComposeRequest, name: str) -> None:
    """Whatever was asked for, and whatever the seed is called, the text gives the recipe back."""
    recipe = recipe_of(request, SEED)
    assert parse_recipe(recipe.text) == recipe
    words = shlex.split(recipe.command)
    assert words[:3] == ["chipgen", "generate", "seed.mid"]
    assert words[words.index("--seed") + 1] == str(request.rng_seed)
    assert float(words[words.index("--temperature") + 1]) == request.temperature
    assert ("--bars" in words) == (request.task == "continue")
    for plan in ("", "key C major, form B B' A, end a cadence, chords C, G7 C"):
        command = f"chipgen generate {shlex.quote(name + '.mid')}"
        other = Recipe(command, "2.0", "ab12", "cd34", plan)
        assert parse_recipe(other.text) == other
