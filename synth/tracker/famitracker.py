"""Tracker songs to FamiTracker's text export, version 0.4.2, which FamiTracker 0.4.6 reads.

References
----------
FamiTracker's manual: "Effect list", "Instrument editor", "Text export".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from synth.errors import SynthError
from synth.formats.chipfile import Titles, clean_text
from synth.instrument.chip_score import ChipScore
from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_format import Preset
from synth.tracker.columns import bars_of, beat_rows_of, row_edges
from synth.tracker.from_score import tracker_song
from synth.tracker.song import (
    FAMITRACKER,
    FULL,
    RELEASE,
    STOP,
    ZERO,
    Event,
    TrackerInstrument,
    TrackerSong,
)

HEADER: Final = "# FamiTracker text export 0.4.2"
CHANNELS: Final = ("pulse1", "pulse2", "triangle", "noise", "dmc")
NAMES: Final = ("C-", "C#", "D-", "D#", "E-", "F-", "F#", "G-", "G#", "A-", "A#", "B-")
SPLIT: Final = 32  # lowest parameter of Fxx that is a tempo
TEMPO: Final = 150  # one tick a frame
MOST_ORDERS: Final = 128
MOST_ROWS: Final = 256
MOST_INSTRUMENTS: Final = 64
MOST_MACROS: Final = 128
NO_SHIFT: Final = 0x80  # of the fine pitch effect
MACROS: Final = ("volume", "arpeggio", "pitch", "hi-pitch", "duty")
BYTES_A_LINE: Final = 32


def write_famitracker(
    score: ChipScore, preset: Preset, titles: Titles
) -> tuple[bytes, tuple[str, ...]]:
    """Write a chip score and its preset as a FamiTracker text.

    Parameters
    ----------
    score, preset
        The notes, and how they sound.
    titles
        What the module says of itself.

    Returns
    -------
    data
        The file.
    lost
        One line for each thing that FamiTracker cannot play.

    Raises
    ------
    SynthError
        As `tracker_song`, or if the song needs more than FamiTracker has.
    """
    song = tracker_song(score, preset, FAMITRACKER)
    named = replace(
        song, title=clean_text(titles.title), artist=clean_text(titles.artist),
        copyright=clean_text(titles.copyright),
    )  # fmt: skip
    remarks = song.remarks
    if any(event.reset_phase for events in song.channels.values() for event in events.values()):
        remarks = (*remarks, "FamiTracker 0.4.6 cannot restart a pulse's wave; it runs on")
    return famitracker_text(named).encode(), remarks


def famitracker_text(song: TrackerSong) -> str:
    """Return a song as the text of a FamiTracker module.

    Raises
    ------
    SynthError
        If it has more instruments, macros, rows or patterns than FamiTracker.
    """
    if len(song.instruments) > MOST_INSTRUMENTS:
        raise SynthError(
            f"the song takes {len(song.instruments)} instruments, and FamiTracker has "
            f"{MOST_INSTRUMENTS}; shorten it, or write a FamiStudio text"
        )
    patterns = _patterns(song)
    if len(patterns) > MOST_ORDERS:
        raise SynthError(
            f"the song takes {len(patterns)} patterns of {MOST_ROWS} rows, and FamiTracker has "
            f"{MOST_ORDERS}; shorten it, or write a FamiStudio text"
        )
    lines = [
        HEADER, "",
        "# Song information",
        f"TITLE           {_quoted(song.title)}",
        f"AUTHOR          {_quoted(song.artist)}",
        f"COPYRIGHT       {_quoted(song.copyright)}", "",
        "# Song comment", 'COMMENT ""', "",
        "# Global settings",
        f"MACHINE         {int(song.region.name == 'pal')}",
        "FRAMERATE       0", "EXPANSION       0", "VIBRATO         1",
        f"SPLIT           {SPLIT}", "",
        *_instruments(song), "",
        "# Tracks", "",
        *_track(song, patterns),
        "# End of export",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _instruments(song: TrackerSong) -> Iterable[str]:
    """Write macros, samples and instruments."""
    numbers: dict[tuple[int, Sequence], int] = {}
    counts = [0] * len(MACROS)
    yield "# Macros"
    rows = []
    for number, (name, instrument) in enumerate(song.instruments.items()):
        used = []
        for kind, sequence in enumerate(_macros(instrument)):
            if sequence is None:
                used.append(-1)
                continue
            if (kind, sequence) not in numbers:
                numbers[kind, sequence] = counts[kind]
                counts[kind] += 1
                yield _macro(kind, numbers[kind, sequence], sequence)
            used.append(numbers[kind, sequence])
        rows.append(
            f"INST2A03 {number:3} " + " ".join(f"{macro:3}" for macro in used)
            + f" {_quoted(name)}"
        )  # fmt: skip
        samples = list(song.samples)
        for note, key in instrument.keys:
            level = song.samples[key.sample].level if key.level is None else key.level
            rows.append(
                f"KEYDPCM {number:3} {note // 12:3} {note % 12:3} {samples.index(key.sample):5} "
                f"{key.rate:3} {int(key.loop):3} {0:5} {level:3}"
            )
    for kind, count in enumerate(counts):
        if count > MOST_MACROS:
            raise SynthError(
                f"the song takes {count} {MACROS[kind]} macros, and FamiTracker has {MOST_MACROS}; "
                "shorten it, or write a FamiStudio text"
            )
    yield from ("", "# DPCM samples")
    for number, (name, sample) in enumerate(song.samples.items()):
        yield f"DPCMDEF {number:3} {len(sample.data):5} {_quoted(name)}"
        for at in range(0, len(sample.data), BYTES_A_LINE):
            line = sample.data[at : at + BYTES_A_LINE]
            yield "DPCM : " + " ".join(f"{byte:02X}" for byte in line)
    yield from ("", "# Instruments", *rows)


def _macros(instrument: TrackerInstrument) -> tuple[Sequence | None, ...]:
    """Return the sequences of an instrument in the order of `MACROS`."""
    return (
        None if instrument.volume == FULL else instrument.volume,
        None if instrument.arpeggio == ZERO else instrument.arpeggio,
        None if instrument.pitch == ZERO else relative(instrument.pitch),
        None,
        instrument.duty,
    )


def relative(pitch: Sequence) -> Sequence:
    """Return an absolute pitch envelope as steps from value to value, which add up to it.

    Examples
    --------
    >>> str(relative(Sequence((0, 2, -2), loop=1)))
    '0 2 -4 [4 -4]'
    """
    values, loop = list(pitch.values), pitch.loop
    if loop is not None:  # a second time round begins from the first one's end
        values += values[loop : pitch.held_length]
        loop = pitch.held_length
    steps = np.diff(np.array([0, *values])).tolist()
    if loop is None and len(steps) > 1:
        steps.append(0)  # the last value is repeated
    return Sequence(tuple(steps), loop)


def _macro(kind: int, number: int, sequence: Sequence) -> str:
    loop = -1 if sequence.loop is None else sequence.loop
    release = -1 if sequence.release is None else sequence.release - 1
    values = " ".join(map(str, sequence.values))
    return f"MACRO {kind:7} {number:3} {loop:3} {release:3} {0:3} : {values}"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Rows of one column: the frame each begins on, and the frame it all ends before."""

    rows: tuple[int, ...]
    end: int


def _patterns(song: TrackerSong) -> list[_Pattern]:
    """Divide a song into patterns: one a bar, or where those are too many, as few as can be."""
    beat_rows = beat_rows_of(song)
    bars = []
    for bar, end in bars_of(song):
        grid = sorted({*row_edges(bar.start, end, bar.beats * beat_rows)})
        rows = _split(song, [frame for frame in grid if frame < end], end)
        for at in range(0, len(rows), MOST_ROWS):
            following = [*rows[at + MOST_ROWS :], end][0]
            bars.append(_Pattern(tuple(rows[at : at + MOST_ROWS]), following))
    if len(bars) > MOST_ORDERS:
        packed: list[_Pattern] = []
        for part in bars:
            before = packed[-1] if packed and part.rows[0] != song.loop else None
            if before and len(before.rows) + len(part.rows) <= MOST_ROWS:
                packed[-1] = _Pattern((*before.rows, *part.rows), part.end)
            else:
                packed.append(part)
        bars = packed
    if song.loop is None:  # a row on which it stops
        last = bars[-1]
        if len(last.rows) < MOST_ROWS:
            bars[-1] = _Pattern((*last.rows, last.end), last.end + 1)
        else:
            bars.append(_Pattern((last.end,), last.end + 1))
    return bars


def _split(song: TrackerSong, grid: list[int], end: int) -> list[int]:
    """Return the rows of a bar: its grid, parted where a channel has two events in one row.

    One event in a row may be late (Gxx); a row lasts as many frames as Fxx can say.
    """
    rows: list[int] = []
    waiting = list(zip(grid, [*grid[1:], end], strict=True))[::-1]
    while waiting:
        start, stop = waiting.pop()
        second = stop
        for events in song.channels.values():
            inside = [frame for frame in range(start, stop) if frame in events]
            if len(inside) > 1:
                second = min(second, inside[1])
        second = min(second, start + SPLIT - 1)
        rows.append(start)
        if second < stop:
            waiting.append((second, stop))
    return rows


def _track(song: TrackerSong, patterns: list[_Pattern]) -> Iterable[str]:
    longest = max(len(pattern.rows) for pattern in patterns)
    speed = patterns[0].rows[1] - patterns[0].rows[0] if len(patterns[0].rows) > 1 else 6
    numbers = {name: number for number, name in enumerate(song.instruments)}
    cells: dict[str, list[list[list[str]]]] = {
        voice: [_cells(song, voice, pattern, numbers) for pattern in patterns]
        for voice in CHANNELS
    }  # fmt: skip
    _add_flow(song, patterns, longest, speed, cells["dmc"])
    columns = {
        voice: max(1, *(len(cell) - 3 for part in cells[voice] for cell in part))
        for voice in CHANNELS
    }
    for voice in CHANNELS:
        for part in cells[voice]:
            for cell in part:
                cell += ["..."] * (3 + columns[voice] - len(cell))
            part += [_empty(columns[voice])] * (longest - len(part))
    kept: dict[str, list[list[list[str]]]] = {voice: [] for voice in CHANNELS}
    orders = []
    for index in range(len(patterns)):
        order = []
        for voice in CHANNELS:
            part = cells[voice][index]
            if part not in kept[voice]:
                kept[voice].append(part)
            order.append(kept[voice].index(part))
        orders.append(order)
    yield f"TRACK {longest:3} {speed:3} {TEMPO:3} {_quoted(song.title or 'Song')}"
    yield "COLUMNS : " + " ".join(str(columns[voice]) for voice in CHANNELS)
    yield ""
    for index, order in enumerate(orders):
        yield f"ORDER {index:02X} : " + " ".join(f"{pattern:02X}" for pattern in order)
    for number in range(max(len(parts) for parts in kept.values())):
        yield from ("", f"PATTERN {number:02X}")
        for row in range(longest):
            shown = (
                kept[voice][number][row] if number < len(kept[voice]) else _empty(columns[voice])
                for voice in CHANNELS
            )
            yield f"ROW {row:02X} : " + " : ".join(" ".join(cell) for cell in shown)
    yield ""


def _empty(columns: int) -> list[str]:
    return ["...", "..", ".", *["..."] * columns]


def _cells(
    song: TrackerSong, voice: str, pattern: _Pattern, numbers: Mapping[str, int]
) -> list[list[str]]:
    """Return the cells of a channel in a pattern: note, instrument, volume and effects."""
    events = song.channels.get(voice, {})
    ends = [*pattern.rows[1:], pattern.end]
    cells = []
    for start, end in zip(pattern.rows, ends, strict=True):
        at = next((frame for frame in range(start, end) if frame in events), None)
        if at is None:
            cells.append(_empty(1))
            continue
        cells.append(_cell(events[at], voice, at - start, numbers))
    return cells


def _cell(event: Event, voice: str, late: int, numbers: Mapping[str, int]) -> list[str]:
    note, instrument = "...", ".."
    if event.note == STOP:
        note = "---"
    elif event.note == RELEASE:
        note = "==="
    elif event.note is not None:
        note = f"{event.note:X}-#" if voice == "noise" else _name(event.note)
        instrument = f"{numbers[event.instrument]:02X}"
    volume = "." if event.volume is None else f"{event.volume:X}"
    effects = [f"G{late:02X}"] if late else []
    if event.duty is not None:
        effects.append(f"V{event.duty:02X}")
    if event.fine_pitch is not None:
        effects.append(f"P{NO_SHIFT - max(event.fine_pitch, 1 - NO_SHIFT):02X}")
    if event.level is not None:
        effects.append(f"Z{event.level:02X}")
    return [note, instrument, volume, *effects] if effects else [note, instrument, volume, "..."]


def _name(note: int) -> str:
    return f"{NAMES[note % 12]}{note // 12}"


def _add_flow(
    song: TrackerSong, patterns: list[_Pattern], longest: int, speed: int,
    cells: list[list[list[str]]],
) -> None:  # fmt: skip
    """Put speeds, ends of patterns and the loop into the last channel's cells."""
    now = speed

    def put(cell: list[str], effect: Any) -> None:
        if cell[3:] == ["..."]:
            cell[3:] = [effect]
        else:
            cell.append(effect)

    for index, pattern in enumerate(patterns):
        ends = [*pattern.rows[1:], pattern.end]
        last = index == len(patterns) - 1
        for row, (start, end) in enumerate(zip(pattern.rows, ends, strict=True)):
            cell = cells[index][row]
            if end - start != now:
                now = end - start
                put(cell, f"F{now:02X}")
            if row < len(pattern.rows) - 1:
                continue
            if last and song.loop is None:
                put(cell, "C00")
            elif last:
                loop = next(k for k, part in enumerate(patterns) if part.rows[0] == song.loop)
                put(cell, f"B{loop:02X}")
            elif row < longest - 1:
                put(cell, "D00")
