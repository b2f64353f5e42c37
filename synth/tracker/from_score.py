"""Converts a chip score and its preset to a tracker's song that plays the same by frame.

The preset's instruments become the tracker's. What they do beyond envelopes (vibrato, glides, a
loudness in the mix) becomes effects: the driver's own frames are compared with what the tracker
would play, and fine pitch and volume make up the difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME, ChipNote, ChipScore
from synth.instrument.driver import PlayedScore, play_score
from synth.instrument.instrument_format import Instrument
from synth.instrument.macro_sequence import MAX_LENGTH, NOT_RELEASED, Sequence
from synth.instrument.modulation import SOFTWARE, SWEEP_OFF
from synth.instrument.preset_format import Preset
from synth.instrument.preset_score import with_preset_notes
from synth.instrument.voice_frames import VoiceFrames
from synth.tracker.bank import Bank
from synth.tracker.player import pitch_steps, values
from synth.tracker.song import (
    FULL,
    NOISE_PERIODS,
    NOTES,
    RELEASE,
    STOP,
    ZERO,
    Event,
    Key,
    Rules,
    Sample,
    TrackerBar,
    TrackerInstrument,
    TrackerSong,
    note_of,
    note_periods,
)

Ints = NDArray[np.int64]

MOST_FINE: Final = 127  # timer steps that the fine pitch effect reaches to either side
MOST_SEMITONES: Final = 63  # that an arpeggio reaches to either side
LONGEST_BAR: Final = 1920  # frames; FamiStudio's patterns have 2048
UNKNOWN: Final = -1000
PLAIN_BAR: Final = 192  # frames, where a score does not tell its bars
NAMELESS: Final = "echo"
SAMPLES: Final = "samples"
FIRST_SAMPLE_KEY: Final = 12  # C1, the lowest that FamiStudio maps
SAMPLE_KEYS: Final = 60


def tracker_song(
    score: ChipScore, preset: Preset, rules: Rules, region: Region | None = None
) -> TrackerSong:
    """Write a score as a tracker's song.

    Parameters
    ----------
    score, preset
        The notes, and how they sound.
    rules
        Whose tracker.
    region
        The chip; by default the preset's.

    Returns
    -------
    TrackerSong
        Without titles. Its remarks say what the tracker cannot do.

    Raises
    ------
    SynthError
        If the preset's driver is not called once a video frame, or as `drive`.
    """
    if preset.engine.tick_hz is not None:
        raise SynthError(
            f"preset {preset.name}: engine.tick_hz = {preset.engine.tick_hz:g}: trackers play one "
            "step a video frame; leave it out"
        )
    score = with_preset_notes(score, preset, region)
    played = play_score(score, preset, region)
    frames = played.rows if played.loop_tick is not None else max(played.rows - 1, 1)
    bank = Bank(rules)
    remarks: list[str] = []
    channels = {
        voice: _Writer(score.voice(voice), voice, played, rules, bank, frames, remarks).events()
        for voice in VOICES
    }
    keys = _sample_keys(score, preset)
    samples = {}
    if keys:
        name = bank.add(
            SAMPLES, TrackerInstrument(keys=tuple((n, key) for n, key in keys.values()))
        )
        channels["dmc"] = _sample_events(score, keys, name, played, frames)
        samples = {
            key.sample: Sample(
                preset.sample(key.sample).bytes, preset.sample(key.sample).played_level
            )
            for _, key in keys.values()
        }
    return TrackerSong(
        rules=rules,
        samples=samples,
        region=played.setup.region,
        tuning_hz=round(preset.engine.tuning_hz),
        instruments=bank.instruments,
        channels=channels,
        bars=_bars(score, played, frames),
        frames=frames,
        loop=played.loop_tick,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _sample_keys(score: ChipScore, preset: Preset) -> dict[tuple[str, int], tuple[int, Key]]:
    """Give each sample at each of its rates a key of one instrument."""
    keys: dict[tuple[str, int], tuple[int, Key]] = {}
    for hit in score.dmc:
        sample = preset.sample(hit.sample)
        rate = sample.played_rate if hit.rate is None else hit.rate
        if (hit.sample, rate) not in keys and len(keys) < SAMPLE_KEYS:
            key = Key(hit.sample, rate, sample.loop)
            keys[hit.sample, rate] = FIRST_SAMPLE_KEY + len(keys), key
    return keys


def _sample_events(
    score: ChipScore, keys: dict[tuple[str, int], tuple[int, Key]], name: str,
    played: PlayedScore, frames: int,
) -> dict[int, Event]:  # fmt: skip
    """Return the events of the DPCM channel."""
    hz, preset = played.setup.tick_hz, played.setup.preset
    events: dict[int, Event] = {}
    for hit in score.dmc:
        rate = preset.sample(hit.sample).played_rate if hit.rate is None else hit.rate
        if (hit.sample, rate) in keys:
            start, stop = round(hit.start_s * hz), round(hit.end_s * hz)
            events[start] = Event(note=keys[hit.sample, rate][0], instrument=name)
            events[max(stop, start + 1)] = Event(note=STOP)
    if played.loop_tick is not None:
        events.setdefault(played.loop_tick, Event(note=STOP))
    return {frame: event for frame, event in sorted(events.items()) if frame < frames}


def _bars(score: ChipScore, played: PlayedScore, frames: int) -> tuple[TrackerBar, ...]:
    """Put the bars on frames; the loop begins one, and none is longer than a pattern can be."""
    beats: dict[int, int] = {}
    for bar in score.bars:
        beats.setdefault(round(bar.start_s * played.setup.tick_hz), bar.beats)
    if not beats:
        beats = dict.fromkeys(range(0, frames, PLAIN_BAR), 4)
    beats.setdefault(0, next(iter(beats.values())))
    if played.loop_tick is not None:
        beats.setdefault(played.loop_tick, 4)
    starts = sorted(start for start in beats if start < frames)
    bars = []
    for start, end in zip(starts, [*starts[1:], frames], strict=True):
        parts = -(-(end - start) // LONGEST_BAR)
        for part in range(parts):
            at = start + (end - start) * part // parts
            bars.append(TrackerBar(at, max(1, beats[start] // parts)))
    return tuple(bars)


@dataclass(slots=True)
class _Wanted:
    """The state of a channel's effects in each frame; `UNKNOWN` where it does not matter."""

    volume: Ints
    fine: Ints
    duty: Ints


class _Writer:
    """Writes the events of one channel."""

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
        made = _translate(instrument, note, self._voice, self._rules)
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
        chord = _chord(note, self._setup.preset.arpeggio.frames, self._setup.tick_hz, instrument,
                       self._rules.longest)  # fmt: skip
        if chord is not None and not self._rules.chords:
            made, chord = replace(made, arpeggio=chord), None
        if not self._reaches(note, made, chord, true, held):
            semitones = self._nearest(true) - note_of(note.pitch, self._voice)
            semitones = np.clip(semitones, -MOST_SEMITONES, MOST_SEMITONES)
            made, chord = replace(made, arpeggio=_sequence(semitones, self._rules.longest)), None
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


def _translate(
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
    slides = instrument.slide is not None and abs(instrument.slide.cents_per_frame) >= 50
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
    if instrument.slide is not None:
        slide = instrument.slide
        moved = slide.cents_per_frame * np.maximum(frame - slide.delay_frames, 0)
        cents = cents + np.clip(moved, -slide.limit_cents, slide.limit_cents)
    semitones = np.clip(np.rint(cents / 100.0), -MOST_SEMITONES, MOST_SEMITONES)
    return _sequence(semitones.astype(np.int64), longest)


def _sequence(frames: Ints, longest: int) -> Sequence:
    """Return values that are played once, without those at the end that repeat the last."""
    shown = frames[:longest]
    changes = np.flatnonzero(shown[1:] != shown[:-1])
    return Sequence(tuple(shown[: int(changes[-1]) + 2 if len(changes) else 1].tolist()))


def _cut(sequence: Sequence, longest: int) -> Sequence | None:
    """Return a sequence that a tracker can hold, None if it is longer than that."""
    if len(sequence.values) <= min(longest, MAX_LENGTH):
        return sequence
    if sequence.loop is None and sequence.release is None:
        kept = _sequence(np.array(sequence.values, dtype=np.int64), MAX_LENGTH)
        return kept if len(kept.values) <= longest else None
    return None


def _chord(
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
