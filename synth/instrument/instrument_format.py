"""The format of an instrument in a preset: every field, its range and its default."""

from typing import Self

from pydantic import Field, model_validator

from synth.instrument.chip_score import MAX_VOLUME
from synth.instrument.macro_sequence import Sequence, adsr_sequence
from synth.instrument.preset_field_types import (
    Cents,
    Duties,
    Frames,
    Scale,
    Seconds,
    Semitones,
    Steps,
    Strict,
    Volumes,
    located_error,
)

__all__ = [
    "Adsr",
    "Echo",
    "HardwareEnvelope",
    "HardwareSweep",
    "Instrument",
    "Portamento",
    "Slide",
    "Tremolo",
    "Vibrato",
    "Zone",
]


class Adsr(Strict):
    """Shorthand for a volume sequence of straight lines."""

    attack_frames: Frames = Field(0, description="frames before the peak is reached")
    decay_frames: Frames = Field(0, description="frames from the peak to the sustained level")
    sustain: int = Field(MAX_VOLUME, ge=0, le=MAX_VOLUME, description="level held until release")
    release_frames: int = Field(0, ge=0, le=255, description="frames from there to silence")
    peak: int = Field(MAX_VOLUME, ge=1, le=MAX_VOLUME, description="highest level")

    @model_validator(mode="after")
    def _sustain_below_peak(self) -> Self:
        if self.sustain > self.peak:
            raise located_error(
                ("sustain",), f"{self.sustain} is above the peak, {self.peak}; {{hint}}",
                "lower it or raise the peak",
            )  # fmt: skip
        return self


class Vibrato(Strict):
    """A sine on the pitch."""

    depth_cents: float = Field(ge=0, le=1200, description="to either side")
    rate_hz: float = Field(6.0, gt=0, le=30, description="swings a second")
    delay_s: Seconds = Field(0.0, description="seconds after the onset at which it begins")
    fade_s: Seconds = Field(0.0, description="seconds it takes to reach its depth")


class Tremolo(Strict):
    """A sine on the volume, downwards from the volume sequence."""

    depth: int = Field(ge=0, le=MAX_VOLUME, description="volume steps at its deepest")
    rate_hz: float = Field(6.0, gt=0, le=30, description="swings a second")
    delay_s: Seconds = Field(0.0, description="seconds after the onset at which it begins")


class Slide(Strict):
    """A pitch that moves steadily during the note."""

    cents_per_frame: float = Field(ge=-2400, le=2400, description="up is positive")
    delay_frames: Frames = Field(0, description="frames after the onset at which it begins")
    limit_cents: float = Field(9600.0, gt=0, le=9600, description="how far it goes at most")


class Portamento(Strict):
    """A glide from the pitch of the voice's note before."""

    frames: int = Field(ge=1, le=3600, description="frames the glide takes")
    legato_only: bool = Field(True, description="only if the note before lasts until this one")


class Echo(Strict):
    """A softer copy of what the voice played, heard where it rests."""

    delay_frames: int = Field(ge=1, le=600, description="frames by which the copy is late")
    volume_scale: Scale = Field(0.5, description="loudness of each copy to the one before")
    repeats: int = Field(1, ge=1, le=8, description="number of copies")


class HardwareEnvelope(Strict):
    """The chip's own decay in place of the volume sequence (NESdev wiki: APU Envelope)."""

    period: int = Field(ge=0, le=15, description="each of the 15 steps takes period + 1 quarters")
    loop: bool = Field(False, description="begin again from 15 at the end")


class HardwareSweep(Strict):
    """The chip's own pitch sweep, pulses only (NESdev wiki: APU Sweep)."""

    period: int = Field(ge=0, le=7, description="period + 1 half frames from step to step")
    negate: bool = Field(False, description="true shortens the period: the pitch rises")
    shift: int = Field(ge=1, le=7, description="each step changes the period by 1/2^shift of it")


class Zone(Strict):
    """Which notes another instrument plays in place of this one."""

    lowest_key: int = Field(0, ge=0, le=127, description="lowest MIDI note")
    highest_key: int = Field(127, ge=0, le=127, description="highest MIDI note")
    softest: int = Field(1, ge=1, le=MAX_VOLUME, description="softest volume, of velocity")
    loudest: int = Field(MAX_VOLUME, ge=1, le=MAX_VOLUME, description="loudest volume")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (("lowest_key", "highest_key"), ("softest", "loudest")):
            if getattr(self, low) > getattr(self, high):
                ends = f"{getattr(self, low)} is above {high}, {getattr(self, high)}"
                raise located_error((low,), f"{ends}; {{hint}}", "no note is between them")
        return self

    def holds(self, pitch: int, volume: int) -> bool:
        """Return whether a note of this pitch and volume is one of them."""
        by_key = self.lowest_key <= pitch <= self.highest_key
        return by_key and self.softest <= volume <= self.loudest


class Instrument(Strict):
    """What one note sounds like, frame by frame, on any voice."""

    volume: Volumes | None = Field(None, description="volume 0-15; default 15")
    adsr: Adsr | None = Field(None, description="in place of volume")
    duty: Duties = Field(
        Sequence((2,)), description="pulse duty 0-3 (12.5, 25, 50, 75 %); on noise 1 is short mode"
    )
    pitch: Semitones = Field(Sequence((0,)), description="semitones from the note")
    fine_pitch: Cents = Field(Sequence((0,)), description="cents from the note")
    period: Steps = Field(Sequence((0,)), description="timer steps; positive is lower")
    arpeggio: Semitones = Field(
        Sequence((0,)), description="semitones from the note; a note's own arpeggio replaces it"
    )
    vibrato: Vibrato | None = None
    tremolo: Tremolo | None = None
    slide: Slide | None = None
    portamento: Portamento | None = None
    delay_frames: Frames = Field(0, description="frames by which the note begins late")
    cut_frames: int | None = Field(None, ge=1, le=3600, description="frames it sounds at most")
    retrigger: bool = Field(False, description="restart the pulse's phase at each onset: a click")
    hardware_envelope: HardwareEnvelope | None = None
    hardware_sweep: HardwareSweep | None = None
    echo: Echo | None = None
    switch: dict[str, Zone] = Field(
        default={}, description="other instruments, and which notes they play in place of this one"
    )

    @model_validator(mode="after")
    def _one_source_of_volume(self) -> Self:
        given = [
            name
            for name in ("volume", "adsr", "hardware_envelope")
            if getattr(self, name) is not None
        ]
        if len(given) > 1:
            raise located_error(
                (given[1],), f"an instrument has {given[0]} or {given[1]}, not both; {{hint}}",
                f"take {given[0]} away",
            )  # fmt: skip
        return self

    @property
    def volume_sequence(self) -> Sequence:
        """The volume sequence, compiled from `adsr` where that is given."""
        if self.adsr is not None:
            shape = self.adsr
            return adsr_sequence(
                shape.attack_frames, shape.decay_frames, shape.sustain, shape.release_frames,
                shape.peak,
            )  # fmt: skip
        return Sequence((MAX_VOLUME,)) if self.volume is None else self.volume
