"""FamiStudio's text format to tracker songs.

References
----------
FamiStudio documentation: "Exporting Songs", section "FamiStudio Text"; "Editing patterns".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.formats.chipfile import Track, clean_text
from synth.instrument.chip_score import ChipScore
from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_loader import Preset
from synth.tracker.columns import PADDINGS, groove_frames
from synth.tracker.effects import Effects, Slide
from synth.tracker.famistudio import CHANNELS, FIRST_NOISE, NAMES
from synth.tracker.rows import RowClock
from synth.tracker.song import (
    CONCERT_HZ,
    FAMISTUDIO,
    FULL,
    NOTES,
    RELEASE,
    STOP,
    ZERO,
    Event,
    Key,
    Sample,
    TrackerBar,
    TrackerInstrument,
    TrackerSong,
)
from synth.tracker.to_score import chip_score

MOST_SONGS: Final = 256
MOST_FRAMES: Final = 1_000_000
MOST_BARS: Final = 4096
VOICE_OF: Final = {name: voice for voice, name in CHANNELS.items()}
GLOBAL_KEYS: Final = "DPCM"  # what older versions' one sample map is called here

_OBJECT: Final = re.compile(r"\s*([A-Za-z0-9]+)\s*(.*?)\s*")
_ATTRIBUTE: Final = re.compile(r'([A-Za-z0-9]+)\s*=\s*"((?:""|[^"])*)"\s*')
_NOTE: Final = re.compile(r"([A-G]#?)(\d)")
_KINDS: Final = (
    "Project", "DPCMSample", "DPCMMapping", "Instrument", "Envelope", "Arpeggio", "Song",
    "PatternCustomSettings", "Channel", "Pattern", "Note", "PatternInstance",
)  # fmt: skip


def read_famistudio(data: bytes, name: str, track: int) -> tuple[ChipScore, Preset]:
    """Read a song of a FamiStudio text as a chip score, and its instruments as a preset.

    Parameters
    ----------
    data
        The file.
    name
        What errors call it.
    track
        Which song, counted from 1.

    Raises
    ------
    SynthError
        If the text does not follow the format: one line with the file, line, and what is wrong;
        or if there is no such song.
    """
    return chip_score(famistudio_song(data, name, track))


def list_famistudio(data: bytes, name: str) -> tuple[Track, ...]:
    """Return the songs of a FamiStudio text.

    Raises
    ------
    SynthError
        As `read_famistudio`.
    """
    project = _Parser(data, name).read()
    return tuple(
        Track(number, clean_text(song.name)) for number, song in enumerate(project.songs, 1)
    )


def famistudio_song(data: bytes, name: str, track: int = 1) -> TrackerSong:
    """Read a song of a FamiStudio text as it is.

    Raises
    ------
    SynthError
        As `read_famistudio`.
    """
    project = _Parser(data, name).read()
    if not 1 <= track <= len(project.songs):
        raise SynthError(f"{name} has songs 1 to {len(project.songs)}; there is no song {track}")
    return _Song(project, project.songs[track - 1], name).song()


@dataclass(slots=True)
class _Tempo:
    """How many notes a pattern has, and how they become frames."""

    notes: int
    beat: int
    groove: tuple[int, ...] = ()
    padding: str = "Middle"


@dataclass(slots=True)
class _RawNote:
    """A line of a pattern, with the number of its line."""

    time: int
    given: dict[str, str]
    line: int


@dataclass(slots=True)
class _RawSong:
    name: str
    length: int
    loop: int
    tempo: _Tempo
    speed: int = 0
    beats_a_minute: int = 0
    custom: dict[int, _Tempo] = field(default_factory=dict)
    patterns: dict[tuple[str, str], list[_RawNote]] = field(default_factory=dict)
    instances: dict[tuple[str, int], str] = field(default_factory=dict)
    channels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Project:
    region: Region = NTSC
    tuning_hz: int = CONCERT_HZ
    title: str = ""
    artist: str = ""
    copyright: str = ""
    famitracker_tempo: bool = False
    instruments: dict[str, TrackerInstrument] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    arpeggios: dict[str, Sequence] = field(default_factory=dict)
    songs: list[_RawSong] = field(default_factory=list)
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
        self._project = _Project()
        self._instrument = ""
        self._channel = self._pattern = ""

    def read(self) -> _Project:
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

    def _tempo(self, given: dict[str, str], length: str, usual: _Tempo | None = None) -> _Tempo:
        notes = self._whole(given, length, 1, 2048)
        beat = self._whole(given, "BeatLength", 1, 2048, usual.beat if usual else 4)
        if self._project.famitracker_tempo:
            return _Tempo(notes, beat)
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
        return _Tempo(notes, beat, groove, padding)

    def _read_song(self, given: dict[str, str]) -> None:
        if len(self._project.songs) >= MOST_SONGS:
            self._fail(f"there are more than {MOST_SONGS} songs")
        length = self._whole(given, "Length", 1, MOST_BARS)
        song = _RawSong(
            self._text(given, "Name"), length, self._whole(given, "LoopPoint", -1, length, -1),
            self._tempo(given, "PatternLength"),
        )  # fmt: skip
        if self._project.famitracker_tempo:
            song.speed = self._whole(given, "FamiTrackerSpeed", 1, 255)
            song.beats_a_minute = self._whole(given, "FamiTrackerTempo", 1, 255)
        self._project.songs.append(song)

    @property
    def _song(self) -> _RawSong:
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
        notes.append(_RawNote(self._whole(given, "Time", 0, 2048), given, self._number))

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
        found = _NOTE.fullmatch(text)
        if found is None or found[1] not in NAMES or not 0 <= int(found[2]) * 12 < NOTES + 12:
            self._fail(f"{text[:20]!r} is no note; C0 to B7, such as A#3")
        return int(found[2]) * 12 + NAMES.index(found[1])


def envelope(values: list[int], loop: int, release: int) -> Sequence:
    """Return a sequence from a tracker's loop and release points, -1 where there is none.

    A loop over the last value alone, and one behind the release point, are the value held.

    Examples
    --------
    >>> str(envelope([15, 9, 3, 0], loop=1, release=2))
    '15 9 | 3 0'
    """
    released = release if 0 < release < len(values) else None
    held = len(values) if released is None else released
    looped = loop if 0 <= loop < held - 1 else None
    return Sequence(tuple(values), looped, released)


class _Song:
    """Puts a song's notes on frames."""

    def __init__(self, project: _Project, raw: _RawSong, name: str) -> None:
        self._project, self._raw, self._name = project, raw, name
        self._remarks: list[str] = []
        self._speeds = self._find_speeds()

    def song(self) -> TrackerSong:
        """Return the song."""
        raw, project = self._raw, self._project
        starts, places, frames = self._places()
        channels = {}
        for channel in raw.channels:
            voice = VOICE_OF.get(channel)
            if voice is None:
                if any(
                    c == channel and raw.patterns[channel, p] for (c, _), p in raw.instances.items()
                ):
                    self._remarks.append(f"channel {channel} is left out; the 2A03 has none")
                continue
            channels[voice] = self._events(channel, voice, places, frames)
        loops = 0 <= raw.loop < raw.length
        bars = tuple(
            TrackerBar(start, max(1, round(tempo.notes / tempo.beat)))
            for start, tempo in zip(starts, map(self._tempo, range(raw.length)), strict=True)
        )
        return TrackerSong(
            rules=FAMISTUDIO,
            region=project.region,
            tuning_hz=project.tuning_hz,
            title=clean_text(project.title or raw.name),
            artist=clean_text(project.artist),
            copyright=clean_text(project.copyright),
            instruments={k: v for k, v in project.instruments.items() if k not in project.foreign},
            samples=project.samples,
            channels=channels,
            bars=bars,
            frames=frames,
            loop=starts[raw.loop] if loops else None,
            remarks=tuple(self._remarks),
        )

    def _tempo(self, column: int) -> _Tempo:
        return self._raw.custom.get(column, self._raw.tempo)

    def _find_speeds(self) -> dict[tuple[int, int], int]:
        """Return the changes of FamiTracker's speed by column and row."""
        speeds = {}
        for (channel, column), pattern in self._raw.instances.items():
            for note in self._raw.patterns[channel, pattern]:
                if int(note.given.get("Speed", 0)):
                    speeds[column, note.time] = int(note.given["Speed"])
        return speeds

    def _places(self) -> tuple[list[int], dict[tuple[int, int], int], int]:
        """Return the frame of each column, that of each place in it, and the number of frames."""
        raw = self._raw
        starts: list[int] = []
        places: dict[tuple[int, int], int] = {}
        frame = 0
        clock = RowClock(self._project.region, raw.speed, raw.beats_a_minute)
        for column in range(raw.length):
            tempo = self._tempo(column)
            if tempo.groove:
                starts.append(frame)
                for place, at in enumerate(groove_frames(tempo.notes, tempo.groove, tempo.padding)):
                    places[column, place] = frame + at
                frame += sum(tempo.groove[n % len(tempo.groove)] for n in range(tempo.notes))
            else:
                for row in range(tempo.notes):
                    at = clock.next_row()
                    places[column, row] = at
                    if not row:
                        starts.append(at)
                    clock.speed = self._speeds.get((column, row), clock.speed)
            if frame > MOST_FRAMES or clock.frame > MOST_FRAMES:
                raise SynthError(f"{self._name}: the song is longer than {MOST_FRAMES} frames")
        if self._project.famitracker_tempo:
            frame = clock.next_row()
        return starts, places, max(frame, 1)

    def _events(
        self, channel: str, voice: str, places: dict[tuple[int, int], int], frames: int
    ) -> Mapping[int, Event]:
        """Return the events of a channel by frame."""
        raw = self._raw
        order = list(places)  # every place of the song in time
        number_of = {place: number for number, place in enumerate(order)}
        when = [*places.values(), frames]
        effects = Effects(voice, self._project.region, self._project.tuning_hz, frames)
        lines: list[tuple[int, _RawNote]] = []
        for (owner, column), pattern in raw.instances.items():
            if owner == channel and column < raw.length:
                for note in raw.patterns[channel, pattern]:
                    number = number_of.get((column, note.time))
                    if number is not None:  # behind a shortened pattern's end
                        lines.append((number, note))
        lines.sort(key=lambda line: line[0])
        numbers = [number for number, _ in lines]
        for index, (number, line) in enumerate(lines):
            self._line(effects, voice, line, number, when, numbers, lines, index)
        return effects.events()

    def _line(
        self, effects: Effects, voice: str, line: _RawNote, number: int, when: list[int],
        numbers: list[int], lines: list[tuple[int, _RawNote]], index: int,
    ) -> None:  # fmt: skip
        given = line.given
        frame = when[number] + int(given.get("NoteDelay", 0))
        whole: dict[str, Any] = {
            name: int(given[key]) for name, key in _EFFECTS.items() if key in given
        }
        if "duty" in whole:
            whole["duty"] &= 3
        value = given.get("Value", "")
        note = {"": None, "Stop": STOP, "Release": RELEASE}.get(value, 0)
        event = Event(**whole, reset_phase=given.get("PhaseReset") == "1")
        if note == 0:
            note = self._note(value, voice)
            event = replace(
                event, note=note, instrument=given.get("Instrument", ""),
                attack=given.get("Attack", "True").lower() == "true",
                arpeggio=self._project.arpeggios.get(given.get("Arpeggio", "")),
            )  # fmt: skip
        elif note is not None:
            event = replace(event, note=note)
        effects.add(frame, event)
        following = self._next(numbers, lines, index, len(when) - 1)
        end = when[following]
        if note is not None and note >= 0 and "Duration" in given:
            last = min(number + int(given["Duration"]), len(when) - 1)
            if last < following or (last == following and following == len(when) - 1):
                end = when[last]
                if last < len(when) - 1:
                    effects.add(end, Event(note=STOP))
            released = number + int(given.get("Release", 0))
            if "Release" in given and released < min(following, last):
                effects.add(when[released], Event(note=RELEASE))
        if "CutDelay" in given:
            effects.add(when[number] + int(given["CutDelay"]), Event(note=STOP))
        if "SlideTarget" in given and note is not None and note >= 0:
            effects.slide(Slide(frame, end, note, self._note(given["SlideTarget"], voice)))
        if "VibratoDepth" in given or "VibratoSpeed" in given:
            effects.vibrato(
                frame, int(given.get("VibratoSpeed", 0)), int(given.get("VibratoDepth", 0))
            )
        if "VolumeSlideTarget" in given and "Volume" in given:
            later = [n for n, line in lines[index + 1 :] if "Volume" in line.given][:1]
            until = when[later[0] if later else len(when) - 1]
            effects.volume_slide(
                frame, until, int(given["Volume"]), int(given["VolumeSlideTarget"])
            )

    @staticmethod
    def _next(numbers: list[int], lines: list[tuple[int, _RawNote]], index: int, last: int) -> int:
        """Return the place of the note, stop or release that comes after a line."""
        for at in range(index + 1, len(lines)):
            if lines[at][1].given.get("Value", "Release") != "Release":
                return numbers[at]
        return last

    @staticmethod
    def _note(text: str, voice: str) -> int:
        found = _NOTE.fullmatch(text)
        assert found is not None
        note = int(found[2]) * 12 + NAMES.index(found[1])
        return (note - FIRST_NOISE) % 16 if voice == "noise" else min(note, NOTES - 1)


_EFFECTS: Final = {
    "volume": "Volume", "duty": "DutyCycle", "fine_pitch": "FinePitch", "level": "DeltaCounter",
}  # fmt: skip
