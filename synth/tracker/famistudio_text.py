"""Parses FamiStudio's text format, line by line, into a project.

References
----------
FamiStudio documentation: "Exporting Songs", section "FamiStudio Text".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.instrument.macro_sequence import Sequence
from synth.tracker.columns import PADDINGS
from synth.tracker.famistudio_names import CHANNELS, NAMES
from synth.tracker.macros import envelope
from synth.tracker.song import CONCERT_HZ, FULL, NOTES, ZERO, Key, Sample, TrackerInstrument

MOST_SONGS: Final = 256
MOST_BARS: Final = 4096
VOICE_OF: Final = {name: voice for voice, name in CHANNELS.items()}
GLOBAL_KEYS: Final = "DPCM"  # what older versions' one sample map is called here
NOTE: Final = re.compile(r"([A-G]#?)(\d)")

_OBJECT: Final = re.compile(r"\s*([A-Za-z0-9]+)\s*(.*?)\s*")
_ATTRIBUTE: Final = re.compile(r'([A-Za-z0-9]+)\s*=\s*"((?:""|[^"])*)"\s*')
_KINDS: Final = (
    "Project", "DPCMSample", "DPCMMapping", "Instrument", "Envelope", "Arpeggio", "Song",
    "PatternCustomSettings", "Channel", "Pattern", "Note", "PatternInstance",
)  # fmt: skip


def parse_project(data: bytes, name: str) -> "Project":
    """Return what a text says.

    Parameters
    ----------
    data
        The file.
    name
        What errors call it.

    Raises
    ------
    SynthError
        If the text does not follow the format: one line with the file, line, and what is wrong.
    """
    return _Parser(data, name).read()


@dataclass(slots=True)
class Tempo:
    """How many notes a pattern has, and how they become frames."""

    notes: int
    beat: int
    groove: tuple[int, ...] = ()
    padding: str = "Middle"


@dataclass(slots=True)
class RawNote:
    """A line of a pattern, with the number of its line."""

    time: int
    given: dict[str, str]
    line: int


@dataclass(slots=True)
class RawSong:
    """A song as its lines say it: patterns by channel and name, and where each is played."""

    name: str
    length: int
    loop: int
    tempo: Tempo
    speed: int = 0
    beats_a_minute: int = 0
    custom: dict[int, Tempo] = field(default_factory=dict)
    patterns: dict[tuple[str, str], list[RawNote]] = field(default_factory=dict)
    instances: dict[tuple[str, int], str] = field(default_factory=dict)
    channels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Project:
    """All that a text says."""

    region: Region = NTSC
    tuning_hz: int = CONCERT_HZ
    title: str = ""
    artist: str = ""
    copyright: str = ""
    famitracker_tempo: bool = False
    instruments: dict[str, TrackerInstrument] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    arpeggios: dict[str, Sequence] = field(default_factory=dict)
    songs: list[RawSong] = field(default_factory=list)
    expansions: str = ""
    foreign: set[str] = field(default_factory=set)


class _Parser:
    """Reads the lines of a text into a project."""

    def __init__(self, data: bytes, name: str) -> None:
        self._name, self._number = name, 0
        try:
            self._lines = data.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise SynthError(f"{name}: not UTF-8 text; export it from FamiStudio again") from None
        self._project = Project()
        self._instrument = ""
        self._channel = self._pattern = ""

    def read(self) -> Project:
        """Return the project."""
        handlers: dict[str, Callable[[dict[str, str]], None]] = {
            kind: getattr(self, f"_read_{kind.lower()}") for kind in _KINDS
        }
        begun = False
        for number, line in enumerate(self._lines, start=1):
            self._number = number
            if not line.strip():
                continue
            kind, given = self._split(line)
            if kind not in handlers:
                self._fail(
                    f"{kind[:30]!r} is no object of FamiStudio's; one of {', '.join(_KINDS)}"
                )
            if not begun and kind != "Project":
                self._fail("the file does not begin with a Project; it is no FamiStudio text")
            begun = True
            handlers[kind](given)
        if not self._project.songs:
            self._fail("there is no Song in it")
        return self._project

    def _fail(self, why: str) -> NoReturn:
        raise SynthError(f"{self._name}:{max(self._number, 1)}: {why}")

    def _split(self, line: str) -> tuple[str, dict[str, str]]:
        found = _OBJECT.fullmatch(line)
        if found is None:
            self._fail('a line is an object and attributes, such as Note Time="0"')
        given: dict[str, str] = {}
        at, rest = 0, found[2]
        while at < len(rest):
            attribute = _ATTRIBUTE.match(rest, at)
            if attribute is None:
                self._fail(f'{rest[at : at + 30]!r} is no attribute; write Name="value"')
            given[attribute[1]] = attribute[2].replace('""', '"')
            at = attribute.end()
        return found[1], given

    def _text(self, given: Mapping[str, str], name: str) -> str:
        if name not in given:
            self._fail(f"{name} is missing")
        return given[name]

    def _whole(
        self, given: Mapping[str, str], name: str, low: int, high: int, default: int | None = None
    ) -> int:
        if name not in given and default is not None:
            return default
        text = self._text(given, name)
        if not re.fullmatch(r"-?\d{1,9}", text) or not low <= int(text) <= high:
            self._fail(f"{name} = {text[:20]!r} is not in {low} to {high}")
        return int(text)

    def _flag(self, given: Mapping[str, str], name: str) -> bool:
        text = given.get(name, "False")
        if text.lower() not in ("true", "false"):
            self._fail(f"{name} = {text[:20]!r} is neither True nor False")
        return text.lower() == "true"

    def _read_project(self, given: dict[str, str]) -> None:
        project = self._project
        project.region = PAL if self._flag(given, "PAL") else NTSC
        project.tuning_hz = self._whole(given, "Tuning", 300, 580, CONCERT_HZ)
        project.title = given.get("Name", "")
        project.artist, project.copyright = given.get("Author", ""), given.get("Copyright", "")
        mode = given.get("TempoMode", "FamiStudio")
        if mode not in ("FamiStudio", "FamiTracker"):
            self._fail(f"TempoMode = {mode[:20]!r} is neither FamiStudio nor FamiTracker")
        project.famitracker_tempo = mode == "FamiTracker"
        project.expansions = given.get("Expansions", given.get("Expansion", ""))

    def _read_dpcmsample(self, given: dict[str, str]) -> None:
        text = self._text(given, "Data")
        try:
            data = bytes.fromhex(text)
        except ValueError:
            self._fail("Data is not an even number of hexadecimal digits")
        level = 2 * self._whole(given, "DmcInitialValue", 0, 63, 32)
        self._project.samples[self._text(given, "Name")] = Sample(data, level)

    def _read_dpcmmapping(self, given: dict[str, str]) -> None:
        name = self._instrument or GLOBAL_KEYS
        made = self._project.instruments.setdefault(name, TrackerInstrument())
        level = 2 * self._whole(given, "DmcInitialValue", 0, 63, 0)
        key = Key(
            self._text(given, "Sample"),
            self._whole(given, "Pitch", 0, 15, 15),
            self._flag(given, "Loop"),
            level if "DmcInitialValue" in given else None,
        )
        keys = (*made.keys, (self._note(self._text(given, "Note")), key))
        self._project.instruments[name] = replace(made, keys=keys)

    def _read_instrument(self, given: dict[str, str]) -> None:
        self._instrument = self._text(given, "Name")
        if "Expansion" in given:
            self._project.foreign.add(self._instrument)
        self._project.instruments[self._instrument] = TrackerInstrument()

    def _sequence(self, given: dict[str, str], low: int, high: int) -> Sequence | None:
        """Read an envelope; None if it has no values."""
        length = self._whole(given, "Length", 0, 1024)
        words = [word for word in given.get("Values", "").split(",") if word.strip()]
        if len(words) < length:
            self._fail(f"Length = {length}, and there are {len(words)} values")
        values = []
        for word in words[:length]:
            if not re.fullmatch(r"\s*-?\d{1,4}\s*", word) or not low <= int(word) <= high:
                self._fail(f"value {word[:10]!r} is not in {low} to {high}")
            values.append(int(word))
        if not values:
            return None
        loop = self._whole(given, "Loop", -1, len(values), -1)
        release = self._whole(given, "Release", -1, len(values), -1)
        return envelope(values, loop, release)

    def _read_envelope(self, given: dict[str, str]) -> None:
        kind = self._text(given, "Type")
        if not self._instrument:
            self._fail("an Envelope belongs to an Instrument, and there is none before it")
        made = self._project.instruments[self._instrument]
        if self._instrument in self._project.foreign and kind not in ("Volume", "Arpeggio"):
            return
        if kind == "Volume":
            made = replace(made, volume=self._sequence(given, 0, 15) or FULL)
        elif kind == "DutyCycle":
            made = replace(made, duty=self._sequence(given, 0, 3))
        elif kind == "Arpeggio":
            made = replace(made, arpeggio=self._sequence(given, -127, 127) or ZERO)
        elif kind == "Pitch":
            made = replace(
                made, pitch=self._sequence(given, -128, 127) or ZERO,
                relative_pitch=self._flag(given, "Relative"),
            )  # fmt: skip
        self._project.instruments[self._instrument] = made

    def _read_arpeggio(self, given: dict[str, str]) -> None:
        chord = self._sequence(given, -127, 127) or ZERO
        self._project.arpeggios[self._text(given, "Name")] = chord

    def _tempo(self, given: dict[str, str], length: str, usual: Tempo | None = None) -> Tempo:
        notes = self._whole(given, length, 1, 2048)
        beat = self._whole(given, "BeatLength", 1, 2048, usual.beat if usual else 4)
        if self._project.famitracker_tempo:
            return Tempo(notes, beat)
        note_length = self._whole(given, "NoteLength", 1, 255, 0 if "Groove" in given else None)
        text = given.get("Groove", str(note_length))
        if not re.fullmatch(r"\d{1,3}(-\d{1,3}){0,63}", text):
            self._fail(f"Groove = {text[:20]!r} is not frames with - between them")
        groove = tuple(int(word) for word in text.split("-"))
        if not min(groove) or max(groove) - min(groove) > 1:
            self._fail(f"Groove = {text[:20]!r}: rows differ by one frame at most, and last one")
        padding = given.get("GroovePaddingMode", "Middle")
        if padding not in PADDINGS:
            self._fail(f"GroovePaddingMode = {padding[:20]!r} is none of {', '.join(PADDINGS)}")
        return Tempo(notes, beat, groove, padding)

    def _read_song(self, given: dict[str, str]) -> None:
        if len(self._project.songs) >= MOST_SONGS:
            self._fail(f"there are more than {MOST_SONGS} songs")
        length = self._whole(given, "Length", 1, MOST_BARS)
        song = RawSong(
            self._text(given, "Name"), length, self._whole(given, "LoopPoint", -1, length, -1),
            self._tempo(given, "PatternLength"),
        )  # fmt: skip
        if self._project.famitracker_tempo:
            song.speed = self._whole(given, "FamiTrackerSpeed", 1, 255)
            song.beats_a_minute = self._whole(given, "FamiTrackerTempo", 1, 255)
        self._project.songs.append(song)

    @property
    def _song(self) -> RawSong:
        if not self._project.songs:
            self._fail("it belongs to a Song, and there is none before it")
        return self._project.songs[-1]

    def _read_patterncustomsettings(self, given: dict[str, str]) -> None:
        song = self._song
        time = self._whole(given, "Time", 0, MOST_BARS)
        song.custom[time] = self._tempo(given, "Length", song.tempo)

    def _read_channel(self, given: dict[str, str]) -> None:
        self._channel, self._pattern = self._text(given, "Type"), ""
        self._song.channels.append(self._channel)

    def _read_pattern(self, given: dict[str, str]) -> None:
        self._pattern = self._text(given, "Name")
        self._song.patterns[self._channel, self._pattern] = []

    def _read_note(self, given: dict[str, str]) -> None:
        notes = self._song.patterns.get((self._channel, self._pattern))
        if notes is None:
            self._fail("a Note belongs to a Pattern, and there is none before it")
        if self._channel in VOICE_OF:
            self._check_note(given)
        notes.append(RawNote(self._whole(given, "Time", 0, 2048), given, self._number))

    def _check_note(self, given: dict[str, str]) -> None:
        """Refuse values that are out of range, with the line they stand in."""
        for name in ("Value", "SlideTarget"):
            if given.get(name, "Stop") not in ("Stop", "Release"):
                self._note(given[name])
        for name, low, high in (
            ("Volume", 0, 15), ("VolumeSlideTarget", 0, 15), ("VibratoSpeed", 0, 12),
            ("VibratoDepth", 0, 15), ("FinePitch", -128, 127), ("DutyCycle", 0, 7),
            ("NoteDelay", 0, 31), ("CutDelay", 0, 31), ("Speed", 0, 31), ("PhaseReset", 0, 1),
            ("DeltaCounter", 0, 127), ("Duration", 0, 1_000_000), ("Release", 0, 1_000_000),
        ):  # fmt: skip
            if name in given:
                self._whole(given, name, low, high)
        if "Attack" in given:
            self._flag(given, "Attack")
        instrument = given.get("Instrument")
        if instrument is not None and instrument not in self._project.instruments:
            self._fail(f"there is no Instrument {instrument[:40]!r}")
        chord = given.get("Arpeggio")
        if chord is not None and chord not in self._project.arpeggios:
            self._fail(f"there is no Arpeggio {chord[:40]!r}")

    def _read_patterninstance(self, given: dict[str, str]) -> None:
        name = self._text(given, "Pattern")
        if (self._channel, name) not in self._song.patterns:
            self._fail(f"there is no Pattern {name[:40]!r} in this channel")
        time = self._whole(given, "Time", 0, MOST_BARS)
        self._song.instances[self._channel, time] = name

    def _note(self, text: str) -> int:
        found = NOTE.fullmatch(text)
        if found is None or found[1] not in NAMES or not 0 <= int(found[2]) * 12 < NOTES + 12:
            self._fail(f"{text[:20]!r} is no note; C0 to B7, such as A#3")
        return int(found[2]) * 12 + NAMES.index(found[1])
