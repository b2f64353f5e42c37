"""Lays a song out in bars and rows, as the tracker that it is for can play them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region
from synth.tracker.columns import MOST_ROWS, lay_out, lay_out_evenly
from synth.tracker.meter import BarRows, find_rows
from synth.tracker.song import Rules, TrackerBar
from synth.tracker.tempo_search import full_tempo, time_rows

Ints = NDArray[np.int64]

FEWEST_ROWS: Final = 16  # of a pattern; shorter bars share one
MOST_FRAMES: Final = 1900  # of a pattern; FamiStudio's have 2048 places
FINER: Final = (1, 2, 3, 4, 6, 8, 12, 16)  # parts of a row, where a row has two notes
TRIES: Final = 4
A_FEW_MORE: Final = 1.05  # by which bars differ whose patterns have the same length
TOGETHER: Final = (1, 2, 4, 8)  # bars of a pattern, tried until there are not too many


def lay_out_song(
    bars: Sequence[tuple[float, int]], onsets: Sequence[Ints], frames: int, loop: int | None,
    rules: Rules, region: Region,
) -> tuple[TrackerBar, ...]:  # fmt: skip
    """Return the bars of a song with their rows.

    Parameters
    ----------
    bars
        Where each begins, in frames, and how many beats it has; may be empty.
    onsets
        For each channel the frames on which its notes begin.
    frames, loop
        Length, and where the song goes back to.
    rules, region
        Tracker and machine.
    """
    every = _every(onsets, frames)
    fixed = [] if loop is None else [loop]
    found = find_rows(bars, every, frames, fixed)
    made: tuple[TrackerBar, ...] = ()
    for together in TOGETHER:
        rows = _joined(found, fixed, rules.most_columns, together)
        exact = _exact(rows, loop, frames)
        if not rules.row_events:
            return lay_out(rows, every, exact)
        made = _with_finer_rows(rows, onsets, every, exact, frames, region)
        if _patterns([len(bar.rows) for bar in made], pattern_rows(made, rules)) < (
            rules.most_columns
        ):
            break
    return made


def pattern_rows(bars: Sequence[TrackerBar], rules: Rules) -> int:
    """Return the rows of a pattern: those that most bars have, or more if patterns are too many.

    A few more rows than most bars have are not worth a pattern of their own.
    """
    lengths = [len(bar.rows) for bar in bars]
    counts = Counter(lengths)
    usual = max(counts, key=lambda rows: (counts[rows], rows))
    usual = max(rows for rows in counts if rows <= A_FEW_MORE * usual)
    choices = sorted({min(rows, MOST_ROWS) for rows in counts if rows >= usual})
    fitting = (rows for rows in choices if _patterns(lengths, rows) < rules.most_columns)
    return next(fitting, choices[-1])


def _patterns(lengths: Iterable[int], rows: int) -> int:
    """Return how many patterns of so many rows bars take."""
    return sum(-(-length // rows) for length in lengths)


def lay_out_frames(
    bars: Sequence[tuple[float, int]], onsets: Sequence[Ints], frames: int, loop: int | None,
    rules: Rules, region: Region,
) -> tuple[TrackerBar, ...]:  # fmt: skip
    """Return the bars of a song so that all can begin on every frame (see `lay_out_song`).

    A row is a frame where a channel does one thing a row, and else as long as all others, as
    nothing can begin on the padding of a groove.
    """
    fixed = [] if loop is None else [loop]
    found = find_rows(bars, _every(onsets, frames), frames, fixed)
    if not rules.row_events:
        rows = _joined(found, fixed, rules.most_columns, 1)
        return lay_out_evenly(rows, _exact(rows, loop, frames))
    made = []
    for bar in found:
        begin, end = np.rint(bar.lines[[0, -1]]).tolist()
        beat_rows = max(1, round((end - begin) * bar.beat_rows / bar.rows))
        edges = np.rint(np.linspace(begin, end, 1 + -(-int(end - begin) // MOST_ROWS)))
        made += [
            BarRows(np.arange(first, last + 1.0), beat_rows) for first, last in pairwise(edges)
        ]
    tempi = ((0, 1, full_tempo(region)),)
    return tuple(
        TrackerBar(
            round(bar.lines[0]), max(1, round(bar.rows / bar.beat_rows)),
            tuple(bar.lines[:-1].astype(int).tolist()), bar.beat_rows, tempi=tempi,
        )
        for bar in _joined(made, fixed, rules.most_columns, 1)
    )  # fmt: skip


def _exact(rows: Sequence[BarRows], loop: int | None, frames: int) -> set[int]:
    """Return the indices of the bars that end where the song does, or where it goes back to."""
    return {k for k, bar in enumerate(rows) if round(float(bar.lines[-1])) in (loop, frames)}


def _every(onsets: Sequence[Ints], frames: int) -> Ints:
    """Return the onsets of all channels in order."""
    every = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *onsets]))
    return every[every < frames]


def _with_finer_rows(
    rows: Sequence[BarRows], onsets: Sequence[Ints], every: Ints, exact: Collection[int],
    frames: int, region: Region,
) -> tuple[TrackerBar, ...]:  # fmt: skip
    """Return bars in time, finer where a channel has two notes in a row."""
    parts = [_parts(bar, onsets) for bar in rows]
    made: tuple[TrackerBar, ...] = ()
    for _ in range(TRIES):
        finer = [bar.divided(n) if n > 1 else bar for bar, n in zip(rows, parts, strict=True)]
        made = time_rows(finer, every, region, exact)
        crowded = _crowded(made, onsets, frames)
        if not crowded:
            break
        for index in crowded:
            parts[index] = _next(rows[index], parts[index])
    return made


def _joined(
    bars: Sequence[BarRows], fixed: Collection[int], most: int, together: int
) -> list[BarRows]:
    """Join bars that are short, or too many, to several a pattern, `together` at least."""
    usual = Counter(bar.rows for bar in bars).most_common(1)[0][0]
    count = max(-(-FEWEST_ROWS // usual), -(-len(bars) // most), together)
    made: list[BarRows] = []
    full = 0
    for bar in bars:
        before = made[-1] if made else None
        fits = before is not None and (
            before.rows + bar.rows <= MOST_ROWS and bar.lines[-1] - before.lines[0] <= MOST_FRAMES
        )
        upbeat = full == 1 and before is not None and before.rows < usual and together == 1
        if before is None or full >= count or not fits or upbeat or _in(bar.lines[0], fixed):
            made.append(bar)
            full = 1
        else:
            made[-1] = BarRows(np.concatenate((before.lines[:-1], bar.lines)), bar.beat_rows)
            full += 1
    return made


def _in(line: float, frames: Collection[int]) -> bool:
    return round(float(line)) in frames


def _parts(bar: BarRows, onsets: Sequence[Ints]) -> int:
    """Return in how many parts the rows of a bar have to be for one note in each."""
    first, last = round(float(bar.lines[0])), round(float(bar.lines[-1]))
    inside = [channel[(channel >= first) & (channel < last)] for channel in onsets]
    if all(len(channel) < 2 for channel in inside):
        return 1
    for parts in FINER:
        lines = np.rint(bar.divided(parts).lines)
        if len(lines) > MOST_ROWS or np.diff(lines).min() < 1:
            break
        rows = [np.searchsorted(lines, channel, side="right") for channel in inside]
        if all(len(np.unique(row)) == len(row) for row in rows):
            return parts
    return _next(bar, FINER[-1])


def _next(bar: BarRows, parts: int) -> int:
    """Return the next finer division, the finest that leaves each row a frame."""
    shortest = float(np.diff(bar.lines).min())
    finer = [n for n in FINER if n > parts and shortest / n >= 1.0]
    return finer[0] if finer else max(1, int(shortest))


def _crowded(bars: Sequence[TrackerBar], onsets: Sequence[Ints], frames: int) -> list[int]:
    """Return the indices of bars in which a channel has two notes in one row."""
    found = []
    ends = [*(bar.start for bar in bars[1:]), frames]
    for index, (bar, end) in enumerate(zip(bars, ends, strict=True)):
        for channel in onsets:
            inside = channel[(channel >= bar.start) & (channel < end)]
            row = np.searchsorted(np.array(bar.rows), inside, side="right")
            if len(np.unique(row)) < len(row):
                found.append(index)
                break
    return found
