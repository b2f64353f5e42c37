"""Any YAML is read or refused in a line."""

import contextlib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.instrument.preset_loader import (
    read_preset,
)

HEAD = "format: 1\nname: mine\nextends: plain\n"


def read(text: str, head: str = HEAD) -> object:
    """Read a preset that extends `plain`."""
    return read_preset((head + text).encode(), "mine.yaml")


@pytest.mark.parametrize("text", ["a: [1", "a: 'b", "a: b: c", "a: [b}", "\ta: 1"])
def test_what_is_no_yaml_is_told_with_its_line(text: str) -> None:
    """The parser's own reason, whatever it is, stands in brackets between our words."""
    with pytest.raises(SynthError, match=r"^mine\.yaml:\d: not YAML \(.+\); a text that begins "):
        read(text)


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("levels", [40, 300, 1200, 100_000])
@pytest.mark.parametrize("opening", ["[", "{a: ", "[\n", "- ", "? ", "{a: [", "a: [[ [", "['[', "])
def test_the_limit_of_depth_is_ours(
    opening: str, levels: int, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However deep and by whichever parser, the depth that we allow is what is told."""
    parser = getattr(yaml, loader, yaml.SafeLoader)  # the C one is not built everywhere
    monkeypatch.setattr(yaml, "CSafeLoader", parser, raising=False)
    with pytest.raises(SynthError, match=r"^mine\.yaml:\d+: nested deeper than 32 levels$"):
        read_preset((opening * levels).encode(), "mine.yaml")


def test_brackets_in_a_text_are_no_depth() -> None:
    """A quoted text may hold any."""
    written = read(f"description: '{'[' * 150}'")
    assert written.description == "[" * 150  # type: ignore[attr-defined]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)

FIELDS = st.sampled_from(
    ["format", "name", "extends", "engine", "instruments", "voices", "drums", "mix", "lead", "36",
     "volume", "adsr", "duty", "vibrato", "depth_cents", "loop", "values", "<<"]
)  # fmt: skip

TREES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(FIELDS, below, max_size=6),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(FIELDS, TREES, max_size=8), st.booleans())
def test_any_tree_is_read_or_refused(tree: dict[str, object], extends: bool) -> None:
    """Any YAML tree makes a preset or a one-line `SynthError`, never anything else."""
    if extends:
        tree = {**tree, "format": 1, "name": "x", "extends": "default"}
    data = yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace")
    try:
        read_preset(data, "mine.yaml")
    except SynthError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make anything but a preset or a `SynthError`."""
    with contextlib.suppress(SynthError):
        read_preset(data, "mine.yaml")
