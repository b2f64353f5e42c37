"""What each note of a voice does by frame, and by what model of an instrument it does so."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.chip_score import MAX_VOLUME, ChipNote
from synth.instrument.driver import PlayedScore
from synth.instrument.instrument_format import Instrument, Vibrato
from synth.instrument.macro_sequence import NOT_RELEASED, Sequence
from synth.instrument.modulation import SOFTWARE, SWEEP_OFF, slide_cents, vibrato_cents
from synth.instrument.preset_format import Knobs
from synth.instrument.voice_frames import VoiceFrames, tail_frames
from synth.tracker.player import values
from synth.tracker.preset_instruments import (
    MOST_SEMITONES,
    chord_of_note,
    is_steep,
    played_once,
    translate_instrument,
)
from synth.tracker.song import (
    NOISE_PERIODS,
    NOTES,
    ZERO,
    Rules,
    TrackerInstrument,
    note_of,
    note_periods,
)

Ints = NDArray[np.int64]

Motion = tuple[tuple[float, ...], tuple[int, int] | None]

MOST_TURNS: Final = 6  # of a vibrato that a loop holds
ECHO: Final = "echo"
PULSE: Final = "pulse"  # either of them


@dataclass(frozen=True, slots=True)
class Model:
    """An instrument as its notes share it; None is to be learned from what the notes do.

    Attributes
    ----------
    voice, name
        Who plays it, `PULSE` for both pulses, and what it is called.
    volume, duty
        Envelopes.
    arpeggio
        Semitones; a note's chord takes its place.
    cents, loop
        Distance from the note by frame, and the frames from which and before which it goes round.
    steps
        The same in timer steps.
    """

    voice: str
    name: str
    volume: Sequence | None
    duty: Sequence | None
    arpeggio: Sequence = ZERO
    cents: tuple[float, ...] = ()
    loop: tuple[int, int] | None = None
    steps: Sequence = ZERO

    def pitch(self, period: float, once: int | None = None) -> Sequence:
        """Return the pitch envelope that suits notes of about some period.

        It goes round if the model does; with `once` it has so many frames instead.
        """
        if not self.cents:
            return self.steps
        count = once or (len(self.cents) if self.loop is None else self.loop[1])
        cents, frame = np.array(self.cents[:count]), np.arange(count, dtype=np.int64)
        here = (period + 1.0) * np.exp2(values(self.arpeggio, frame, NOT_RELEASED) / -12.0)
        moved = np.rint(here * (np.exp2(cents / -1200.0) - 1.0))
        moved = moved.astype(np.int64) + values(self.steps, frame, NOT_RELEASED)
        moved = np.clip(moved, -128, 127)
        if self.loop is None or once:
            return played_once(moved, len(moved))
        return Sequence(tuple(moved.tolist()), self.loop[0])


@dataclass(slots=True)
class Contour:
    """One note by frame.

    Attributes
    ----------
    model
        Its instrument.
    start, stop
        Where it begins, and before which frame it is silent or gives way.
    held
        Frames after which it is released, `NOT_RELEASED` if it is not.
    note, volume
        As the tracker counts notes, and as the score has it.
    voice
        Who plays it.
    chord
        Arpeggio that the note brings, above its lowest tone.
    level, timbre
        Of each frame.
    rest
        Timer steps of each frame beyond the note and its arpeggio; on noise not 0 where the
        arpeggio misses.
    period
        Of the note.
    moving
        Whether it bends or glides by itself.
    strike
        Whether the wave begins anew.
    """

    model: Model
    start: int
    stop: int
    held: int
    note: int
    volume: int
    voice: str
    chord: Sequence | None
    level: Ints
    timbre: Ints
    rest: Ints
    period: int
    moving: bool = False
    strike: bool = False


class ContourReader:
    """Takes apart what a voice plays into notes.

    Parameters
    ----------
    notes, voice
        What is played, and by which voice.
    played
        What the driver does in each frame.
    dry
        The same without echoes.
    rules
        Whose tracker.
    frames
        Length of the song.
    remarks
        Takes what the tracker cannot do.
    """

    def __init__(
        self, notes: tuple[ChipNote, ...], voice: str, played: PlayedScore, dry: PlayedScore,
        rules: Rules, frames: int, remarks: list[str],
    ) -> None:  # fmt: skip
        self._notes, self._voice, self._rules = notes, voice, rules
        self._kind = PULSE if voice.startswith(PULSE) else voice
        self._setup, self._placed = played.setup, played.placed[voice]
        self._true, self._frames, self._remarks = played.frames[voice], frames, remarks
        self._echoed = _differ(self._true, dry.frames[voice], frames)
        self._motions: dict[tuple[str, float], Motion] = {}
        self._table = note_periods(played.setup.region, round(played.setup.preset.engine.tuning_hz))

    def contours(self) -> list[Contour]:
        """Return the notes in time order, echoes among them."""
        made = []
        heard = np.zeros(self._frames, dtype=np.bool_)
        tails = [tail_frames(note, self._instrument(note)) for note in self._notes]
        stops = self._placed.release + np.array(tails, dtype=np.int64)
        stops[:-1] = np.minimum(stops[:-1], self._placed.start[1:])
        for index, note in enumerate(self._notes):
            start = int(self._placed.start[index])
            stop = min(int(stops[index]), self._frames)
            echoes = np.flatnonzero(self._echoed[start:stop])
            if len(echoes):  # louder than what is left of the note
                stop = start + int(echoes[0])
            if start < stop:
                made.append(self._contour(note, start, stop, int(self._placed.release[index])))
                heard[made[-1].start : made[-1].stop] = True
        if not heard.all():
            made += self._echoes(~heard & (self._true.level[: self._frames] > 0))
        return sorted(made, key=lambda contour: contour.start)

    def _instrument(self, note: ChipNote) -> Instrument:
        return self._setup.preset.instrument(note.instrument, self._voice)

    def _contour(self, note: ChipNote, start: int, stop: int, release: int) -> Contour:
        instrument = self._instrument(note)
        release = min(release, stop)
        start += max(min(instrument.delay_frames, release - start - 1), 0)
        if instrument.cut_frames is not None and start + instrument.cut_frames < stop:
            stop = start + instrument.cut_frames
            release = min(release, stop)
        true = self._true.part(start, stop)
        if stop - start > 1 and stop == release and not true.level[-1] and true.level[-2]:
            stop = release = stop - 1  # the silence that parts repeated notes
            true = true.part(0, stop - start)
        held = release - start if release < stop else NOT_RELEASED
        self._tell(true)
        chord = self._chord(note, instrument)
        model = self._model(note, instrument, true)
        low = 0 if chord is None else min(chord.values)
        contour = Contour(
            model, start, stop, held, note_of(note.pitch, self._voice), note.volume,
            self._voice, chord,
            _levels(true, self._setup.region.frame_hz), true.timbre, np.zeros(0, np.int64), 0,
            strike=bool(true.strike[0]),
        )  # fmt: skip
        lowest = contour.note + low
        if chord is not None and low and 0 <= lowest < (NOTES if self._voice != "noise" else 0):
            contour.note = lowest  # a chord's lowest tone is its note
            contour.chord = _moved(chord, -low)
        self._find_rest(contour, true)
        return contour

    def _tell(self, true: VoiceFrames) -> None:
        if (true.envelope != SOFTWARE).any():
            self._remarks.append(
                f"{self._rules.name} has no hardware envelopes; steps of volume take their place"
            )
        if (true.sweep != SWEEP_OFF).any():
            self._remarks.append(f"{self._rules.name} has no hardware sweeps; they are left out")

    def _chord(self, note: ChipNote, instrument: Instrument) -> Sequence | None:
        each = self._setup.preset.arpeggio.frames
        return chord_of_note(note, each, self._setup.tick_hz, instrument, self._rules.longest)

    def _model(self, note: ChipNote, instrument: Instrument, true: VoiceFrames) -> Model:
        name = note.instrument or str(getattr(self._setup.preset.voices, self._voice))
        made = translate_instrument(instrument, note, self._voice, self._rules)
        learned = bool(
            note.volume_changes
            or instrument.tremolo is not None
            or instrument.hardware_envelope is not None
            or len(made.volume.values) == 1 < len(instrument.volume_sequence.values)
        )
        if self._voice == "triangle":
            learned = False
        begun = round(note.begun_s * self._setup.tick_hz)
        detune = note.bend[0][1] if note.bend and len({c for _, c in note.bend}) == 1 else 0.0
        motion = (note.instrument, detune)
        if motion not in self._motions:
            self._motions[motion] = ((), None) if self._voice == "noise" else pitch_motion(
                instrument, self._setup.preset.knobs, detune, self._setup.tick_hz,
                self._rules.longest,
            )  # fmt: skip
        cents, loop = self._motions[motion]
        if abs(detune) > 0.5:
            name = f"{name} detuned"
        model = Model(
            self._kind, name, None if learned else made.volume, _duty(made, note, true),
            made.arpeggio, cents, loop, made.pitch,
        )  # fmt: skip
        return _resumed(model, begun) if begun else model

    def _find_rest(self, contour: Contour, true: VoiceFrames) -> None:
        """Say how far each frame's period is from the note with its arpeggio."""
        frame = np.arange(len(true.level), dtype=np.int64)
        arpeggio = contour.model.arpeggio if contour.chord is None else contour.chord
        row = contour.note + values(arpeggio, frame, contour.held)
        if self._voice == "noise":
            contour.rest = true.period - (NOISE_PERIODS - 1 - row % NOISE_PERIODS)
            if contour.rest.any():
                semitones = NOISE_PERIODS - 1 - true.period - contour.note
                once = played_once(semitones, self._rules.longest)
                contour.model = replace(contour.model, arpeggio=once)
                contour.rest = np.zeros(len(frame), dtype=np.int64)
            return
        contour.rest = true.period - self._table[np.clip(row, 0, NOTES - 1)]
        contour.period = int(self._table[min(max(contour.note, 0), NOTES - 1)])
        off = contour.rest - values(contour.model.pitch(contour.period), frame, contour.held)
        sounds = true.level > 0
        contour.moving = bool((np.abs(off[sounds]) > 2).any())

    def _echoes(self, heard: NDArray[np.bool_]) -> list[Contour]:
        """Return what sounds where no note does as notes of their own."""
        edges = np.sqrt(self._table[:-1] * self._table[1:].astype(np.float64))
        period = self._true.period
        nearest = (
            NOISE_PERIODS - 1 - period if self._voice == "noise"
            else np.searchsorted(-edges, -period.astype(np.float64))
        )  # fmt: skip
        frames = np.flatnonzero(heard)
        if not len(frames):
            return []
        timbre = self._true.timbre[frames]
        new = (np.diff(frames) > 1) | (np.diff(nearest[frames]) != 0) | (np.diff(timbre) != 0)
        made = []
        for part in np.split(frames, np.flatnonzero(new) + 1):
            start, stop = int(part[0]), int(part[-1]) + 1
            true = self._true.part(start, stop)
            model = Model(self._kind, ECHO, None, Sequence((int(true.timbre[0]),)))
            contour = Contour(
                model, start, stop, NOT_RELEASED, int(nearest[start]), MAX_VOLUME,
                self._voice, None, true.level, true.timbre, np.zeros(0, np.int64), 0,
            )  # fmt: skip
            self._find_rest(contour, true)
            made.append(contour)
        return made


def _differ(true: VoiceFrames, dry: VoiceFrames, frames: int) -> NDArray[np.bool_]:
    """Tell in which frames a voice does something else than another, where it sounds."""
    count = min(frames, len(dry.level))
    differ = true.level[:frames] > 0
    same = np.ones(count, dtype=np.bool_)
    for name in ("level", "timbre", "period"):
        same &= getattr(true, name)[:count] == getattr(dry, name)[:count]
    differ[:count] &= ~same
    return differ


def pitch_motion(
    instrument: Instrument, knobs: Knobs, detune: float, tick_hz: float, longest: int
) -> Motion:
    """Return how far from its note an instrument is in cents, by frame, and where that goes round.

    Parameters
    ----------
    instrument, knobs
        What moves the pitch: fine pitch, vibrato, and slides; of steep ones what is left beside
        the semitones that the arpeggio plays.
    detune
        Cents that a note adds.
    tick_hz
        Frames a second.
    longest
        Most values; a loop is counted twice, as FamiTracker's steps need it.
    """
    swings = [v for v in [instrument.vibrato] if v is not None and v.depth_cents]
    if knobs.vibrato_cents and knobs.vibrato_hz:
        swings.append(Vibrato(depth_cents=knobs.vibrato_cents, rate_hz=knobs.vibrato_hz))
    fine, slide = instrument.fine_pitch, instrument.slide
    if not swings and not any(fine.values) and slide is None and abs(detune) < 0.5:
        return (), None
    frame = np.arange(longest, dtype=np.int64)
    cents = detune + values(fine, frame, NOT_RELEASED).astype(np.float64)
    if slide is not None:
        moved = slide_cents(slide, frame)
        cents += moved - 100.0 * np.rint(moved / 100.0) if is_steep(slide) else moved
    begin, turn = len(fine.values) if fine.loop is None else fine.loop, 0
    loop: tuple[int, int] | None = None
    if fine.loop is not None:
        turn = fine.held_length - fine.loop
    for swing in swings:
        cents += vibrato_cents(swing, frame / tick_hz)
        begin = max(begin, math.ceil((swing.delay_s + swing.fade_s) * tick_hz))
        exact = tick_hz / swing.rate_hz
        room = (longest - min(begin, longest - 2)) // 2
        fitting = [k for k in range(1, MOST_TURNS + 1) if round(k * exact) <= room] or [1]
        turns = min(fitting, key=lambda k: abs(k * exact - round(k * exact)) / k)
        turn = max(round(turns * exact), 1)
    if turn and begin + 2 * turn <= longest:
        loop = begin, begin + turn
    return tuple(np.round(cents, 2).tolist()), loop


def _duty(made: TrackerInstrument, note: ChipNote, true: VoiceFrames) -> Sequence | None:
    """Return the duty envelope of a note, None if it is to be learned."""
    if made.duty is not None and not note.timbre_changes and made.duty.release is None:
        return made.duty
    if (true.timbre == true.timbre[0]).all():
        return Sequence((int(true.timbre[0]),))
    return None


def _moved(sequence: Sequence, semitones: int) -> Sequence:
    moved = (max(min(v + semitones, MOST_SEMITONES), -MOST_SEMITONES) for v in sequence.values)
    return replace(sequence, values=tuple(moved))


def _resumed(model: Model, begun: int) -> Model:
    """Return a model as it goes on after some frames."""

    def rest(sequence: Sequence | None) -> Sequence | None:
        if sequence is None or sequence.loop is not None or sequence.release is not None:
            return sequence
        return Sequence(sequence.values[min(begun, len(sequence.values) - 1) :])

    volume, duty, arpeggio = rest(model.volume), rest(model.duty), rest(model.arpeggio)
    assert arpeggio is not None
    if (volume, duty, arpeggio) == (model.volume, model.duty, model.arpeggio):
        return model
    name = f"{model.name} held"
    return replace(model, name=name, volume=volume, duty=duty, arpeggio=arpeggio)


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
