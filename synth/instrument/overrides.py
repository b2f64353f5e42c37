"""Writes the parameters that a player overrode into a preset, and lays them over notes."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote
from synth.instrument.parameters import AS_WRITTEN, find_parameter, parameters_of
from synth.instrument.preset_format import SCHEMA_VERSION, Knobs, Preset
from synth.instrument.preset_loader import load_preset, preset_names, preset_yaml, read_preset

__all__ = ["KEPT", "turn_preset", "turned_yaml"]

# Parameter: section and field of the preset that keeps it.
_HOMES: Final = {
    **{f"{voice}_level": ("mix", voice) for voice in VOICES},
    **{name: ("knobs", name) for name in Knobs.model_fields},
    "arpeggio_frames": ("arpeggio", "frames"),
}
KEPT: Final = frozenset(_HOMES)
"""Parameters that a preset can hold. The others are of the listener or of the keyboard's wheels."""


def turn_preset(
    preset: Preset, values: Mapping[str, float], silent: Collection[str] = ()
) -> Preset:
    """Return a preset that sounds like `preset` with its parameters changed.

    Parameters
    ----------
    preset
        Where one begins.
    values
        Parameters by name, as `parameters_of` lists them; those that no preset holds are checked
        and left out.
    silent
        Voices that are not to be heard.

    Raises
    ------
    SynthError
        If there is no such parameter or voice, or a value is out of range.

    Examples
    --------
    >>> turned = turn_preset(load_preset("plain"), {"pulse1_level": 0.5, "pulse2_duty": 1})
    >>> turned.mix.pulse1, turned.knobs.pulse2_duty
    (0.5, 1)
    """
    parameters = parameters_of(preset)
    sections: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        parameter = find_parameter(parameters, name)
        number: float | int | None = parameter.check(value)
        if name not in _HOMES:
            continue
        section, field = _HOMES[name]
        if parameter.whole:
            number = None if number == AS_WRITTEN else int(value)
        sections.setdefault(section, {})[field] = number
    for voice in silent:
        if voice not in VOICES:
            raise SynthError(f"no voice {voice[:40]!r}; there are {', '.join(VOICES)}")
        sections.setdefault("mix", {})[voice] = 0.0
    return preset.model_copy(
        update={
            section: getattr(preset, section).model_copy(update=fields)
            for section, fields in sections.items()
        }
    )


def turned_yaml(preset: Preset, turned: Preset, name: str) -> str:
    """Return a preset file called `name` with the differences of `turned` from a shipped preset.

    If `preset` is not a shipped one, or differences do not suffice, the file is complete.

    Examples
    --------
    >>> plain = load_preset("plain")
    >>> turned = turn_preset(plain, {"pulse1_level": 0.5})
    >>> print(turned_yaml(plain, turned, "mine"), end="")
    format: 1
    name: mine
    extends: plain
    mix:
      pulse1: 0.5
    """
    named = turned.model_copy(update={"name": name})
    if preset.name in preset_names() and load_preset(preset.name) == preset:
        top = {"format": SCHEMA_VERSION, "name": name, "extends": preset.name}
        before, after = preset.model_dump(), turned.model_dump()
        changes = {
            section: _changes(before[section], after[section])
            for section in ("mix", "knobs", "arpeggio")
            if before[section] != after[section]
        }
        text = yaml.safe_dump({**top, **changes}, sort_keys=False, width=100, allow_unicode=True)
        again = read_preset(text.encode(), f"{name}.yaml")
        if again.model_dump(exclude={"extends"}) == named.model_dump(exclude={"extends"}):
            return text
    return preset_yaml(named)


def turn_notes(notes: Sequence[ChipNote], voice: str, knobs: Knobs) -> Sequence[ChipNote]:
    """Return the notes of a voice with the duty that its knob holds."""
    duty = getattr(knobs, f"{voice}_duty", None)
    if duty is None:
        return notes
    return [replace(note, timbre_changes=((0.0, duty),)) for note in notes]


def laid_over_cents(
    knobs: Knobs, frame: NDArray[np.int64], tick_hz: float
) -> NDArray[np.float64] | float:
    """Return how far the knobs' vibrato is from the note, by frames since its onset."""
    if not knobs.vibrato_cents:
        return 0.0
    swings = 2.0 * math.pi * knobs.vibrato_hz / tick_hz * frame
    return np.asarray(knobs.vibrato_cents * np.sin(swings))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in after.items() if value != before[field]}
