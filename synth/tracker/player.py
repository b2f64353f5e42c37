"""Plays a channel of a tracker's song frame by frame, by the trackers' own rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.instrument.macro_sequence import (
    NOT_RELEASED,
    Sequence,
    sequence_indices,
    sequence_values,
)
from synth.instrument.pitch import LONGEST_PERIOD
from synth.tracker.song import (
    FULL,
    NOISE_PERIODS,
    NOTES,
    RELEASE,
    STOP,
    Event,
    TrackerInstrument,
    TrackerSong,
    note_periods,
)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """One note of a channel, in frames.

    Attributes
    ----------
    start, release, stop
        Where it begins, is released, and falls silent or gives way to the next.
    note, instrument, arpeggio
        As in its event; the instrument is the one that sounds.
    volume
        When it begins.
    attack
        Whether its envelopes begin with it.
    reset_phase
        Whether the wave begins anew.
    """

    start: int
    release: int
    stop: int
    note: int
    instrument: str
    arpeggio: Sequence | None
    volume: int
    attack: bool
    reset_phase: bool


@dataclass(frozen=True, slots=True)
class PlayedChannel:
    """What a channel does: level, timbre and period of each frame, and its notes."""

    level: Ints
    timbre: Ints
    period: Ints
    notes: tuple[PlayedNote, ...]


def play_channel(song: TrackerSong, voice: str) -> PlayedChannel:
    """Play one of `synth.chip.voices.VOICES` of a song.

    Examples
    --------
    >>> from synth.tracker.song import FAMISTUDIO
    >>> tune = TrackerSong(
    ...     rules=FAMISTUDIO, frames=4, instruments={"a": TrackerInstrument()},
    ...     channels={"pulse1": {1: Event(note=45, instrument="a"), 3: Event(note=STOP)}})
    >>> play_channel(tune, "pulse1").level.tolist()
    [0, 15, 15, 0]
    """
    events = song.channels.get(voice, {})
    count = song.frames
    volume = _held({f: e.volume for f, e in events.items()}, count, FULL.values[0])
    fine = _held({f: e.fine_pitch for f, e in events.items()}, count, 0)
    duty = _held({f: e.duty for f, e in events.items()}, count, 0)
    table = note_periods(song.region, song.tuning_hz)
    notes = _notes(song, events, volume)
    level = np.zeros(count, dtype=np.int64)
    timbre, period = duty.copy(), np.zeros(count, dtype=np.int64)
    attack, arpeggio_start = 0, 0
    for index, note in enumerate(notes):
        before = notes[index - 1] if index else None
        if note.attack or before is None:
            attack = arpeggio_start = note.start
        elif note.arpeggio != before.arpeggio:
            arpeggio_start = note.start
        instrument = song.instruments.get(note.instrument, TrackerInstrument())
        here = slice(note.start, note.stop)
        at = np.arange(note.start, note.stop, dtype=np.int64)
        release = (note.release if note.release < note.stop else NOT_RELEASED) - attack
        level[here] = song.rules.levels(
            values(instrument.volume, at - attack, release), volume[here]
        )
        if instrument.duty is not None:
            timbre[here] = values(instrument.duty, at - attack, release)
        chord = instrument.arpeggio if note.arpeggio is None else note.arpeggio
        semitones = values(chord, at - arpeggio_start, release + attack - arpeggio_start)
        if voice == "noise":
            period[here] = NOISE_PERIODS - 1 - (note.note + semitones) % NOISE_PERIODS
            continue
        steps = fine[here] + pitch_steps(instrument, at - attack, release)
        row = np.clip(note.note + semitones, 0, NOTES - 1)
        period[here] = np.clip(table[row] + steps, 0, LONGEST_PERIOD)
    if voice == "noise":
        timbre &= 1
    return PlayedChannel(level, timbre, period, tuple(notes))


def values(sequence: Sequence, frame: Ints, release: int) -> Ints:
    """Return an envelope's values in frames since its start, released at one of them."""
    return sequence_values(sequence, frame, np.full(1, release, dtype=np.int64))


def pitch_steps(instrument: TrackerInstrument, frame: Ints, release: int) -> Ints:
    """Return what an instrument's pitch envelope adds to the period, in timer steps."""
    if not instrument.relative_pitch:
        return values(instrument.pitch, frame, release)
    if not any(instrument.pitch.values) or not len(frame):
        return np.zeros(len(frame), dtype=np.int64)
    every = np.arange(int(frame[-1]) + 1, dtype=np.int64)
    sequence = instrument.pitch
    steps = values(sequence, every, release)
    if sequence.loop is None:  # what was played once is over
        index = sequence_indices(sequence, every, np.full(1, release, dtype=np.int64))
        steps[1:][index[1:] == index[:-1]] = 0
    return np.cumsum(steps)[frame]


def _notes(song: TrackerSong, events: Mapping[int, Event], volume: Ints) -> list[PlayedNote]:
    """Gather the notes of a channel from its events."""
    notes: list[PlayedNote] = []
    instrument = ""
    sounding: tuple[int, Event] | None = None
    release: int | None = None

    def end(stop: int) -> None:
        nonlocal sounding, release
        if sounding is not None:
            start, event = sounding
            assert event.note is not None
            notes.append(
                PlayedNote(
                    start, stop if release is None else release, stop, event.note, instrument,
                    event.arpeggio, int(volume[start]), event.attack, event.reset_phase,
                )
            )  # fmt: skip
        sounding, release = None, None

    for frame, event in sorted(events.items()):
        if frame >= song.frames:
            break
        if event.note is None:
            continue
        if event.note == RELEASE:
            if release is None:
                release = frame
            continue
        end(frame)
        if event.note != STOP:
            instrument = event.instrument or instrument
            sounding = (frame, event)
    end(song.frames)
    return notes


def _held(changes: Mapping[int, int | None], count: int, first: int) -> Ints:
    """Return for each frame the latest change so far."""
    steps = np.zeros(count, dtype=np.int64)
    steps[0] = first
    latest = np.zeros(count, dtype=np.int64)
    for frame, value in changes.items():
        if value is not None and frame < count:
            steps[frame], latest[frame] = value, frame
    return np.asarray(steps[np.maximum.accumulate(latest)])
