"""Writes a song's bars as FamiTracker's patterns: a cell a row, and the effects that time it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from synth.errors import SynthError
from synth.tracker.famitracker_rows import NO_SHIFT
from synth.tracker.layout import pattern_rows
from synth.tracker.song import FAMITRACKER, RELEASE, STOP, Event, TrackerSong

CHANNELS: Final = ("pulse1", "pulse2", "triangle", "noise", "dmc")
NAMES: Final = ("C-", "C#", "D-", "D#", "E-", "F-", "F#", "G-", "G#", "A-", "A#", "B-")
MOST_CUT: Final = 0x7F  # frames after which a cut can come
EMPTY: Final = "..."


@dataclass(slots=True)
class _Cell:
    """A channel's part of a row."""

    note: str = EMPTY
    instrument: str = ".."
    volume: str = "."
    effects: list[str] = field(default_factory=list)

    def words(self, columns: int) -> list[str]:
        """Return the cell with so many columns of effects."""
        effects = [*self.effects, *[EMPTY] * (columns - len(self.effects))]
        return [self.note, self.instrument, self.volume, *effects]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Rows of one column: the frame each begins on, and the frame it all ends before."""

    rows: tuple[int, ...]
    end: int
    tempi: Mapping[int, tuple[int, int]]


def write_track(song: TrackerSong) -> Iterable[str]:
    """Return the lines of a song's track: its orders and patterns.

    Raises
    ------
    SynthError
        If it needs more patterns than FamiTracker has.
    """
    longest = pattern_rows(song.bars, FAMITRACKER)
    patterns = _patterns(song, longest)
    if len(patterns) > FAMITRACKER.most_columns:
        raise SynthError(
            f"the song takes {len(patterns)} patterns of {longest} rows, and FamiTracker has "
            f"{FAMITRACKER.most_columns}; shorten it, or write a FamiStudio text"
        )
    numbers = {name: number for number, name in enumerate(song.instruments)}
    cells = {voice: _cells(song, voice, patterns, numbers) for voice in CHANNELS}
    _add_flow(song, patterns, longest, cells)
    columns = {
        voice: max(1, *(len(cell.effects) for part in cells[voice] for cell in part))
        for voice in CHANNELS
    }
    kept: dict[str, list[list[list[str]]]] = {voice: [] for voice in CHANNELS}
    orders: list[list[int]] = []
    for index in range(len(patterns)):
        orders.append([])
        for voice in CHANNELS:
            part = [cell.words(columns[voice]) for cell in cells[voice][index]]
            part += [_Cell().words(columns[voice])] * (longest - len(part))
            if part not in kept[voice]:
                kept[voice].append(part)
            orders[-1].append(kept[voice].index(part))
    speed, tempo = patterns[0].tempi[0]
    yield f"TRACK {longest:3} {speed:3} {tempo:3} {quoted(song.title or 'Song')}"
    yield "COLUMNS : " + " ".join(str(columns[voice]) for voice in CHANNELS)
    yield ""
    for index, order in enumerate(orders):
        yield f"ORDER {index:02X} : " + " ".join(f"{pattern:02X}" for pattern in order)
    for number in range(max(len(parts) for parts in kept.values())):
        yield from ("", f"PATTERN {number:02X}")
        for row in range(longest):
            shown = (
                kept[voice][number][row] if number < len(kept[voice])
                else _Cell().words(columns[voice])
                for voice in CHANNELS
            )  # fmt: skip
            yield f"ROW {row:02X} : " + " : ".join(" ".join(cell) for cell in shown)
    yield ""


def quoted(text: str) -> str:
    """Return a text as FamiTracker quotes it."""
    return '"' + text.replace('"', '""') + '"'


def _patterns(song: TrackerSong, longest: int) -> list[_Pattern]:
    """Return a pattern for each bar; longer bars take several, and the end a row to stop on."""
    made = []
    ends = [*(bar.start for bar in song.bars[1:]), song.frames]
    for bar, end in zip(song.bars, ends, strict=True):
        for first in range(0, len(bar.rows), longest):
            rows = bar.rows[first : first + longest]
            after = bar.rows[first + longest] if first + longest < len(bar.rows) else end
            tempi = {r - first: (s, t) for r, s, t in bar.tempi if first <= r < first + longest}
            made.append(_Pattern(rows, after, tempi))
    if song.loop is None:
        last = made[-1]
        if len(last.rows) < longest:
            made[-1] = _Pattern((*last.rows, song.frames), song.frames + 1, last.tempi)
        else:
            made.append(_Pattern((song.frames,), song.frames + 1, {}))
    return made


def _cells(
    song: TrackerSong, voice: str, patterns: list[_Pattern], numbers: Mapping[str, int]
) -> list[list[_Cell]]:
    """Return the cells of a channel by pattern."""
    cells = [[_Cell() for _ in pattern.rows] for pattern in patterns]
    flat = [cell for part in cells for cell in part]
    starts = [row for pattern in patterns for row in pattern.rows]
    ends = [*starts[1:], song.frames + 1]
    events = sorted(song.channels.get(voice, {}).items())
    at = 0
    sounding = -1  # the row of the latest note, from which on a cut can stand
    for row, end in enumerate(ends):
        here: list[tuple[int, Event]] = []
        while at < len(events) and events[at][0] < end:
            here.append(events[at])
            at += 1
        if here:
            sounding = _fill(flat, starts, row, here, voice, numbers, sounding)
    return cells


def _fill(
    cells: list[_Cell], starts: list[int], row: int, here: list[tuple[int, Event]], voice: str,
    numbers: Mapping[str, int], sounding: int,
) -> int:  # fmt: skip
    """Write the events of one row; return the row of the note that sounds after it, or -1."""
    cell, start = cells[row], starts[row]
    onset = next(((f, e) for f, e in here if e.note is not None and e.note >= 0), None)
    stops = [frame for frame, event in here if event.note == STOP]
    release = next((frame for frame, event in here if event.note == RELEASE), None)
    if onset is not None:
        frame, event = onset
        assert event.note is not None
        early = [stop for stop in stops if stop < frame]
        if early:
            _cut_before(cells, starts, row, early[0], sounding)
        cell.note = f"{event.note:X}-#" if voice == "noise" else _name(event.note)
        cell.instrument = f"{numbers[event.instrument]:02X}"
        late = [f"G{frame - start:02X}"] if frame > start else []
        cell.effects = [*late, *_changes(event)]
        said = [e.volume for f, e in here if e.volume is not None and f <= frame]
        cell.volume = f"{said[-1]:X}" if said else "."
        others = [f for f, e in here if f > frame and e.note is not None and e.note >= 0]
        after = [stop for stop in (*stops, *others) if stop > frame]  # two notes do not fit a row
        if after:
            cell.effects.append(f"S{min(after) - frame:02X}")
        return -1 if after else row
    late_by = 0
    if release is not None:
        cell.note, late_by = "===", release - start
        if late_by:
            cell.effects.append(f"G{late_by:02X}")
    if stops and release is None and stops[0] == start:
        cell.note = "---"
    elif stops:
        cell.effects.append(f"S{max(stops[0] - start - late_by, 0):02X}")
    for frame, event in here:
        if event.volume is not None:
            cell.volume = f"{event.volume:X}"
        if event.note is None or frame == start:
            cell.effects += _changes(event)
    return -1 if stops else sounding


def _cut_before(cells: list[_Cell], starts: list[int], row: int, stop: int, sounding: int) -> None:
    """Cut a note that ends in the row in which the next one begins: in a row before."""
    if sounding < 0 or row == 0:
        return
    at = max(row - 1, sounding)
    cell = cells[at]
    late = next((int(e[1:], 16) for e in cell.effects if e[0] == "G"), 0)
    wait = stop - starts[at] - late
    if 0 < wait <= MOST_CUT and not any(effect[0] == "S" for effect in cell.effects):
        cell.effects.append(f"S{wait:02X}")


def _changes(event: Event) -> list[str]:
    """Return the effects of an event beside its time."""
    effects = []
    if event.slide is not None:
        effects.append(f"{2 if event.slide > 0 else 1}{abs(event.slide):02X}")
    if event.duty is not None:
        effects.append(f"V{event.duty:02X}")
    if event.fine_pitch is not None:
        effects.append(f"P{NO_SHIFT - max(event.fine_pitch, 1 - NO_SHIFT):02X}")
    if event.level is not None:
        effects.append(f"Z{event.level:02X}")
    return effects


def _name(note: int) -> str:
    return f"{NAMES[note % 12]}{note // 12}"


def _add_flow(
    song: TrackerSong, patterns: list[_Pattern], longest: int,
    cells: Mapping[str, list[list[_Cell]]],
) -> None:  # fmt: skip
    """Put speeds, ends of patterns and the loop where a channel has room for an effect."""
    speed, tempo = patterns[0].tempi[0]

    def put(index: int, row: int, effect: str) -> None:
        choices = [cells[voice][index][row] for voice in reversed(CHANNELS)]
        cell = min(choices, key=lambda cell: len(cell.effects))
        cell.effects.append(effect)

    for index, pattern in enumerate(patterns):
        begins = song.loop is not None and pattern.rows[0] == song.loop
        for row in range(len(pattern.rows)):
            wanted = pattern.tempi.get(row, (speed, tempo))
            if wanted[0] != speed or (begins and not row):
                put(index, row, f"F{wanted[0]:02X}")
            if wanted[1] != tempo or (begins and not row):
                put(index, row, f"F{wanted[1]:02X}")
            speed, tempo = wanted
        last = len(pattern.rows) - 1
        if index < len(patterns) - 1:
            if last < longest - 1:
                put(index, last, "D00")
        elif song.loop is None:
            put(index, last, "C00")
        else:
            back = song.loop
            loop = min(range(len(patterns)), key=lambda k: abs(patterns[k].rows[0] - back))
            put(index, last, f"B{loop:02X}")
