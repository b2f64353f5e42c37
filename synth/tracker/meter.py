"""Finds the rows of a song: how many a beat has, and where they fall between its bar lines.

Where most notes lie on rows of the song's own beats, those are its rows. A song whose beats are
nominal, as NES-MDB's, gets the rows that its onsets keep to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROWS_A_BEAT: Final = (4, 3, 6, 8, 12, 2)  # as musicians like them, the usual first
MOSTLY: Final = 0.9  # of the onsets that the best number of rows puts on one
NOMINAL: Final = 0.5  # share of onsets on rows under which the beats are not the music's
NEAR: Final = 0.75  # frames by which an onset on a row may be off, as both are rounded
SHORTEST_ROW: Final = 2.5  # frames
LONGEST_ROW: Final = 31.0
SHORTEST_STEADY: Final = 4.0  # the same, of rows found from onsets alone
LONGEST_STEADY: Final = 16.0
FEWEST: Final = 24  # onsets from which rows can be found
MOST_TRIED: Final = 400
PLAIN_ROWS: Final = 16  # of a bar where the song does not tell
PLAIN_ROW: Final = 6  # frames
PLAIN_BEAT: Final = 4


@dataclass(frozen=True, slots=True)
class BarRows:
    """The rows of one bar.

    Attributes
    ----------
    lines
        Where each row begins, and last where the bar ends, in frames; not rounded.
    beat_rows
        Rows of a beat.
    """

    lines: Floats
    beat_rows: int

    @property
    def rows(self) -> int:
        """How many rows the bar has."""
        return len(self.lines) - 1

    def divided(self, parts: int) -> "BarRows":
        """Return the bar with each row in several equal parts."""
        share = np.arange(parts) / parts
        inside = self.lines[:-1, np.newaxis] + np.diff(self.lines)[:, np.newaxis] * share
        return BarRows(np.append(inside.ravel(), self.lines[-1]), self.beat_rows * parts)


def find_rows(
    bars: Sequence[tuple[float, int]], onsets: Ints, frames: int, fixed: Sequence[int] = ()
) -> tuple[BarRows, ...]:
    """Return the rows of each bar of a song.

    Parameters
    ----------
    bars
        Where each bar begins, in frames, and how many beats it has; the first at 0. May be empty.
    onsets
        The frames on which notes begin, those of several channels more than once.
    frames
        Length of the song.
    fixed
        Frames on which a bar has to begin, the loop's.

    Examples
    --------
    >>> rows = find_rows([(0.0, 4)], np.arange(0, 96, 12), 96)
    >>> rows[0].rows, rows[0].lines[:3].tolist()
    (16, [0.0, 6.0, 12.0])
    """
    given = _given(bars, frames)
    beat_rows, shift, share = _best(given, onsets) if given else (PLAIN_BEAT, 0.0, 0.0)
    if (share < NOMINAL or not given) and len(onsets) >= FEWEST:
        steady = _steady(onsets)
        if steady is not None and (steady[2] > share + 0.2 or not given):
            length, first, _ = steady
            starts = np.arange(first, frames - length / 2, PLAIN_ROWS * length)
            given = _given([(float(at), PLAIN_BEAT) for at in starts], frames)
            return _cut(given, 4, 0.0, frames, fixed)
    if not given:
        plain = PLAIN_ROWS * PLAIN_ROW
        given = [(float(at), float(at + plain), PLAIN_BEAT) for at in range(0, frames, plain)]
    return _cut(given, beat_rows, shift, frames, fixed)


def _given(bars: Sequence[tuple[float, int]], frames: int) -> list[tuple[float, float, int]]:
    """Return bars with their ends; the last, if it is cut off, as long as it would be."""
    inside = [(start, beats) for start, beats in bars if start < frames - 0.5]
    ends = [*(start for start, _ in inside[1:]), float(frames)][: len(inside)]
    made = [(s, e, max(b, 1)) for (s, b), e in zip(inside, ends, strict=True) if e > s]
    if len(made) > 1:
        beat = (made[-2][1] - made[-2][0]) / made[-2][2]
        start, _, beats = made[-1]
        usual = max(1, round((frames - start) / beat))
        made[-1] = (start, start + beat * (usual if usual != beats else beats), usual)
    return made


def _best(bars: list[tuple[float, float, int]], onsets: Ints) -> tuple[int, float, float]:
    """Return rows a beat, by how much they are late in frames, and the share of onsets on one."""
    found: list[tuple[int, float, float]] = []
    starts = np.array([start for start, _, _ in bars])
    beat = np.array([(end - start) / beats for start, end, beats in bars])
    inside = onsets[onsets >= starts[0]] if len(onsets) else onsets
    at = np.maximum(np.searchsorted(starts, inside, side="right") - 1, 0)
    for rows in ROWS_A_BEAT:
        length = beat / rows
        usual = float(np.median(length))
        if not SHORTEST_ROW <= usual <= LONGEST_ROW or not len(inside):
            continue
        rest = np.mod((inside - starts[at]) / length[at], 1.0)
        shift, share = _phase(rest, usual)
        by_chance = min(2 * NEAR / usual, 0.95)
        found.append((rows, shift, max((share - by_chance) / (1.0 - by_chance), 0.0)))
    if not found:
        shortest = float(np.median(beat))
        fitting = [rows for rows in ROWS_A_BEAT if SHORTEST_ROW <= shortest / rows <= LONGEST_ROW]
        return (fitting[0] if fitting else max(1, round(shortest / 6.0))), 0.0, 0.0
    most = max(share for _, _, share in found)
    return next(each for each in found if each[2] >= MOSTLY * most)


def _phase(rest: Floats, length: float) -> tuple[float, float]:
    """Return where in a row most onsets lie, in frames from its line, and how many of them do."""
    near = NEAR / length
    steps = np.arange(0.0, 1.0, 0.5 / length)
    off = np.abs(np.mod(rest[np.newaxis, :] - steps[:, np.newaxis] + 0.5, 1.0) - 0.5)
    share = (off <= near).mean(axis=1)
    if share[0] >= 0.95 * share.max():
        return 0.0, float(share[0])
    best = int(np.argmax(share))
    shift = float(steps[best])
    return (shift - 1.0 if shift > 0.5 else shift) * length, float(share[best])


def _steady(onsets: Ints) -> tuple[float, float, float] | None:
    """Return the length of rows that onsets keep to, the first one's start, and the share on them.

    The longest rows that fit: all that divide them fit as well.
    """
    some = np.unique(onsets)[:MOST_TRIED].astype(np.float64)
    span = float(some[-1] - some[0])
    if span < 4 * LONGEST_STEADY:
        return None
    first, last = 1.0 / LONGEST_STEADY, 1.0 / SHORTEST_STEADY
    rates = np.arange(first, last, 0.15 / span)
    turns = np.concatenate([
        np.abs(np.exp(2j * np.pi * np.outer(part, some)).mean(axis=1))
        for part in np.array_split(rates, max(1, len(rates) // 256))
    ])  # fmt: skip
    peaks = [k for k in np.argsort(turns)[::-1][:24].tolist() if turns[k] > 0.3]
    found = []
    for k in peaks:
        length = 1.0 / float(rates[k])
        shift, share = _phase(np.mod(some / length, 1.0), length)
        chance = min(2 * NEAR / length, 0.95)
        found.append((length, shift % length, (share - chance) / (1.0 - chance)))
    if not found:
        return None
    most = max(share for _, _, share in found)
    return max((each for each in found if each[2] >= MOSTLY * most), key=lambda each: each[0])


def _cut(
    bars: list[tuple[float, float, int]], beat_rows: int, shift: float, frames: int,
    fixed: Sequence[int],
) -> tuple[BarRows, ...]:  # fmt: skip
    """Return rows from 0 to the end of the song; a bar ends at the end and at each fixed frame."""
    lines: list[float] = []
    begins: list[int] = []
    for start, end, beats in bars:
        rows = beats * beat_rows
        begins.append(len(lines))
        lines += (start + shift + (end - start) * np.arange(rows) / rows).tolist()
    length = (bars[-1][1] - bars[-1][0]) / (bars[-1][2] * beat_rows)
    at = np.array(lines)
    first = np.zeros(len(at), dtype=np.bool_)
    first[begins] = True
    while at[-1] + 1.5 * length < frames:  # what a shift to the left left over
        at, first = np.append(at, at[-1] + length), np.append(first, False)
    before = np.arange(at[0] - length, 0.5 * length, -length)[::-1]  # an upbeat
    at = np.concatenate((before, at))
    first = np.concatenate((np.zeros(len(before), dtype=np.bool_), first))
    for edge in (0, *fixed):
        near = int(np.argmin(np.abs(at - edge)))
        if abs(at[near] - edge) > 0.5 * length:
            near = int(np.searchsorted(at, edge))
            at, first = np.insert(at, near, edge), np.insert(first, near, True)
        at[near], first[near] = edge, True
    keep = (at >= 0.0) & (at < frames - 0.5)
    at, first = at[keep], first[keep]
    if not len(at) or at[0] > 0.0:
        at, first = np.insert(at, 0, 0.0), np.insert(first, 0, True)
    if len(at) > 1 and frames - at[-1] < 0.5 * length and not first[-1]:
        at, first = at[:-1], first[:-1]
    at, first = _apart(at, first)
    starts = [*np.flatnonzero(first).tolist(), len(at)]
    at = np.append(at, float(frames))
    return tuple(BarRows(at[begin : end + 1], beat_rows) for begin, end in pairwise(starts))


def _apart(at: Floats, first: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Leave out rows that begin on the same frame as another; a bar's beginning stays."""
    kept: list[int] = []
    for k, frame in enumerate(np.rint(at).tolist()):
        if kept and frame <= np.rint(at[kept[-1]]):
            if first[k] and not first[kept[-1]]:
                kept[-1] = k
            continue
        kept.append(k)
    return at[kept], first[kept]
