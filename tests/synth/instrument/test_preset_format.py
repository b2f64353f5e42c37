"""The preset format's drums, families and schema."""

import json
from pathlib import Path

import pytest

from synth.instrument.preset_format import FAMILIES
from synth.instrument.preset_loader import (
    load_preset,
    preset_schema,
    read_preset,
)

ROOT = Path(__file__).parents[3]

HEAD = "format: 1\nname: mine\nextends: plain\n"


def read(text: str, head: str = HEAD) -> object:
    """Read a preset that extends `plain`."""
    return read_preset((head + text).encode(), "mine.yaml")


def test_drum_notes() -> None:
    """A drum hit is a noise note with the drum's period, length and loudness, and its drop."""
    preset = load_preset("default")
    kick = preset.drum_notes(36, 1.0, 12)
    assert kick is not None
    noise, drop = kick
    assert (noise.pitch, noise.instrument, noise.volume) == (13, "kick", 12)
    assert noise.end_s == pytest.approx(1.0 + 8 / 60)
    assert drop is not None
    assert (drop.pitch, drop.instrument) == (53, "kick-drop")
    cut = preset.drum_notes(36, 1.0, 12, end_s=1.01)
    assert cut is not None
    assert cut[0].end_s == 1.01
    assert load_preset("plain").drum_notes(81, 0.0) is None


def test_families_cover_the_programs() -> None:
    """General MIDI has sixteen families of eight; a program's own entry comes first."""
    assert len(FAMILIES) == 16
    preset = read("programs: {brass: hit, 56: steady}")
    assert [preset.program_instrument(p) for p in (55, 56, 57, 63, 64)] == [  # type: ignore[attr-defined]
        "", "steady", "hit", "hit", "",
    ]  # fmt: skip


def test_schema_file_is_current() -> None:
    """The shipped schema says what `chipgen preset schema` prints; renew it with that command."""
    assert json.loads((ROOT / "presets" / "schema.json").read_text()) == json.loads(preset_schema())
