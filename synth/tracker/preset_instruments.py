"""Translates a preset's instruments, and the arpeggios of notes, to a tracker's envelopes."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.chip_score import MAX_VOLUME, ChipNote
from synth.instrument.instrument_format import Instrument, Slide
from synth.instrument.macro_sequence import MAX_LENGTH, NOT_RELEASED, Sequence
from synth.instrument.modulation import slide_cents
from synth.tracker.player import values
from synth.tracker.song import FULL, ZERO, Rules, TrackerInstrument

Ints = NDArray[np.int64]
STEEP: Final = 50.0  # cents a frame
MOST_SEMITONES: Final = 63  # that an arpeggio reaches to either side


def translate_instrument(
    instrument: Instrument, note: ChipNote, voice: str, rules: Rules
) -> TrackerInstrument:
    """Return a preset's instrument as a tracker has it, as far as envelopes go."""
    volume = _cut(instrument.volume_sequence, rules.longest)
    if note.volume_changes or volume is None or instrument.hardware_envelope is not None:
        volume = FULL
    if voice == "triangle":
        volume = _gate(volume)
    duty = _cut(instrument.duty, rules.longest) if voice != "triangle" else None
    if note.timbre_changes or (duty and duty.release is not None and not rules.release_envelopes):
        duty = None
    if voice == "noise" and duty is not None:
        duty = replace(duty, values=tuple(value & 1 for value in duty.values))
    pitch = _cut(instrument.period, rules.longest)
    return TrackerInstrument(
        volume=volume,
        duty=duty,
        arpeggio=_semitones(instrument, rules.longest),
        pitch=ZERO if pitch is None or pitch.release is not None or voice == "noise" else pitch,
    )


def _gate(volume: Sequence) -> Sequence:
    """Return a volume envelope of the triangle, which is on or off."""
    gate = replace(volume, values=tuple(MAX_VOLUME if value else 0 for value in volume.values))
    return FULL if all(gate.values) else gate


def _semitones(instrument: Instrument, longest: int) -> Sequence:
    """Return what pitch, arpeggio and slide of an instrument are in semitones."""
    moving = [s for s in (instrument.pitch, instrument.arpeggio) if len(s.values) > 1]
    still = sum(s.values[0] for s in (instrument.pitch, instrument.arpeggio) if len(s.values) == 1)
    slides = instrument.slide is not None and is_steep(instrument.slide)
    if len(moving) < 2 and not slides:
        sequence = _cut(moving[0], longest) if moving else ZERO
        if sequence is None or sequence.release is not None:
            sequence = ZERO
        moved = np.clip(np.array(sequence.values) + still, -MOST_SEMITONES, MOST_SEMITONES)
        return replace(sequence, values=tuple(moved.tolist()))
    frame = np.arange(longest, dtype=np.int64)
    cents = 100.0 * sum(
        values(s, frame, NOT_RELEASED) for s in (instrument.pitch, instrument.arpeggio)
    )
    if slides:
        assert instrument.slide is not None
        cents = cents + slide_cents(instrument.slide, frame)
    semitones = np.clip(np.rint(cents / 100.0), -MOST_SEMITONES, MOST_SEMITONES)
    return played_once(semitones.astype(np.int64), longest)


def is_steep(slide: Slide) -> bool:
    """Tell whether a slide is one of semitones, in the arpeggio, rather than of the pitch alone."""
    return abs(slide.cents_per_frame) >= STEEP


def played_once(frames: Ints, longest: int) -> Sequence:
    """Return values that are played once, without those at the end that repeat the last."""
    shown = frames[:longest]
    changes = np.flatnonzero(shown[1:] != shown[:-1])
    return Sequence(tuple(shown[: int(changes[-1]) + 2 if len(changes) else 1].tolist()))


def _cut(sequence: Sequence, longest: int) -> Sequence | None:
    """Return a sequence that a tracker can hold, None if it is longer than that."""
    if len(sequence.values) <= min(longest, MAX_LENGTH):
        return sequence
    if sequence.loop is None and sequence.release is None:
        kept = played_once(np.array(sequence.values, dtype=np.int64), MAX_LENGTH)
        return kept if len(kept.values) <= longest else None
    return None


def chord_of_note(
    note: ChipNote, each: int, tick_hz: float, instrument: Instrument, longest: int
) -> Sequence | None:
    """Return the arpeggio that a note brings, with the pitch sequence of its instrument."""
    if not note.arpeggio:
        return None
    still = instrument.pitch.values[0] if len(instrument.pitch.values) == 1 else 0
    turn = [offset + still for offset in note.arpeggio for _ in range(each)]
    if note.arpeggio_s is None:
        return Sequence(tuple(turn[:longest]), loop=0 if len(turn) > 1 else None)
    count = min(round(note.arpeggio_s * tick_hz), longest - 1)
    played = [turn[frame % len(turn)] for frame in range(count)]
    return Sequence((*played, turn[0]))
