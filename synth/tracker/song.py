"""A tracker's song: its instruments, and what each channel is told on which frame.

FamiStudio and FamiTracker agree on all that this model holds: an instrument is up to four envelopes
of one value a frame, and a channel plays one note at a time. What differs is in `Rules`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, Region
from synth.instrument.chip_score import MAX_VOLUME
from synth.instrument.macro_sequence import Sequence

LOWEST_PITCH: Final = 24  # MIDI pitch of C0, the first note of a tracker's table of periods
NOTES: Final = 96  # C0 to B7
NOISE_PERIODS: Final = 16
LOWEST_HZ: Final = 440.0 * 2.0 ** ((LOWEST_PITCH - 69) / 12.0)
CONCERT_HZ: Final = 440
TRIANGLE_OCTAVE: Final = 12  # the triangle sounds an octave below a pulse of the same period

STOP: Final = -1
RELEASE: Final = -2

FULL: Final = Sequence((MAX_VOLUME,))
ZERO: Final = Sequence((0,))


@dataclass(frozen=True, slots=True)
class Rules:
    """Where trackers differ.

    Attributes
    ----------
    name
        Of the tracker.
    rounds_volume
        Whether envelope times volume is rounded to the nearest level, or down.
    longest
        Most values of an envelope.
    chords
        Whether a note can bring any arpeggio of its own.
    most_chords
        How many arpeggios the notes of a voice have at most.
    release_envelopes
        Whether envelopes other than the volume's have a release part.
    row_events
        Whether a channel does one thing a row, which may be late, and slides row by row.
    most_columns
        Columns of patterns that a song can have.
    """

    name: str
    rounds_volume: bool
    longest: int
    chords: bool
    most_chords: int
    release_envelopes: bool
    row_events: bool
    most_columns: int

    def levels(self, shape: NDArray[np.int64], volume: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the levels 0–15 of an envelope's values at a volume; never rounded to 0."""
        product = shape * volume
        scaled = (2 * product + MAX_VOLUME) // (2 * MAX_VOLUME) if self.rounds_volume else (
            product // MAX_VOLUME
        )  # fmt: skip
        return np.where(product > 0, np.maximum(scaled, 1), 0)


# FamiStudio's manual, "Editing instruments" and "Export"; FamiTracker's, "Instrument editor".
FAMISTUDIO: Final = Rules("FamiStudio", True, 255, True, 120, False, False, 256)
FAMITRACKER: Final = Rules("FamiTracker", False, 252, False, 48, True, True, 128)


@dataclass(frozen=True, slots=True)
class Key:
    """How a key of an instrument plays a DPCM sample.

    Attributes
    ----------
    sample
        Its name.
    rate
        Index of the DMC's table of rates, 0–15.
    loop
        Whether it goes round.
    level
        Level 0–127 that the DMC is set to first, or None.
    """

    sample: str
    rate: int = 15
    loop: bool = False
    level: int | None = None


@dataclass(frozen=True, slots=True)
class TrackerInstrument:
    """An instrument: what a note does, frame by frame.

    Attributes
    ----------
    volume
        Levels 0–15, multiplied by the note's volume.
    duty
        Duty cycles or noise modes; None leaves the channel's.
    arpeggio
        Semitones from the note; on noise, periods up.
    pitch
        Timer steps added to the note's period.
    relative_pitch
        Whether the values of `pitch` add up, frame by frame.
    keys
        Samples by note (0 is C0), for the DPCM channel.
    """

    volume: Sequence = FULL
    duty: Sequence | None = None
    arpeggio: Sequence = ZERO
    pitch: Sequence = ZERO
    relative_pitch: bool = False
    keys: tuple[tuple[int, Key], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a channel is told on one frame; None leaves a thing as it is.

    Attributes
    ----------
    note
        0 (C0) to 95, on noise 0 (lowest) to 15; `STOP` or `RELEASE`.
    instrument
        Name of the note's instrument; empty keeps the one before.
    attack
        Whether a note starts its envelopes anew.
    arpeggio
        In place of the instrument's, for this note.
    volume
        0–15, from here on.
    duty
        Of instruments without a duty envelope, from here on.
    fine_pitch
        Timer steps added to all periods, from here on.
    slide
        Timer steps that each frame adds to the period, from here on and until the next note.
    reset_phase
        Whether the pulse begins its wave anew.
    level
        Level 0–127 that the DMC is set to.
    """

    note: int | None = None
    instrument: str = ""
    attack: bool = True
    arpeggio: Sequence | None = None
    volume: int | None = None
    duty: int | None = None
    fine_pitch: int | None = None
    slide: int | None = None
    reset_phase: bool = False
    level: int | None = None

    def followed_by(self, later: "Event") -> "Event":
        """Return both as one: the later note, or this one's, and what is said last of the rest."""
        strikes = later.note is not None and (later.note >= 0 or self.note is None)
        base = later if strikes else self
        said = {
            name: getattr(self if getattr(later, name) is None else later, name)
            for name in ("volume", "duty", "fine_pitch", "slide", "level")
        }
        return replace(base, **said)


@dataclass(frozen=True, slots=True)
class TrackerBar:
    """A bar: a column of patterns.

    Attributes
    ----------
    start, beats
        The frame it begins on, and its number of beats.
    rows, beat_rows
        The frame on which each of its rows begins, and how many a beat has; no rows if the song
        was read.
    groove, padding
        Of FamiStudio: frames of each row, in turn, and where a longer one stands still.
    tempi
        Of FamiTracker: row, speed and tempo where they are set.
    """

    start: int
    beats: int = 4
    rows: tuple[int, ...] = ()
    beat_rows: int = 4
    groove: tuple[int, ...] = ()
    padding: str = "Middle"
    tempi: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A DPCM sample: its bytes, and the level that it is played from."""

    data: bytes
    level: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSong:
    """One song, complete.

    Attributes
    ----------
    rules
        Of the tracker it is for.
    region, tuning_hz
        The machine, and the frequency of A4.
    title, artist, copyright
        Any may be empty.
    instruments, samples
        By name.
    channels
        For each channel's name its events by frame, in order.
    bars
        In order, the first at frame 0.
    frames
        Length.
    loop
        Frame on which it goes on after its end, where a bar begins; None ends it.
    remarks
        What was left out or changed, a line each.
    """

    rules: Rules
    region: Region = NTSC
    tuning_hz: int = CONCERT_HZ
    title: str = ""
    artist: str = ""
    copyright: str = ""
    instruments: Mapping[str, TrackerInstrument] = field(default_factory=dict)
    samples: Mapping[str, Sample] = field(default_factory=dict)
    channels: Mapping[str, Mapping[int, Event]] = field(default_factory=dict)
    bars: tuple[TrackerBar, ...] = (TrackerBar(0),)
    frames: int = 1
    loop: int | None = None
    remarks: tuple[str, ...] = ()

    def level_of(self, key: Key) -> int:
        """Return the level that the DMC is set to before a key's sample."""
        return self.samples[key.sample].level if key.level is None else key.level


def note_periods(region: Region, tuning_hz: float = CONCERT_HZ) -> NDArray[np.int64]:
    """Return the timer period of each note from C0 on, as both trackers' tables have them.

    Examples
    --------
    >>> int(note_periods(NTSC)[45])
    253
    """
    hz = LOWEST_HZ * tuning_hz / CONCERT_HZ * np.exp2(np.arange(NOTES) / 12.0)
    return np.floor(region.clock_hz / (16.0 * hz) - 0.5).astype(np.int64)


def note_of(pitch: int, voice: str) -> int:
    """Return a tracker's note for a pitch of a chip score.

    Examples
    --------
    >>> note_of(69, "pulse1"), note_of(69, "triangle"), note_of(15, "noise")
    (45, 57, 0)
    """
    if voice == "noise":
        return NOISE_PERIODS - 1 - pitch
    return pitch - LOWEST_PITCH + (TRIANGLE_OCTAVE if voice == "triangle" else 0)


def pitch_of(note: int, voice: str) -> int:
    """Return the pitch of a chip score for a tracker's note; the inverse of `note_of`."""
    if voice == "noise":
        return NOISE_PERIODS - 1 - note % NOISE_PERIODS
    return note + LOWEST_PITCH - (TRIANGLE_OCTAVE if voice == "triangle" else 0)
