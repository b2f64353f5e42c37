"""Values for any field of a request."""

from typing import Any

from hypothesis import strategies as st

from chipgen.models.registry import MODELS
from chipgen.request import (
    RequestField,
)
from synth.chip.voices import VOICES


def value_of(field: RequestField) -> st.SearchStrategy[Any]:
    """Return values that a field takes, the default among them."""
    low, high = field.minimum, field.maximum
    own: dict[str, st.SearchStrategy[Any]] = {
        "only": st.lists(st.sampled_from(VOICES), unique=True, max_size=3),
        "keep": st.just([]),
        "fill": st.tuples(st.integers(1, 8), st.integers(8, 20)),
        "key": st.sampled_from(["D minor", "Eb", "f#m"]),
        "form": st.sampled_from(["A", "A' B B A"]),
        "pitches": st.sampled_from(["C4-G5", [40, 90]]),
        "keep_rhythm": st.just(False),  # contradicts a density
        "chords": st.sampled_from(["C", "Am7 | F#dim Bb"]),
        "meter": st.sampled_from(["3/4", "6/8", [4, 4]]),
        "track": st.sampled_from([1, 3, "all"]),
        "model": st.sampled_from([*MODELS]),
        "voice_map": st.just("bass=track:3"),
        "loop": st.just(True),
        "end": st.sampled_from(["auto", "loop"]),  # the others contradict --loop
        "intro": st.just(False),
        "bars": st.integers(1, 4096),  # 0 is refused beside what is to be rewritten
    }
    if field.name in own:
        return own[field.name]
    if field.kind == "choice":
        return st.sampled_from([*field.choices])
    if field.kind == "switch":
        return st.booleans()
    if field.kind == "text":
        return st.text("abc", min_size=1, max_size=5)
    assert low is not None
    assert high is not None
    if field.kind == "whole":
        return st.integers(int(low), int(high))
    return st.floats(low, high, exclude_min=field.above)
