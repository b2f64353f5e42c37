"""The chip's score: four monophonic voices of notes in seconds."""

from dataclasses import dataclass
from typing import Final

from synth.chip.voices import VOICE_BY_NAME, VOICES
from synth.errors import SynthError

MAX_VOLUME: Final = 15


@dataclass(frozen=True, slots=True)
class ChipNote:
    """One note of one voice.

    Attributes
    ----------
    start_s, end_s
        Onset and release in seconds.
    pitch
        MIDI note number for pulses and triangle; for noise the index of the hardware period table,
        0 (highest) to 15 (lowest).
    volume
        Loudness 0–15, which scales the instrument's volume sequence. The triangle has none: there
        0 is silence and all other values sound alike.
    instrument
        Name of an instrument of the preset; empty means the preset's default for the voice.
    arpeggio
        Semitone offsets that are cycled through while the note sounds, starting from the first;
        empty means none.
    bend
        Breakpoints (seconds after the onset, cents), joined by straight lines and held after the
        last; before the first its own cents hold.
    volume_changes
        Steps (seconds after the onset, volume 0–15) that the score itself asks for. A note that has
        any leaves its instrument's volume sequence out: the score's own envelope wins.
    timbre_changes
        Steps (seconds after the onset, duty 0–3 or noise mode 0–1). A note that has any leaves its
        instrument's duty sequence out.
    arpeggio_s
        How long the arpeggio runs before the note rests on the first of its offsets; None: as long
        as the note sounds. A slow chord is struck as an arpeggio without buzzing on.
    begun_s
        How long before `start_s` it was struck, if it goes on after an interruption: its sequences,
        and all times after the onset, count from there.
    """

    start_s: float
    end_s: float
    pitch: int
    volume: int = MAX_VOLUME
    instrument: str = ""
    arpeggio: tuple[int, ...] = ()
    bend: tuple[tuple[float, float], ...] = ()
    volume_changes: tuple[tuple[float, int], ...] = ()
    timbre_changes: tuple[tuple[float, int], ...] = ()
    arpeggio_s: float | None = None
    begun_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SampleHit:
    """One sample that the DMC plays.

    Attributes
    ----------
    start_s, end_s
        When it is struck, and when it is stopped if it still sounds.
    sample
        Name of a sample of the preset.
    rate
        Index of the DMC's table of rates, 0–15; None is the sample's own.
    """

    start_s: float
    end_s: float
    sample: str
    rate: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a bar begins, for formats that lay music out in bars; it is not heard.

    Attributes
    ----------
    start_s
        Seconds from the beginning of the piece.
    beats
        How many beats it has, as its meter counts them.
    """

    start_s: float
    beats: int = 4


@dataclass(frozen=True, slots=True)
class ChipScore:
    """Four voices that the hardware can play.

    Attributes
    ----------
    pulse1, pulse2, triangle, noise
        The notes of each voice in time order, at most one sounding at a time.
    end_s
        Length in seconds, at least the last note's end.
    loop_s
        Where the music continues after `end_s` if it loops, else None.
    bars
        The bars in time order, where they are known.
    dmc
        The samples in time order; each stops the one before.
    remarks
        What the file that it was read from holds and this does not, a line each.

    Raises
    ------
    SynthError
        If a voice overlaps itself or a note is outside what its voice can play.
    """

    pulse1: tuple[ChipNote, ...] = ()
    pulse2: tuple[ChipNote, ...] = ()
    triangle: tuple[ChipNote, ...] = ()
    noise: tuple[ChipNote, ...] = ()
    end_s: float = 0.0
    loop_s: float | None = None
    bars: tuple[Bar, ...] = ()
    dmc: tuple[SampleHit, ...] = ()
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for voice in VOICES:
            _check_voice(voice, self.voice(voice), self.end_s)
        free_s = 0.0
        for hit in self.dmc:
            if not free_s <= hit.start_s < hit.end_s <= self.end_s:
                raise SynthError(
                    f"dmc at {hit.start_s:.3f} s: one sample plays at a time, in order, within "
                    f"the score ({self.end_s:.3f} s)"
                )
            free_s = hit.end_s
        if self.loop_s is not None and not 0 <= self.loop_s < self.end_s:
            raise SynthError(f"loop at {self.loop_s:g} s is not within 0-{self.end_s:g} s")

    def voice(self, name: str) -> tuple[ChipNote, ...]:
        """Return the notes of the voice called `name`, one of `VOICES`."""
        notes: tuple[ChipNote, ...] = getattr(self, name)
        return notes


def _check_voice(voice: str, notes: tuple[ChipNote, ...], score_end_s: float) -> None:
    lowest, highest = VOICE_BY_NAME[voice].pitch_range
    last_timbre = VOICE_BY_NAME[voice].timbres - 1
    free_s = 0.0
    for note in notes:
        where = f"{voice} at {note.start_s:.3f} s"
        if not free_s <= note.start_s < note.end_s:
            raise SynthError(f"{where}: a voice plays one note at a time, in order")
        if not lowest <= note.pitch <= highest:
            raise SynthError(f"{where}: pitch {note.pitch} is not in {lowest}-{highest}")
        for volume in (note.volume, *(value for _, value in note.volume_changes)):
            if not 0 <= volume <= MAX_VOLUME:
                raise SynthError(f"{where}: volume {volume} is not in 0-{MAX_VOLUME}")
        for _, timbre in note.timbre_changes:
            if not 0 <= timbre <= last_timbre:
                raise SynthError(f"{where}: timbre {timbre} is not in 0-{last_timbre}")
        free_s = note.end_s
    if free_s > score_end_s:
        raise SynthError(f"{voice} ends at {free_s:.3f} s, after its score ({score_end_s:.3f} s)")
