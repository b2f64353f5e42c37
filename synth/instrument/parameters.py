"""The parameters that a player can change while music sounds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from synth.chip.voices import PULSES, VOICE_BY_NAME, VOICES
from synth.errors import SynthError
from synth.instrument.instrument_format import Vibrato
from synth.instrument.nearest_name import nearest_name
from synth.instrument.preset_field_types import Strict
from synth.instrument.preset_format import Arpeggio, Knobs, Mix, Preset

AS_WRITTEN: Final = -1
"""Value of a duty parameter that leaves the duty to the preset."""

_GAIN_DB: Final = (-60.0, 12.0)
_BEND_SEMITONES: Final = (0.0, 24.0)  # two octaves, the most that keyboards offer
# Rules of pydantic's fields. An open end (gt) is closed here: there is no motion at it.
_ENDS: Final = {"ge": "minimum", "gt": "minimum", "le": "maximum"}
_USUAL_BEND_SEMITONES: Final = 2.0  # General MIDI 1: the default range of the wheel
_USUAL_MODULATION_CENTS: Final = 50.0  # General MIDI 2: depth that the wheel reaches


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that can be turned while the music sounds.

    Attributes
    ----------
    name
        What `Synth.set_parameter` calls it.
    unit
        What its numbers count; empty for a plain ratio.
    minimum, maximum, default
        Its range, ends included, and its initial value.
    whole
        Whether only whole numbers make sense.
    description
        One line.
    """

    name: str
    unit: str
    minimum: float
    maximum: float
    default: float
    whole: bool
    description: str

    def check(self, value: float) -> float:
        """Return `value` as this parameter takes it.

        Raises
        ------
        SynthError
            If it is outside the range, or not whole where it must be.

        Examples
        --------
        >>> Parameter("gain_db", "dB", -60, 12, 0, False, "").check(-6)
        -6.0
        """
        number = _number(value)
        if not self.minimum <= number <= self.maximum or (self.whole and number != int(number)):
            whole = "a whole number from " if self.whole else ""
            raise SynthError(
                f"parameter {self.name} = {value!r}; "
                f"it must be {whole}{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()
            )
        return number


def parameters_of(preset: Preset) -> dict[str, Parameter]:
    """Return the parameters of a synthesizer that plays `preset`, by name.

    Examples
    --------
    >>> from synth.instrument.preset_loader import load_preset
    >>> parameters_of(load_preset("plain"))["arpeggio_frames"].maximum
    60
    """
    found = [
        Parameter("gain_db", "dB", *_GAIN_DB, 0.0, False, "loudness of everything"),
        *(
            _from_field(
                f"{voice}_level", "", Mix, voice, getattr(preset.mix, voice),
                f"scales the 4-bit volume of {voice}"
                + ("; it has none, so 0 is off" if voice == "triangle" else ""),
            )
            for voice in VOICES
        ),
        *(
            Parameter(
                f"{voice}_duty", "index", AS_WRITTEN, VOICE_BY_NAME[voice].timbres - 1,
                _or_as_written(getattr(preset.knobs, f"{voice}_duty")), True,
                "0-3 hold the duty at 12.5, 25, 50 or 75 %; -1 leaves it to the preset",
            )
            for voice in PULSES
        ),
        _from_field(
            "vibrato_cents", "cents", Knobs, "vibrato_cents", preset.knobs.vibrato_cents,
            "vibrato on top of the preset's",
        ),
        _from_field(
            "vibrato_hz", "Hz", Knobs, "vibrato_hz", preset.knobs.vibrato_hz,
            "its speed, and the modulation wheel's",
        ),
        _from_field(
            "modulation_cents", "cents", Vibrato, "depth_cents", _USUAL_MODULATION_CENTS,
            "vibrato that the modulation wheel adds when it is full up",
        ),
        Parameter(
            "bend_semitones", "semitones", *_BEND_SEMITONES, _USUAL_BEND_SEMITONES, False,
            "how far the pitch wheel bends to either side",
        ),
        _from_field(
            "arpeggio_frames", "frames", Arpeggio, "frames", preset.arpeggio.frames,
            "how long each note of a broken chord lasts",
        ),
    ]  # fmt: skip
    return {parameter.name: parameter for parameter in found}


def find_parameter(parameters: Mapping[str, Parameter], name: str) -> Parameter:
    """Return the parameter called `name`.

    Raises
    ------
    SynthError
        If there is none.
    """
    if name not in parameters:
        raise SynthError(f"no parameter {name[:40]!r}; {nearest_name(name, parameters)}")
    return parameters[name]


def _or_as_written(duty: int | None) -> int:
    return AS_WRITTEN if duty is None else duty


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _from_field(
    name: str, unit: str, model: type[Strict], field: str, default: float, description: str
) -> Parameter:
    """Take range and type from a field of the preset format."""
    info = model.model_fields[field]
    limits: dict[str, Any] = {}
    for rule in info.metadata:
        for key, end in _ENDS.items():
            if hasattr(rule, key):
                limits[end] = getattr(rule, key)
    return Parameter(
        name, unit, default=default, whole=info.annotation is int, description=description, **limits
    )
