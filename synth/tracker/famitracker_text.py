"""Parses FamiTracker's text export, line by line, into a module.

References
----------
FamiTracker's manual: "Instrument editor", "Text export".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.formats.chipfile import clean_text
from synth.instrument.macro_sequence import Sequence
from synth.tracker.bank import free_name
from synth.tracker.famitracker_patterns import CHANNELS, NAMES
from synth.tracker.famitracker_rows import Cell
from synth.tracker.macros import envelope
from synth.tracker.song import FULL, NOTES, ZERO, Key, TrackerInstrument

MOST_SONGS: Final = 64
KINDS: Final = ("volume", "arpeggio", "pitch", "hi-pitch", "duty")
FOREIGN: Final = re.compile(r"(MACRO|INST)(VRC6|VRC7|N163|FDS|S5B)|FDS|N163|KEYVRC|NAMCO")
IGNORED: Final = (
    "COMMENT", "FRAMERATE", "PLAYBACKRATE", "VIBRATO", "N163CHANNELS", "TUNING", "GROOVE",
    "USEGROOVE", "BOOKMARK", "JSON", "OPL", "INSTOPL",
)  # fmt: skip
_WORD: Final = re.compile(r'"((?:""|[^"])*)"|(\S+)')
_NOTE: Final = re.compile(r"([A-G][-#b])(\d)")
_FLATS: Final = {"Db": 1, "Eb": 3, "Gb": 6, "Ab": 8, "Bb": 10}
_HEADER: Final = re.compile(r"\s*#\s*[\w.-]*FamiTracker[\w -]* text export .*")


def parse_module(data: bytes, name: str) -> "Module":
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
class RawSong:
    """A song as its lines say it: patterns of rows, and the orders in which they are played."""

    name: str
    rows: int
    speed: int
    tempo: int
    columns: list[int] = field(default_factory=list)
    orders: dict[int, list[int]] = field(default_factory=dict)
    patterns: dict[int, dict[int, list[Cell]]] = field(default_factory=dict)


@dataclass(slots=True)
class Module:
    """All that a text says."""

    region: Region = NTSC
    title: str = ""
    artist: str = ""
    copyright: str = ""
    split: int = 32
    macros: dict[tuple[int, int], Sequence | None] = field(default_factory=dict)
    instruments: dict[int, tuple[str, TrackerInstrument]] = field(default_factory=dict)
    samples: dict[int, tuple[str, bytearray, int]] = field(default_factory=dict)
    songs: list[RawSong] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class _Parser:
    """Reads the lines of a text into a module."""

    def __init__(self, data: bytes, name: str) -> None:
        self._name, self._number = name, 0
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")  # FamiTracker writes the machine's own code page
        self._lines = text.splitlines()
        self._module = Module()
        self._sample = self._pattern = -1

    def read(self) -> Module:
        """Return the module."""
        handlers: dict[str, Callable[[list[str]], None]] = {
            "TITLE": lambda w: self._title("title", w),
            "AUTHOR": lambda w: self._title("artist", w),
            "COPYRIGHT": lambda w: self._title("copyright", w),
            "MACHINE": self._read_machine, "SPLIT": self._read_split,
            "EXPANSION": self._read_expansion, "MACRO": self._read_macro,
            "DPCMDEF": self._read_sample, "DPCM": self._read_bytes,
            "INST2A03": self._read_instrument, "KEYDPCM": self._read_key,
            "TRACK": self._read_track, "COLUMNS": self._read_columns,
            "ORDER": self._read_order, "PATTERN": self._read_pattern, "ROW": self._read_row,
        }  # fmt: skip
        first = next((line for line in self._lines if line.strip()), "")
        self._number = 1
        if not _HEADER.fullmatch(first):
            self._fail("the file does not begin with `# FamiTracker text export`")
        for number, line in enumerate(self._lines, start=1):
            self._number = number
            words = [a.replace('""', '"') if b == "" else b for a, b in _WORD.findall(line)]
            if not words or line.lstrip().startswith("#"):
                continue
            kind = words[0]
            if kind in handlers:
                handlers[kind](words[1:])
            elif kind not in IGNORED and not FOREIGN.match(kind):
                self._fail(f"{kind[:30]!r} is no keyword of FamiTracker's text export")
        if not self._module.songs:
            self._fail("there is no TRACK in it")
        return self._module

    def _fail(self, why: str) -> NoReturn:
        raise SynthError(f"{self._name}:{self._number}: {why}")

    def _whole(self, words: list[str], at: int, what: str, low: int, high: int) -> int:
        if at >= len(words):
            self._fail(f"{what} is missing")
        text = words[at]
        if not re.fullmatch(r"-?\d{1,9}", text) or not low <= int(text) <= high:
            self._fail(f"{what} = {text[:20]!r} is not in {low} to {high}")
        return int(text)

    def _hex(self, text: str, what: str, high: int) -> int:
        if not re.fullmatch(r"[0-9A-Fa-f]{1,2}", text) or int(text, 16) > high:
            self._fail(f"{what} = {text[:20]!r} is not in 00 to {high:X}")
        return int(text, 16)

    def _title(self, which: str, words: list[str]) -> None:
        setattr(self._module, which, words[0] if words else "")

    def _read_machine(self, words: list[str]) -> None:
        self._module.region = PAL if self._whole(words, 0, "MACHINE", 0, 2) == 1 else NTSC

    def _read_split(self, words: list[str]) -> None:
        self._module.split = self._whole(words, 0, "SPLIT", 0, 255)

    def _read_expansion(self, words: list[str]) -> None:
        if self._whole(words, 0, "EXPANSION", 0, 255):
            self._module.remarks.append(
                "the channels of other chips are left out; the 2A03 has none"
            )

    def _read_macro(self, words: list[str]) -> None:
        kind = self._whole(words, 0, "kind of macro", 0, 4)
        number = self._whole(words, 1, "number of macro", 0, 255)
        loop = self._whole(words, 2, "loop", -1, 255)
        release = self._whole(words, 3, "release", -1, 255)
        setting = self._whole(words, 4, "setting", 0, 255)
        if len(words) < 6 or words[5] != ":":
            self._fail("a colon stands before the values of a macro")
        values = [self._whole(words, at, "value", -256, 255) for at in range(6, len(words))]
        low, high = {0: (0, 15), 4: (0, 3)}.get(kind, (-128, 127))
        values = [min(max(value, low), high) for value in values]
        if kind == 1 and setting:
            self._module.remarks.append(
                "arpeggio macros that are fixed or relative are played as absolute ones"
            )
        made = envelope(values, loop, release + 1 if release >= 0 else -1) if values else None
        self._module.macros[kind, number] = made

    def _read_sample(self, words: list[str]) -> None:
        self._sample = self._whole(words, 0, "number of sample", 0, 255)
        size = self._whole(words, 1, "size", 0, 4096)
        name = words[2] if len(words) > 2 else f"sample {self._sample}"
        self._module.samples[self._sample] = (name, bytearray(), size)

    def _read_bytes(self, words: list[str]) -> None:
        if self._sample < 0:
            self._fail("DPCM needs a DPCMDEF before it")
        data = self._module.samples[self._sample][1]
        data += bytes(self._hex(word, "byte", 255) for word in words if word != ":")

    def _read_instrument(self, words: list[str]) -> None:
        number = self._whole(words, 0, "number of instrument", 0, 255)
        used = [self._whole(words, 1 + kind, f"{KINDS[kind]} macro", -1, 255) for kind in range(5)]
        name = words[6] if len(words) > 6 else f"instrument {number}"
        sequences = [self._module.macros.get((kind, used[kind])) for kind in range(5)]
        if sequences[3] is not None:
            self._module.remarks.append(f"instrument {clean_text(name)}: hi-pitch is left out")
        self._module.instruments[number] = name, TrackerInstrument(
            volume=sequences[0] or FULL, arpeggio=sequences[1] or ZERO,
            pitch=sequences[2] or ZERO, relative_pitch=True, duty=sequences[4],
        )  # fmt: skip

    def _read_key(self, words: list[str]) -> None:
        number = self._whole(words, 0, "number of instrument", 0, 255)
        if number not in self._module.instruments:
            self._fail(f"there is no instrument {number}")
        octave = self._whole(words, 1, "octave", 0, 7)
        note = octave * 12 + self._whole(words, 2, "note", 0, 11)
        sample = self._whole(words, 3, "sample", 0, 255)
        rate = self._whole(words, 4, "pitch", 0, 255) & 15
        loop = bool(self._whole(words, 5, "loop", 0, 255))
        level = self._whole(words, 7, "delta", -1, 255) if len(words) > 7 else -1
        name, made = self._module.instruments[number]
        found = self._module.samples.get(sample)
        if found is not None:
            key = Key(self._sample_name(sample), rate, loop, None if level < 0 else level & 127)
            made = replace(made, keys=(*made.keys, (note, key)))
            self._module.instruments[number] = name, made

    def _sample_name(self, number: int) -> str:
        return sample_names(self._module.samples)[number]

    def _read_track(self, words: list[str]) -> None:
        if len(self._module.songs) >= MOST_SONGS:
            self._fail(f"there are more than {MOST_SONGS} tracks")
        rows = self._whole(words, 0, "rows", 1, 256)
        speed = self._whole(words, 1, "speed", 0, 255)
        tempo = self._whole(words, 2, "tempo", 0, 999)
        name = words[3] if len(words) > 3 else ""
        self._module.songs.append(RawSong(name, rows, max(speed, 1), max(tempo, 1)))

    @property
    def _song(self) -> RawSong:
        if not self._module.songs:
            self._fail("it belongs to a TRACK, and there is none before it")
        return self._module.songs[-1]

    def _read_columns(self, words: list[str]) -> None:
        shown = [word for word in words if word != ":"]
        self._song.columns = [
            self._whole(shown, at, "columns", 1, 8) for at in range(len(shown))
        ]  # fmt: skip

    def _read_order(self, words: list[str]) -> None:
        if len(words) < 2 + len(CHANNELS) or words[1] != ":":
            self._fail(f"an ORDER has a number, a colon and {len(CHANNELS)} patterns or more")
        number = self._hex(words[0], "ORDER", 255)
        self._song.orders[number] = [self._hex(word, "pattern", 255) for word in words[2:]]

    def _read_pattern(self, words: list[str]) -> None:
        self._pattern = self._hex(words[0] if words else "", "PATTERN", 255)
        self._song.patterns.setdefault(self._pattern, {})

    def _read_row(self, words: list[str]) -> None:
        if self._pattern not in self._song.patterns:
            self._fail("a ROW belongs to a PATTERN, and there is none before it")
        number = self._hex(words[0] if words else "", "ROW", 255)
        cells: list[list[str]] = []
        for word in words[1:]:
            if word == ":":
                cells.append([])
            elif cells:
                cells[-1].append(word)
        if len(cells) < len(CHANNELS):
            self._fail(f"a ROW has {len(CHANNELS)} channels or more, not {len(cells)}")
        self._song.patterns[self._pattern][number] = [
            self._cell(cell, voice) for cell, voice in zip(cells, CHANNELS, strict=False)
        ]

    def _cell(self, words: list[str], voice: str) -> Cell:
        if len(words) < 4:
            self._fail("a channel has a note, an instrument, a volume and an effect or more")
        note = self._note(words[0], voice)
        instrument = None if words[1] in ("..", "&&") else self._hex(words[1], "instrument", 255)
        volume = None if words[2] == "." else self._hex(words[2], "volume", 15)
        effects = []
        for word in words[3:]:
            if word == "...":
                continue
            if not re.fullmatch(r"[0-9A-Z=][0-9A-Fa-f]{2}", word):
                self._fail(f"{word[:10]!r} is no effect; a letter or digit and two digits, or ...")
            effects.append((word[0], int(word[1:], 16)))
        return Cell(note, instrument, volume, tuple(effects))

    def _note(self, word: str, voice: str) -> int | str:
        if word in ("...", "---", "===") or re.fullmatch(r"\^-\d", word):
            return word if word[0] != "^" else "..."
        if voice == "noise" and re.fullmatch(r"[0-9A-Fa-f]-#", word):
            return int(word[0], 16)
        found = _NOTE.fullmatch(word)
        if found is None:
            self._fail(f"{word[:10]!r} is no note; such as C-3, ---, === or ...")
        step = _FLATS[found[1]] if found[1] in _FLATS else NAMES.index(found[1])
        note = int(found[2]) * 12 + step
        return note % 16 if voice == "noise" else min(note, NOTES - 1)


def sample_names(samples: Mapping[int, tuple[str, bytearray, int]]) -> dict[int, str]:
    """Return a name for each sample that no other has."""
    names: dict[int, str] = {}
    for number, (name, _, _) in samples.items():
        names[number] = free_name(name, names.values())
    return names
