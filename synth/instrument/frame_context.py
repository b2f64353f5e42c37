"""The inputs of the driver for a frame: note, position in it, preset, region."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region, region_named
from synth.instrument.preset_format import Preset

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setup:
    """A preset on a machine: what the driver needs besides notes.

    Attributes
    ----------
    preset
        What the notes are played with.
    region
        The chip.
    tick_hz
        Driver calls a second; a frame of a sequence is one call.
    """

    preset: Preset
    region: Region
    tick_hz: float

    def tick_cycle(self, tick: int | Ints) -> Ints:
        """Return the CPU cycle at which each driver call falls."""
        ticks = np.asarray(tick, dtype=np.int64)
        if self.preset.engine.tick_hz is None:
            return np.asarray(ticks * self.region.frame_half_cycles // 2)
        return np.asarray(np.rint(ticks * (self.region.clock_hz / self.tick_hz)), dtype=np.int64)


def set_up(preset: Preset, region: Region | None = None) -> Setup:
    """Return the set-up of a preset on a region's chip, by default the preset's own region."""
    machine = region_named(preset.engine.region) if region is None else region
    return Setup(preset, machine, preset.engine.tick_hz or machine.frame_hz)


@dataclass(frozen=True, slots=True)
class Cells:
    """Which frame of which note each element asks for; one element a question.

    Attributes
    ----------
    note
        Index of the note; shape (n,).
    frame
        Frames since that note's onset, 0 or more, tail included; shape (n,).
    release
        Frame at which that note is released, `NOT_RELEASED` while it is held; shape (n,).
    glide_cents
        For each note how far from it a portamento begins, 0 for none; shape (notes,).
    phase_frames
        For each note its onset in the score minus the tick it was given, in frames, so that
        changes within the note keep the score's time; shape (notes,).
    """

    note: Ints
    frame: Ints
    release: Ints
    glide_cents: Floats
    phase_frames: Floats

    def only(self, chosen: Ints) -> "Cells":
        """Return the cells with the given indices."""
        return Cells(
            self.note[chosen],
            self.frame[chosen],
            self.release[chosen],
            self.glide_cents,
            self.phase_frames,
        )
