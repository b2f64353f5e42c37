"""The score: tracks of notes in beats, with a tempo map and meters."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipgen.errors import ChipgenError
from synth.chip.voices import ROLES

NES_TRACKS: Final = ROLES
DRUM_CHANNEL: Final = 9  # channel 10, counted from 1 (General MIDI)


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note.

    Attributes
    ----------
    onset_beats, duration_beats
        In quarter notes from the start of the piece; the duration is positive.
    pitch
        MIDI note number 0–127; on a drum track the General MIDI drum, on an NES-MDB noise track
        1–16, where 16 − pitch is the hardware's period index.
    velocity
        1–127.
    bends
        The note's own pitch bend, added to its track's: steps (quarter notes after the onset,
        semitones), sorted by time. Players of MPE instruments bend each finger by itself.
    """

    onset_beats: float
    duration_beats: float
    pitch: int
    velocity: int = 100
    bends: tuple[tuple[float, float], ...] = ()

    @property
    def end_beats(self) -> float:
        """Where the note ends, in quarter notes."""
        return self.onset_beats + self.duration_beats


@dataclass(frozen=True, slots=True)
class Control:
    """A control change: `number` takes `value` (0–127) at `beat`."""

    beat: float
    number: int
    value: int


@dataclass(frozen=True, slots=True)
class Bend:
    """Pitch: from `beat` on the track sounds `semitones` higher (wheel, its range, fine tuning)."""

    beat: float
    semitones: float


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """From `beat` on the track plays General MIDI program `program`, 0–127."""

    beat: float
    program: int


@dataclass(frozen=True, slots=True)
class Track:
    """The part of one player: one MIDI channel of one MIDI track.

    Attributes
    ----------
    name
        The track's name in the file, possibly empty.
    channel
        MIDI channel 0–15; 9 is General MIDI's drums.
    program
        General MIDI program 0–127 in force at the first note.
    notes
        Sorted by onset, then pitch.
    controls, bends
        Sorted by beat.
    role
        What the composer calls the part, for scores whose voices are known: one of `NES_TRACKS`,
        else empty.
    drums
        Whether pitches are drums of General MIDI's kit; None: they are on channel 10, and only
        there.
    program_changes
        Other programs that come after the first note, sorted by beat.
    """

    name: str = ""
    channel: int = 0
    program: int = 0
    notes: tuple[Note, ...] = ()
    controls: tuple[Control, ...] = ()
    bends: tuple[Bend, ...] = ()
    role: str = ""
    drums: bool | None = None
    program_changes: tuple[ProgramChange, ...] = ()

    @property
    def is_drums(self) -> bool:
        """Whether the track plays General MIDI drums."""
        return not self.role and (
            self.channel == DRUM_CHANNEL if self.drums is None else self.drums
        )

    def program_at(self, beat: float) -> int:
        """Return the program in force at `beat`."""
        at = bisect_right(self.program_changes, beat, key=lambda change: change.beat) - 1
        return self.program_changes[at].program if at >= 0 else self.program

    @property
    def plays_drums(self) -> bool:
        """Whether the track plays General MIDI drums or the chip's noise."""
        return self.is_drums or self.role == "no"


@dataclass(frozen=True, slots=True)
class Tempo:
    """From `beat` on there are `bpm` quarter notes a minute."""

    beat: float
    bpm: float


@dataclass(frozen=True, slots=True)
class Meter:
    """From `beat` on bars have `numerator` notes of 1/`denominator`."""

    beat: float
    numerator: int
    denominator: int

    @property
    def bar_beats(self) -> float:
        """Length of a bar in quarter notes."""
        return 4.0 * self.numerator / self.denominator


@dataclass(frozen=True, slots=True)
class Marker:
    """A named place, such as a loop point."""

    beat: float
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """A piece of music.

    Attributes
    ----------
    tracks
        In file order.
    tempos, meters
        Sorted by beat; the first of each is at beat 0.
    end_beats
        Length in quarter notes, at least the last note's end.
    dialect
        ``"gm"`` for ordinary MIDI, ``"nesmdb"`` where tracks are the chip's own voices: their
        CC11 is volume and CC12 timbre. Velocities and CC11 are 1–127 in both, rescaled when read.
    key
        Key signature as MIDI writes it (``"Am"``, ``"F#"``), or empty.
    remarks
        What its reader guessed, mended or left out of the file, a line each.
    """

    tracks: tuple[Track, ...] = ()
    tempos: tuple[Tempo, ...] = (Tempo(0.0, 120.0),)
    meters: tuple[Meter, ...] = (Meter(0.0, 4, 4),)
    end_beats: float = 0.0
    dialect: str = "gm"
    key: str = ""
    markers: tuple[Marker, ...] = ()
    remarks: tuple[str, ...] = field(default=(), compare=False)
    _tempo_seconds: tuple[float, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        if (
            not self.tempos
            or self.tempos[0].beat != 0
            or not self.meters
            or self.meters[0].beat != 0
        ):
            raise ChipgenError("a score needs a tempo and a meter at beat 0")
        seconds = [0.0]
        for before, after in zip(self.tempos, self.tempos[1:], strict=False):
            seconds.append(seconds[-1] + (after.beat - before.beat) * 60.0 / before.bpm)
        object.__setattr__(self, "_tempo_seconds", tuple(seconds))

    def beats_to_seconds(self, beats: ArrayLike) -> NDArray[np.float64]:
        """Convert times in quarter notes to seconds, element by element, over the tempo map.

        Examples
        --------
        >>> score = Score(tempos=(Tempo(0.0, 120.0), Tempo(4.0, 60.0)))
        >>> score.beats_to_seconds([2.0, 4.0, 5.0]).tolist()
        [1.0, 2.0, 3.0]
        """
        values = np.asarray(beats, dtype=np.float64)
        starts = np.array([tempo.beat for tempo in self.tempos])
        index = np.clip(np.searchsorted(starts, values, side="right") - 1, 0, None)
        beat_s = np.array([60.0 / tempo.bpm for tempo in self.tempos])
        result: NDArray[np.float64] = (
            np.array(self._tempo_seconds)[index] + (values - starts[index]) * beat_s[index]
        )
        return result

    def seconds_to_beats(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Convert times in seconds to quarter notes, element by element, over the tempo map."""
        values = np.asarray(seconds, dtype=np.float64)
        starts = np.array(self._tempo_seconds)
        index = np.clip(np.searchsorted(starts, values, side="right") - 1, 0, None)
        beat_s = np.array([60.0 / tempo.bpm for tempo in self.tempos])
        beats = np.array([tempo.beat for tempo in self.tempos])
        result: NDArray[np.float64] = beats[index] + (values - starts[index]) / beat_s[index]
        return result

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return float(self.beats_to_seconds(self.end_beats))

    def meter_at(self, beat: float) -> Meter:
        """Return the meter in force at `beat`."""
        return self.meters[max(0, bisect_right([meter.beat for meter in self.meters], beat) - 1)]

    def bar_starts_beats(self) -> list[float]:
        """Return the beat at which each bar begins, up to `end_beats`."""
        starts: list[float] = []
        for index, meter in enumerate(self.meters):
            last = index + 1 == len(self.meters)
            until = self.end_beats if last else self.meters[index + 1].beat
            count = int(np.ceil((until - meter.beat) / meter.bar_beats - 1e-9))
            starts += [meter.beat + k * meter.bar_beats for k in range(max(0, count))]
        return starts

    def with_tracks(self, tracks: tuple[Track, ...]) -> "Score":
        """Return the same piece with other tracks."""
        return replace(self, tracks=tracks)
