"""Evaluates a voice's notes by frame: volume, timbre and period."""

from collections.abc import Sequence as ListOf
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.voices import VOICE_BY_NAME
from synth.instrument.chip_score import MAX_VOLUME, ChipNote
from synth.instrument.frame_context import Cells, Ints, Setup
from synth.instrument.instrument_format import Instrument
from synth.instrument.macro_sequence import NOT_RELEASED
from synth.instrument.modulation import SOFTWARE, SWEEP_OFF, play_instrument
from synth.instrument.note_effects import arpeggio_cents, bend_cents, latest_steps
from synth.instrument.overrides import laid_over_cents
from synth.instrument.pitch import LONGEST_PERIOD, timer_periods
from synth.instrument.preset_format import Knobs

LOWEST_NOISE: Final = 15
LOWEST_PITCH: Final = -100.0  # far outside any timer, near enough for arithmetic
HIGHEST_PITCH: Final = 250.0


@dataclass(frozen=True, slots=True)
class VoiceFrames:
    """A voice's state in each frame; every array has the shape (n,).

    Attributes
    ----------
    level
        Volume 0–15; on the triangle 0 is silence and other values sound.
    timbre
        Duty 0–3, or noise mode 0–1.
    period
        Timer period 0–2047, or on noise the index of the period table.
    envelope
        `SOFTWARE`, or the low six bits of the volume register for the hardware's envelope.
    sweep
        Byte of the sweep register, `SWEEP_OFF` as a rule.
    strike
        Whether the register that restarts phase and envelope must be written.
    """

    level: Ints
    timbre: Ints
    period: Ints
    envelope: Ints
    sweep: Ints
    strike: NDArray[np.bool_]

    def first(self, count: int) -> "VoiceFrames":
        """Return the first `count` frames."""
        return self.part(0, count)

    def part(self, start: int, stop: int) -> "VoiceFrames":
        """Return the frames from `start` to before `stop`."""
        return VoiceFrames(*(getattr(self, name)[start:stop] for name in VoiceFrames.__slots__))


def silent_frames(count: int) -> VoiceFrames:
    """Return `count` frames of a voice that has not played yet."""

    def fill(value: int) -> Ints:
        return np.full(count, value, dtype=np.int64)

    strike = np.zeros(count, dtype=np.bool_)
    return VoiceFrames(fill(0), fill(0), fill(0), fill(SOFTWARE), fill(SWEEP_OFF), strike)


def note_frames(
    note: ChipNote,
    voice: str,
    frame: Ints,
    setup: Setup,
    release_frame: int = NOT_RELEASED,
    glide_cents: float = 0.0,
) -> VoiceFrames:
    """Return a voice's state in given frames of one note: the driver's pure core.

    A live instrument calls this with one frame at a time and gets the offline driver's result.

    Parameters
    ----------
    note
        The note; its `end_s` is not looked at.
    voice
        One of `VOICES`.
    frame
        Frames since the onset, shape (n,).
    setup
        See `set_up`.
    release_frame
        Frame at which it was released.
    glide_cents
        How far from the note's pitch a portamento begins.

    Raises
    ------
    SynthError
        If the preset lacks the note's instrument.
    """
    count = len(frame)
    cells = Cells(
        note=np.zeros(count, dtype=np.int64),
        frame=np.asarray(frame, dtype=np.int64),
        release=np.full(count, release_frame, dtype=np.int64),
        glide_cents=np.array([glide_cents]),
        phase_frames=np.array([0.0]),
    )
    return voice_frames((note,), voice, cells, setup)


def tail_frames(note: ChipNote, instrument: Instrument) -> int:
    """Return how many frames a note may sound after its release."""
    if note.volume_changes or instrument.hardware_envelope is not None:
        return 0
    return instrument.volume_sequence.release_frames


def voice_frames(
    notes: ListOf[ChipNote], voice: str, cells: Cells, setup: Setup, knobs: Knobs | None = None
) -> VoiceFrames:
    """Return a voice's state in each of many frames of many notes (see `note_frames`).

    `knobs` bring the vibrato that is laid over all instruments; a live player's hands bring it
    themselves.

    Raises
    ------
    SynthError
        If the preset lacks an instrument that a note names.
    """
    frames = silent_frames(len(cells.note))
    if not len(cells.note):
        return frames
    cents = np.zeros(len(cells.note))
    steps = np.zeros(len(cells.note), dtype=np.int64)
    shape = np.zeros(len(cells.note), dtype=np.int64)
    silent = np.zeros(len(cells.note), dtype=np.bool_)
    has_chord = np.array([bool(note.arpeggio) for note in notes])[cells.note]
    for name, chosen in _by_instrument(notes, cells):
        instrument = setup.preset.instrument(name, voice)
        part = play_instrument(
            instrument, voice, cells.only(chosen), has_chord[chosen], setup.tick_hz
        )
        shape[chosen], silent[chosen] = part.shape, part.silent
        cents[chosen], steps[chosen] = part.cents, part.steps
        frames.timbre[chosen], frames.envelope[chosen] = part.timbre, part.envelope
        frames.sweep[chosen], frames.strike[chosen] = part.sweep, part.strike

    volume = np.array([note.volume for note in notes], dtype=np.int64)[cells.note]
    asked, score_volume = latest_steps([n.volume_changes for n in notes], cells, setup.tick_hz)
    shape = np.where(asked, MAX_VOLUME, shape)  # the score's own envelope wins
    shape = np.where(silent | (asked & (cells.frame >= cells.release)), 0, shape)
    volume = np.where(score_volume < 0, volume, score_volume)
    frames.level[:] = scale_volume(shape, volume, float(getattr(setup.preset.mix, voice)))
    frames.envelope[(frames.level == 0) | asked] = SOFTWARE
    _, score_timbre = latest_steps([n.timbre_changes for n in notes], cells, setup.tick_hz)
    frames.timbre[:] = np.where(score_timbre < 0, frames.timbre, score_timbre)

    cents += arpeggio_cents(
        [n.arpeggio for n in notes],
        [n.arpeggio_s for n in notes],
        cells,
        setup.preset.arpeggio.frames,
        setup.tick_hz,
    )
    cents += bend_cents([n.bend for n in notes], cells, setup.tick_hz)
    if knobs is not None and voice != "noise":
        cents += laid_over_cents(knobs, cells.frame, setup.tick_hz)
    pitch = np.array([note.pitch for note in notes], dtype=np.int64)[cells.note]
    frames.period[:] = _periods(pitch, cents, steps, voice, setup)
    return frames


def scale_volume(shape: Ints, volume: Ints, mix: float = 1.0) -> Ints:
    """Return 4-bit volumes: the sequence's scaled by the note's and the mix, never rounded to 0.

    Examples
    --------
    >>> scale_volume(np.array([15, 8, 1, 0]), np.array([10, 10, 1, 15])).tolist()
    [10, 5, 1, 0]
    """
    scaled = np.floor(shape * volume * (mix / MAX_VOLUME) + 0.5).astype(np.int64)
    return np.where((shape > 0) & (volume > 0) & (mix > 0), np.maximum(scaled, 1), 0)


def _by_instrument(notes: ListOf[ChipNote], cells: Cells) -> list[tuple[str, Ints]]:
    names = [note.instrument for note in notes]
    order = {name: index for index, name in enumerate(dict.fromkeys(names))}
    if len(order) == 1:
        return [(names[0], np.arange(len(cells.note)))]
    which = np.array([order[name] for name in names], dtype=np.int64)[cells.note]
    return [(name, np.flatnonzero(which == index)) for name, index in order.items()]


def _periods(
    pitch: Ints, cents: NDArray[np.float64], steps: Ints, voice: str, setup: Setup
) -> Ints:
    if voice == "noise":  # a semitone up is one step towards the highest of the 16 periods
        index = pitch - np.rint(cents / 100.0).astype(np.int64) + steps
        return np.asarray(np.clip(index, 0, LOWEST_NOISE))
    wanted = np.clip(pitch + cents / 100.0, LOWEST_PITCH, HIGHEST_PITCH)
    periods = timer_periods(wanted, voice, setup.region, setup.preset.engine.tuning_hz)
    return np.asarray(
        np.clip(periods + steps, VOICE_BY_NAME[voice].shortest_period, LONGEST_PERIOD)
    )
