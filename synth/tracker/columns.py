"""Bars to columns of FamiStudio's patterns: rows of whole frames, in a groove if they differ.

A groove says how many frames each row lasts, in turn; they differ by one frame at most. FamiStudio
counts places in a pattern as if all rows were the shorter ones, and stands still for one frame, the
padding, in each longer row. A bar is one column; bars of the same length share one groove.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import accumulate, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.tracker.meter import BarRows
from synth.tracker.song import TrackerBar

Ints = NDArray[np.int64]

LONGEST_GROOVE: Final = 8
MOST_ROWS: Final = 256  # of a pattern
MOST_MOVED: Final = 2  # frames by which a bar may begin beside its line
UNUSUAL: Final = 1.0  # what a bar of another length than most costs, in notes beside a row
OTHER_ROWS: Final = 8.0  # what a bar with more rows than it should have costs, or fewer
PADDINGS: Final = ("Beginning", "Middle", "End")
OWN_PADDINGS: Final = ("Middle", "End")  # the other one moves the beginning of a row


def groove_frames(rows: int, groove: Sequence[int], padding: str) -> Iterator[int]:
    """Yield the frame on which each place of a pattern is played.

    Examples
    --------
    >>> list(groove_frames(2, (3, 2), "Middle"))
    [0, 2, 3, 4]
    """
    shortest, frame = min(groove), 0
    still = {"Beginning": 0, "Middle": shortest // 2, "End": shortest}[padding]
    for row in range(rows):
        length = groove[row % len(groove)]
        for at in range(length):
            if length == shortest or at != still:
                yield frame + at
        frame += length


def places(bar: TrackerBar) -> tuple[int, ...]:
    """Return the frame of the song of each place in a bar's patterns."""
    played = groove_frames(len(bar.rows), bar.groove, bar.padding)
    return tuple(bar.start + frame for frame in played)


def lay_out(
    bars: Sequence[BarRows], onsets: Ints, exact: Collection[int]
) -> tuple[TrackerBar, ...]:
    """Return bars whose rows are in grooves.

    Parameters
    ----------
    bars
        The rows as they should be.
    onsets
        The frames on which notes begin.
    exact
        Indices of the bars that must end on the frame on which they should.
    """
    heard = np.bincount(onsets, minlength=round(float(bars[-1].lines[-1])) + 8)
    sizes: list[tuple[int, int]] = []
    starts: list[int] = []
    start = 0
    for bar, end in zip(bars, _bar_ends(bars, heard, exact), strict=True):
        sizes.append(_fitting(bar.rows, end - start))
        starts.append(start)
        start = max(end, start + 1)
    chosen = {size: _groove(size, sizes, starts, heard) for size in sorted(set(sizes))}
    made = []
    for bar, start, size in zip(bars, starts, sizes, strict=True):
        groove, padding = chosen[size]
        rows = tuple(start + frame for frame in _row_frames(size[0], groove))
        beats = max(1, round(size[0] / bar.beat_rows))
        made.append(TrackerBar(start, beats, rows, bar.beat_rows, groove, padding))
    return tuple(made)


def lay_out_evenly(bars: Sequence[BarRows], exact: Collection[int]) -> tuple[TrackerBar, ...]:
    """Return bars whose rows all last as long, so that there is no padding.

    Bars begin on a row beside their line, if need be; those before a bar line that is not to move
    can have a groove.

    Parameters
    ----------
    bars
        The rows as they should be.
    exact
        Indices of the bars that must end on the frame on which they should, the last among them.
    """
    lengths = [round(float(bar.lines[-1] - bar.lines[0])) for bar in bars]
    usual = Counter(lengths).most_common(1)[0][0]
    longest = max(usual // bars[lengths.index(usual)].rows, 2)
    sizes = range(longest, max(usual // MOST_ROWS, 1), -1)
    size = next((n for n in sizes if min(usual % n, -usual % n) < 2), longest)
    made: list[TrackerBar] = []
    start = segment = 0
    for index, bar in enumerate(bars):
        last = next(k for k in sorted(exact) if k >= index)
        end = round(float(bars[last].lines[-1]))
        if index < last:
            rows = round((float(bar.lines[-1]) - segment) / size)
            end = min(segment + size * rows, end - 1)
        if end <= start:
            continue
        count, frames = _fitting(min(max((end - start) // size, 1), MOST_ROWS), end - start)
        groove = _grooves(count, frames)[0]
        beat = bar.beat_rows * (bar.lines[-1] - bar.lines[0]) / bar.rows
        made.append(
            TrackerBar(
                start, max(1, round(bar.rows / bar.beat_rows)),
                tuple(start + frame for frame in _row_frames(count, groove)),
                max(1, round(float(beat) / size)), groove,
            )
        )  # fmt: skip
        start = end
        segment = end if index == last else segment
    return tuple(made)


def _bar_ends(bars: Sequence[BarRows], heard: Ints, exact: Collection[int]) -> list[int]:
    """Return where bars end so that most notes fall on rows, and few bars are of unusual length."""
    moved = np.arange(-MOST_MOVED, MOST_MOVED + 1)
    lengths = np.round([bar.lines[-1] - bar.lines[0] for bar in bars]).astype(np.int64)
    usual = int(np.bincount(lengths).argmax())
    cost = np.where(moved == 0, 0.0, np.inf)  # of ending the bar before so far from its line
    came: list[Ints] = []
    for index, bar in enumerate(bars):
        begin = round(float(bar.lines[0])) + moved
        end = round(float(bar.lines[-1])) + moved
        inside = int(heard[max(int(begin[0]), 0) : int(end[-1])].sum())
        total = np.full((len(moved), len(moved)), np.inf)
        for first, last in product(range(len(moved)), range(len(moved))):
            if not np.isfinite(cost[first]) or (index in exact and moved[last]):
                continue
            frames = max(int(end[last] - begin[first]), 1)
            row = begin[first] + (np.arange(bar.rows) * 2 * frames + bar.rows) // (2 * bar.rows)
            unusual = UNUSUAL * (frames != usual) + 0.01 * abs(int(moved[last]))
            unusual += OTHER_ROWS * (frames < 2 * bar.rows or not _grooves(bar.rows, frames))
            missed = inside - int(heard[np.maximum(row, 0)].sum())
            total[first, last] = cost[first] + missed + unusual
        came.append(np.argmin(total, axis=0))
        cost = total.min(axis=0)
    at = int(np.argmin(cost))
    ends = []
    for index in range(len(bars) - 1, -1, -1):
        ends.append(round(float(bars[index].lines[-1])) + int(moved[at]))
        at = int(came[index][at])
    return ends[::-1]


def _fitting(rows: int, frames: int) -> tuple[int, int]:
    """Return the number of rows nearest to what is wanted with which a groove fills the frames."""
    choices = [rows, *(r for off in range(1, rows) for r in (rows - off, rows + off))]
    fitting = (r for r in choices if frames >= 2 * r and _grooves(r, frames))
    return next(fitting, max(frames, 1)), max(frames, 1)


@cache
def _grooves(rows: int, frames: int) -> tuple[tuple[int, ...], ...]:
    """Return all grooves with which so many rows last so many frames, the shortest first."""
    shortest, longer = divmod(frames, rows)
    if not longer:
        return ((shortest,),)
    grooves = []
    for period in range(2, min(LONGEST_GROOVE, rows) + 1):
        turns, rest = divmod(rows, period)
        grooves += [
            tuple(shortest + one for one in more)
            for more in product((0, 1), repeat=period)
            if turns * sum(more) + sum(more[:rest]) == longer and min(more) == 0
        ]
    return tuple(grooves)


def _row_frames(rows: int, groove: tuple[int, ...]) -> list[int]:
    lengths = [groove[row % len(groove)] for row in range(rows - 1)]
    return list(accumulate(lengths, initial=0))


def _groove(
    size: tuple[int, int], sizes: list[tuple[int, int]], starts: list[int], heard: Ints
) -> tuple[tuple[int, ...], str]:
    """Return the groove, and its padding, that suits most notes of all bars of a size."""
    rows, frames = size
    bars = np.array([s for s, other in zip(starts, sizes, strict=True) if other == size])
    grooves = _grooves(rows, frames)
    begun = np.array([_row_frames(rows, groove) for groove in grooves])
    met = heard[bars[:, np.newaxis, np.newaxis] + begun].sum(axis=(0, 2))
    best = grooves[int(np.argmax(met - 0.01 * np.array([len(groove) for groove in grooves])))]
    lost = {}
    for padding in OWN_PADDINGS:
        still = np.setdiff1d(np.arange(frames), list(groove_frames(rows, best, padding)))
        lost[padding] = int(heard[bars[:, np.newaxis] + still].sum()) if len(still) else 0
    return best, min(OWN_PADDINGS, key=lambda padding: lost[padding])
