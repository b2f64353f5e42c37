"""Evaluates an instrument's macros, vibrato and slides by frame."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.frame_context import Cells, Floats, Ints
from synth.instrument.instrument_format import Instrument, Portamento, Slide, Tremolo, Vibrato
from synth.instrument.macro_sequence import Sequence, sequence_values

SWEEP_OFF: Final = 0x08  # negate set, so that the unit's target never mutes (NESdev: APU Sweep)
SOFTWARE: Final = -1


@dataclass(frozen=True, slots=True)
class Motion:
    """An instrument's own modulation; every array has the shape (n,).

    Attributes
    ----------
    shape
        Volume sequence 0–15 with its tremolo.
    silent
        Before a delayed onset, after a cut, and after the release and its tail.
    timbre
        Duty 0–3, or noise mode 0–1.
    cents
        Distance from the note's pitch.
    steps
        Timer steps to add to the period.
    envelope, sweep, strike
        As in `synth.instrument.voice_frames.VoiceFrames`.
    """

    shape: Ints
    silent: NDArray[np.bool_]
    timbre: Ints
    cents: Floats
    steps: Ints
    envelope: Ints
    sweep: Ints
    strike: NDArray[np.bool_]


def play_instrument(
    instrument: Instrument,
    voice: str,
    cells: Cells,
    has_chord: NDArray[np.bool_],
    tick_hz: float,
) -> Motion:
    """Return what `instrument` does in each cell.

    Parameters
    ----------
    instrument
        The instrument that all the cells' notes play.
    voice
        One of `VOICES`.
    cells
        Frames of notes.
    has_chord
        Whether the cell's note brings an arpeggio, which replaces the instrument's.
    tick_hz
        Frames a second.
    """
    delay = np.minimum(instrument.delay_frames, np.maximum(cells.release - 1, 0))
    frame = cells.frame - delay
    release = cells.release - delay
    begun = np.maximum(frame, 0)
    time_s = begun / tick_hz

    def values(sequence: Sequence) -> Ints:
        return sequence_values(sequence, begun, release)

    shape = values(instrument.volume_sequence)
    if instrument.tremolo is not None:
        shape = np.maximum(shape - _dip(instrument.tremolo, time_s), np.minimum(shape, 1))
    hardware = instrument.hardware_envelope
    tail = 0 if hardware is not None else instrument.volume_sequence.release_frames
    silent = (frame < 0) | (frame >= release + tail)
    if instrument.cut_frames is not None:
        silent |= frame >= instrument.cut_frames

    semitones = values(instrument.pitch) + np.where(has_chord, 0, values(instrument.arpeggio))
    cents = np.asarray(100.0 * semitones + values(instrument.fine_pitch), dtype=np.float64)
    if instrument.vibrato is not None:
        cents += vibrato_cents(instrument.vibrato, time_s)
    if instrument.slide is not None:
        cents += slide_cents(instrument.slide, begun)
    if instrument.portamento is not None:
        cents += _glide_cents(instrument.portamento, begun, cells)

    timbre = values(instrument.duty)
    onset = frame == 0
    strike = onset & instrument.retrigger
    envelope = np.full(len(begun), SOFTWARE, dtype=np.int64)
    sweep = np.full(len(begun), SWEEP_OFF, dtype=np.int64)
    if hardware is not None and voice != "triangle":
        envelope[:] = hardware.loop << 5 | hardware.period
        strike = onset
    if instrument.hardware_sweep is not None and voice.startswith("pulse"):
        unit = instrument.hardware_sweep
        sweep[~silent] = 0x80 | unit.period << 4 | unit.negate << 3 | unit.shift
        strike = onset
    if voice == "noise":
        timbre = timbre & 1
    return Motion(shape, silent, timbre, cents, values(instrument.period), envelope, sweep, strike)


def _dip(tremolo: Tremolo, time_s: Floats) -> Ints:
    swinging_s = np.maximum(time_s - tremolo.delay_s, 0.0)
    swing = 0.5 * (1.0 - np.cos(2.0 * np.pi * tremolo.rate_hz * swinging_s))
    return np.rint(tremolo.depth * swing).astype(np.int64)


def vibrato_cents(vibrato: Vibrato, time_s: Floats) -> Floats:
    """Return how far a vibrato is from the note, in cents, so many seconds after its onset."""
    swinging_s = np.maximum(time_s - vibrato.delay_s, 0.0)
    depth = np.full(len(time_s), vibrato.depth_cents)
    if vibrato.fade_s > 0:
        depth *= np.minimum(swinging_s / vibrato.fade_s, 1.0)
    return np.asarray(depth * np.sin(2.0 * np.pi * vibrato.rate_hz * swinging_s))


def slide_cents(slide: Slide, frame: Ints) -> Floats:
    """Return how far a slide has come, in cents, so many frames after the note's onset."""
    moved = slide.cents_per_frame * np.maximum(frame - slide.delay_frames, 0)
    return np.clip(moved, -slide.limit_cents, slide.limit_cents)


def _glide_cents(portamento: Portamento, frame: Ints, cells: Cells) -> Floats:
    distance_cents = cells.glide_cents[cells.note]
    left = np.maximum(1.0 - frame / portamento.frames, 0.0)
    return np.asarray(distance_cents * left)
