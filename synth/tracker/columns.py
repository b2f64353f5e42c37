"""Bars to columns of patterns: rows of whole frames, in grooves where they are not all alike.

A groove says how many frames each row lasts, in turn; rows of one column differ by one frame at
most. FamiStudio counts places in a pattern as if all rows were the shorter ones, and stands still
for one frame, the padding, in each longer row.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from synth.tracker.song import TrackerBar, TrackerSong

LONGEST_GROOVE: Final = 8
LONGEST_ROW: Final = 18  # frames
MOST_PLACES: Final = 2048  # of a pattern
ROWS_A_BEAT: Final = (4, 3, 6, 8, 2)
MOSTLY: Final = 0.8  # of the notes that the best number of rows puts on one
PADDINGS: Final = ("Beginning", "Middle", "End")
OWN_PADDINGS: Final = ("Middle", "End")  # the other one moves the beginning of a row
MOST_MOVED: Final = 0.01  # share of a column's frames in which an effect may come a frame late


@dataclass(frozen=True, slots=True)
class Column:
    """A column of patterns.

    Attributes
    ----------
    start, frames
        Where it begins in the song, and how long it lasts.
    rows, beat_rows
        How many rows it has, and how many a beat has.
    groove
        Frames of each row, in turn.
    padding
        Where a longer row stands still, one of `PADDINGS`.
    """

    start: int
    frames: int
    rows: int
    beat_rows: int
    groove: tuple[int, ...]
    padding: str = "Middle"

    @property
    def note_length(self) -> int:
        """Frames of a shorter row."""
        return min(self.groove)

    @property
    def places(self) -> tuple[int, ...]:
        """The frame, from the column's start, of each place in its patterns."""
        return tuple(groove_frames(self.rows, self.groove, self.padding))


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


def lay_out(song: TrackerSong, most: int) -> tuple[Column, ...]:
    """Divide a song into columns on whose places all its notes fall.

    Parameters
    ----------
    song
        Any.
    most
        How many columns there can be; where bars are more, several share one, in rows of a frame.
    """
    notes = {frame for e in song.channels.values() for frame, v in e.items() if v.note is not None}
    effects = {frame for events in song.channels.values() for frame in events} - notes
    beat_rows = beat_rows_of(song)
    columns: list[Column] = []
    for bar, end in bars_of(song):
        columns += _lay_out_bar(bar, end, beat_rows, notes, effects)
    if len(columns) <= most:
        return tuple(columns)
    columns = []
    for bar, end in bars_of(song):
        before = columns[-1] if columns and bar.start != song.loop else None
        if before is not None and end - before.start <= MOST_PLACES:
            columns[-1] = _plain(before.start, end, before.beat_rows)
        else:
            columns.append(_plain(bar.start, end, max(1, (end - bar.start) // bar.beats)))
    return tuple(columns)


def bars_of(song: TrackerSong) -> list[tuple[TrackerBar, int]]:
    """Return the bars of a song, each with the frame that it ends before."""
    starts = [bar.start for bar in song.bars]
    return list(zip(song.bars, [*starts[1:], song.frames], strict=True))


def beat_rows_of(song: TrackerSong) -> int:
    """Return how many rows a beat has, as few as put most notes that begin on one."""
    starts = {
        frame for events in song.channels.values() for frame, event in events.items()
        if event.note is not None and event.note >= 0
    }  # fmt: skip
    counts = {}
    for rows in ROWS_A_BEAT:
        counts[rows] = 0
        for bar, end in bars_of(song):
            if end - bar.start >= 2 * bar.beats * rows:
                edges = row_edges(bar.start, end, bar.beats * rows)
                counts[rows] += sum(edge in starts for edge in edges)
    most = max(counts.values())
    return next(rows for rows in ROWS_A_BEAT if counts[rows] >= MOSTLY * most)


def row_edges(start: int, end: int, rows: int) -> list[int]:
    """Return the frames on which equal rows between two frames begin."""
    return [start + (2 * (end - start) * row + rows) // (2 * rows) for row in range(rows)]


def _lay_out_bar(
    bar: TrackerBar, end: int, beat_rows: int, notes: Collection[int], effects: Collection[int]
) -> list[Column]:
    """Return the columns of a bar: one, or where its groove does not fit one, several."""
    rows = bar.beats * beat_rows
    whole = _grooved(bar.start, end, rows, beat_rows, notes, effects)
    if whole is not None:
        return [whole]
    edges = [*row_edges(bar.start, end, rows), end]
    size = max(LONGEST_GROOVE // beat_rows, 1) * beat_rows
    columns = []
    for first in range(0, rows, size):
        last = min(first + size, rows)
        start, stop = edges[first], edges[last]
        if start < stop:
            part = _grooved(start, stop, last - first, beat_rows, notes, effects)
            columns.append(part or _plain(start, stop, max(1, (stop - start) // bar.beats)))
    merged: list[Column] = []
    for column in columns:
        before = merged[-1] if merged else None
        if before and column.groove == before.groove == (1,) and (
            before.frames + column.frames < MOST_PLACES
        ):  # fmt: skip
            merged[-1] = _plain(before.start, column.start + column.frames, before.beat_rows)
        else:
            merged.append(column)
    return merged


def _plain(start: int, end: int, beat_frames: int) -> Column:
    """Return a column whose rows are single frames."""
    return Column(start, end - start, end - start, beat_frames, (1,))


def _grooved(
    start: int, end: int, rows: int, beat_rows: int, notes: Collection[int],
    effects: Collection[int],
) -> Column | None:  # fmt: skip
    """Return a column in rows, or None if no groove puts a place under all notes."""
    frames = end - start
    shortest = frames // rows
    if not 2 <= shortest <= LONGEST_ROW or rows * shortest > MOST_PLACES // shortest:
        return None
    if rows * shortest == frames:
        return Column(start, frames, rows, beat_rows, (shortest,))
    edges = [*row_edges(start, end, rows), end]
    lengths = [b - a for a, b in pairwise(edges)]
    for period in range(2, LONGEST_GROOVE + 1):
        groove = tuple(lengths[:period])
        if min(groove) == max(groove) or min(groove) != shortest or max(groove) > shortest + 1:
            continue
        if sum(groove[row % period] for row in range(rows)) != frames:
            continue
        for padding in OWN_PADDINGS:
            column = Column(start, frames, rows, beat_rows, groove, padding)
            still = set(range(frames)).difference(column.places)
            moved = sum(1 for frame in still if start + frame in effects)
            if moved <= MOST_MOVED * frames and not any(start + f in notes for f in still):
                return column
    return None
