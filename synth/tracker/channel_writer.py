"""Writes the events of one channel, so that it plays what the driver plays, frame by frame."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.chip_score import MAX_VOLUME, ChipNote
from synth.instrument.driver import PlayedScore
from synth.instrument.instrument_format import Instrument
from synth.instrument.macro_sequence import NOT_RELEASED, Sequence
from synth.instrument.modulation import SOFTWARE, SWEEP_OFF
from synth.instrument.voice_frames import VoiceFrames
from synth.tracker.bank import Bank
from synth.tracker.player import pitch_steps, values
from synth.tracker.preset_instruments import (
    MOST_SEMITONES,
    chord_of_note,
    played_once,
    translate_instrument,
)
from synth.tracker.song import (
    FULL,
    NOISE_PERIODS,
    NOTES,
    RELEASE,
    STOP,
    Event,
    Rules,
    TrackerInstrument,
    note_of,
    note_periods,
)

Ints = NDArray[np.int64]

MOST_FINE: Final = 127  # timer steps that the fine pitch effect reaches to either side
UNKNOWN: Final = -1000
NAMELESS: Final = "echo"


@dataclass(slots=True)
class _Wanted:
    """The state of a channel's effects in each frame; `UNKNOWN` where it does not matter."""

    volume: Ints
    fine: Ints
    duty: Ints


class ChannelWriter:
    """Writes the events of one channel: its notes, and the effects that make up the difference.

    Parameters
    ----------
    notes, voice
        What is played, and by which voice.
    played
        What the driver does in each frame.
    rules
        Whose tracker.
    bank
        Takes the instruments that the notes need.
    frames
        Length of the song.
    remarks
        Takes what the tracker cannot do.
    """

    def __init__(
        self,
        notes: tuple[ChipNote, ...],
        voice: str,
        played: PlayedScore,
        rules: Rules,
        bank: Bank,
        frames: int,
        remarks: list[str],
    ) -> None:
        self._notes, self._voice, self._rules, self._bank = notes, voice, rules, bank
        self._setup, self._placed = played.setup, played.placed[voice]
        self._true, self._frames, self._loop = played.frames[voice], frames, played.loop_tick
        self._stops = self._find_stops()
        self._table = note_periods(played.setup.region, round(played.setup.preset.engine.tuning_hz))
        self._remarks = remarks
        self._events: dict[int, Event] = {}
        fill = np.full(frames, UNKNOWN, dtype=np.int64)
        self._wanted = _Wanted(fill.copy(), fill.copy(), fill.copy())

    def events(self) -> Mapping[int, Event]:
        """Return the channel's events by frame."""
        heard = np.zeros(self._frames, dtype=np.bool_)
        for index in range(len(self._notes)):
            start, stop = int(self._placed.start[index]), int(self._stops[index])
            if start < min(stop, self._frames):
                stop = min(stop, self._frames)
                heard[start:stop] = True
                self._write_note(index, start, stop)
        self._write_echoes(~heard & (self._true.level[: self._frames] > 0))
        if self._loop is not None and not heard[self._loop]:
            self._events.setdefault(self._loop, Event(note=STOP))
        for frame in list(self._events):
            if frame >= self._frames:
                del self._events[frame]
        self._write_effects()
        return dict(sorted(self._events.items()))

    def _find_stops(self) -> Ints:
        """Return the frame before which each note has sounded out."""
        tails = [
            0 if note.volume_changes else self._tail(note)
            for note in self._notes
        ]  # fmt: skip
        stops = self._placed.release + np.array(tails, dtype=np.int64)
        stops[:-1] = np.minimum(stops[:-1], self._placed.start[1:])
        return np.asarray(stops)

    def _tail(self, note: ChipNote) -> int:
        instrument = self._setup.preset.instrument(note.instrument, self._voice)
        if instrument.hardware_envelope is not None:
            return 0
        return instrument.volume_sequence.release_frames

    def _write_note(self, index: int, start: int, stop: int) -> None:
        note = self._notes[index]
        instrument = self._setup.preset.instrument(note.instrument, self._voice)
        release = min(int(self._placed.release[index]), stop)
        true = VoiceFrames(*(getattr(self._true, n)[start:stop] for n in VoiceFrames.__slots__))
        late = min(instrument.delay_frames, release - start - 1)
        if late:
            self._events.pop(start, None)
            self._events[start] = Event(note=STOP)
            start, true = start + late, _without(true, late)
        if instrument.cut_frames is not None and start + instrument.cut_frames < stop:
            stop = start + instrument.cut_frames
            release = min(release, stop)
            true = true.first(stop - start)
        if stop - start > 1 and stop == release and not true.level[-1] and true.level[-2]:
            stop = release = stop - 1  # the silence that parts repeated notes
            true = true.first(stop - start)
        held = release - start if release < stop else NOT_RELEASED
        made, chord = self._choose(note, instrument, true, held)
        self._events[start] = Event(
            note=note_of(note.pitch, self._voice), instrument=self._bank.add(
                note.instrument or getattr(self._setup.preset.voices, self._voice), made
            ),
            arpeggio=chord, reset_phase=bool(true.strike[0]),
        )  # fmt: skip
        if release < stop:
            self._events[release] = Event(note=RELEASE)
        self._events[stop] = Event(note=STOP)  # the next note takes its place
        self._want(slice(start, stop), note, made, chord, true, held)

    def _choose(
        self, note: ChipNote, instrument: Instrument, true: VoiceFrames, held: int
    ) -> tuple[TrackerInstrument, Sequence | None]:
        """Return the tracker's instrument for a note, and the arpeggio that the note brings."""
        frame = np.arange(len(true.level), dtype=np.int64)
        made = translate_instrument(instrument, note, self._voice, self._rules)
        if (true.envelope != SOFTWARE).any():
            made = replace(made, volume=FULL)
            self._remarks.append(
                f"{self._rules.name} has no hardware envelopes; steps of volume take their place"
            )
        if (true.sweep != SWEEP_OFF).any():
            self._remarks.append(f"{self._rules.name} has no hardware sweeps; they are left out")
        if made.volume != FULL:
            shape = values(made.volume, frame, held)
            if ((true.level > 0) & (shape < true.level)).any():
                made = replace(made, volume=FULL)
        if made.duty is not None and (values(made.duty, frame, held) != true.timbre).any():
            made = replace(made, duty=None)
        each, tick_hz = self._setup.preset.arpeggio.frames, self._setup.tick_hz
        chord = chord_of_note(note, each, tick_hz, instrument, self._rules.longest)
        if chord is not None and not self._rules.chords:
            made, chord = replace(made, arpeggio=chord), None
        if not self._reaches(note, made, chord, true, held):
            semitones = self._nearest(true) - note_of(note.pitch, self._voice)
            semitones = np.clip(semitones, -MOST_SEMITONES, MOST_SEMITONES)
            made, chord = replace(made, arpeggio=played_once(semitones, self._rules.longest)), None
        return made, chord

    def _reaches(
        self, note: ChipNote, made: TrackerInstrument, chord: Sequence | None,
        true: VoiceFrames, held: int,
    ) -> bool:  # fmt: skip
        """Tell whether fine pitch makes up for what the envelopes leave."""
        rest = self._rest(note, made, chord, true, held)
        return bool((np.abs(rest) <= (0 if self._voice == "noise" else MOST_FINE)).all())

    def _rest(
        self, note: ChipNote, made: TrackerInstrument, chord: Sequence | None,
        true: VoiceFrames, held: int,
    ) -> Ints:  # fmt: skip
        """Return how far each frame's period is from what the envelopes give, in timer steps."""
        frame = np.arange(len(true.level), dtype=np.int64)
        semitones = values(made.arpeggio if chord is None else chord, frame, held)
        row = note_of(note.pitch, self._voice) + semitones
        if self._voice == "noise":
            return np.asarray(true.period - (NOISE_PERIODS - 1 - row % NOISE_PERIODS))
        base = self._table[np.clip(row, 0, NOTES - 1)] + pitch_steps(made, frame, held)
        return np.asarray(true.period - base)

    def _nearest(self, true: VoiceFrames) -> Ints:
        """Return the note whose period is nearest in each frame."""
        if self._voice == "noise":
            return NOISE_PERIODS - 1 - true.period
        edges = np.sqrt(self._table[:-1] * self._table[1:].astype(np.float64))
        return np.asarray(np.searchsorted(-edges, -true.period.astype(np.float64)))

    def _want(
        self, here: slice, note: ChipNote, made: TrackerInstrument, chord: Sequence | None,
        true: VoiceFrames, held: int,
    ) -> None:  # fmt: skip
        """Say what volume, duty and fine pitch have to be while a note sounds."""
        frame = np.arange(len(true.level), dtype=np.int64)
        shape = values(made.volume, frame, held)
        level = _levels(true, self._setup.region.frame_hz)
        if self._voice == "triangle":
            level = np.where(level > 0, MAX_VOLUME, 0)
            shape = np.where(shape > 0, MAX_VOLUME, 0)
        self._wanted.volume[here] = _volumes(self._rules, shape, level, note.volume)
        if made.duty is None and self._voice != "triangle":
            self._wanted.duty[here] = true.timbre
        if self._voice != "noise":
            rest = self._rest(note, made, chord, true, held)
            self._wanted.fine[here] = np.clip(rest, -MOST_FINE - 1, MOST_FINE)

    def _write_echoes(self, heard: NDArray[np.bool_]) -> None:
        """Write what sounds where no note does as notes of a plain instrument."""
        frames = np.flatnonzero(heard)
        if not len(frames):
            return
        name = self._bank.add(NAMELESS, TrackerInstrument())
        nearest = self._nearest(self._true)
        base = UNKNOWN
        for at in frames.tolist():
            goes_on = at > 0 and heard[at - 1]
            period = int(self._true.period[at])
            off = UNKNOWN if base == UNKNOWN else period - int(self._table[base])
            if not goes_on or abs(off) > max(
                abs(int(self._table[base] - self._table[base - 1])), 1
            ):
                base = int(nearest[at])
                self._events[at] = Event(note=base, instrument=name)
            if not heard[min(at + 1, self._frames - 1)]:
                self._events.setdefault(at + 1, Event(note=STOP))
            self._wanted.volume[at] = self._true.level[at]
            self._wanted.duty[at] = self._true.timbre[at]
            if self._voice != "noise":
                self._wanted.fine[at] = period - int(self._table[base])

    def _write_effects(self) -> None:
        """Write effects where what is wanted changes."""
        for name, wanted, now in (
            ("volume", self._wanted.volume, MAX_VOLUME),
            ("fine_pitch", self._wanted.fine, 0),
            ("duty", self._wanted.duty, 0),
        ):
            known = np.flatnonzero(wanted != UNKNOWN)
            before = np.concatenate(([now], wanted[known][:-1]))
            for frame in known[wanted[known] != before].tolist():
                change: dict[str, Any] = {name: int(wanted[frame])}
                self._events[frame] = replace(self._events.get(frame, Event()), **change)


def _without(frames: VoiceFrames, count: int) -> VoiceFrames:
    return VoiceFrames(*(getattr(frames, name)[count:] for name in VoiceFrames.__slots__))


def _levels(true: VoiceFrames, frame_hz: float) -> Ints:
    """Return the levels, those of a hardware envelope as it falls (NESdev wiki: APU Envelope)."""
    hardware = (true.envelope != SOFTWARE) & (true.level > 0)
    if not hardware.any():
        return true.level
    period = (true.envelope & 15) + 1
    frame = np.arange(len(true.level), dtype=np.int64)
    fallen = np.floor(frame * (240.0 / frame_hz) / period).astype(np.int64)
    loops = (true.envelope & 0x20) != 0
    level = np.where(loops, 15 - fallen % 16, np.maximum(15 - fallen, 0))
    return np.where(hardware, level, true.level)


def _volumes(rules: Rules, shape: Ints, level: Ints, wanted: int) -> Ints:
    """Return the volume of each frame that makes an envelope's values the levels.

    As few changes as can be: the volume that is right in most frames, `wanted` first, and others
    only where that one is not.
    """
    choices = np.arange(MAX_VOLUME + 1, dtype=np.int64)
    made = rules.levels(shape[:, np.newaxis], choices[np.newaxis, :])
    fits = made == level[:, np.newaxis]
    count = fits.sum(axis=0) - np.abs(choices - wanted) / 100.0
    best = int(np.argmax(count))
    volume = np.full(len(level), best, dtype=np.int64)
    for frame in np.flatnonzero(~fits[:, best]).tolist():
        fitting = np.flatnonzero(fits[frame])
        if len(fitting):
            volume[frame] = fitting[np.argmin(np.abs(fitting - best))]
    return volume
