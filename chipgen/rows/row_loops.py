"""Finds where a song on rows loops: the repetition that the recording ends with.

A recording of looping music continues for a while after the loop: a row, a bar or the whole loop
again. What its end repeats at some lag began at the loop's start and, a lag later, at its end. But
a phrase that comes twice looks the same, so a repetition counts for more the fewer lags repeat as
much, the nearer to the song's beginning it leads back, and if all of it comes twice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from chipgen.music.repeats import Repeat, find_repeats
from chipgen.rows.quantise import RowSong, notes_of

SHORTEST_LOOP_S: Final = 2.0  # music for a fight may be a bar or two
_LOOPING: Final = 1.5  # odds that a song loops in its recording, before it is heard
_FROM_THE_START: Final = 0.55  # share of loops that lead back to the first note
_NEAR_THE_START: Final = 0.1  # and of those that lead back to just after it
_NEAR_ROWS: Final = 4
_WHOLE: Final = 3.0  # how much likelier what comes twice side by side is a loop than a phrase
_INTRO_SHARE: Final = 0.2  # of a song, in the mean, where there is an introduction


@dataclass(frozen=True, slots=True)
class RowLoop:
    """Where a song loops.

    Attributes
    ----------
    start, end
        Rows; from `end` on the song is as from `start` on.
    repeated_rows
        How many rows after `end` are there to show it.
    confidence
        0–1: the odds described above.
    """

    start: int
    end: int
    repeated_rows: int
    confidence: float

    @property
    def rows(self) -> int:
        """Length of the loop."""
        return self.end - self.start


def find_row_loop(song: RowSong) -> RowLoop | None:
    """Find the loop of a song on rows.

    Returns
    -------
    RowLoop or None
        None if the end repeats nothing at a lag of at least two seconds.
    """
    rows = len(song)
    notes = notes_of(song.rows)
    if not len(notes):
        return None
    # A note that begins as the file ends is on the last row, but belongs to the one after it.
    late = song.delay[notes.row, notes.voice] * 2 > song.grid.frames[notes.row]
    onsets = np.where(late & (notes.row == rows - 1), rows, notes.row)
    repeats = find_repeats(
        onsets.astype(np.float64),
        notes.voice * 128 + notes.pitch,
        float(rows),
        shortest=1.0,
        tolerance=0.5,
    )
    clock = song.grid.times_s
    first_note = int(onsets[0])
    moments = np.sort([repeat.moments for repeat in repeats])
    likeliest: tuple[float, Repeat] | None = None
    odds_of_all = 0.0
    for repeat in repeats:
        start, end = round(repeat.first - repeat.lag), round(repeat.first)
        if clock[end] - clock[start] < SHORTEST_LOOP_S:
            continue
        alike = len(moments) - int(np.searchsorted(moments, repeat.moments))
        chance = alike / rows
        odds = _LOOPING * _prior(start - first_note, rows) / chance
        if rows - end >= end - start:
            odds *= _WHOLE
        odds_of_all += odds
        if likeliest is None or odds > likeliest[0]:
            likeliest = odds, repeat
    if likeliest is None:
        return None
    odds, repeat = likeliest
    start, end = round(repeat.first - repeat.lag), round(repeat.first)
    return RowLoop(start, end, max(1, rows - end), odds / (1.0 + odds_of_all))


def _prior(start: int, rows: int) -> float:
    """Return the probability that a loop leads back to row `start` after the first note."""
    if start <= 0:
        return _FROM_THE_START
    intro = _INTRO_SHARE * rows
    later = (1 - _FROM_THE_START - _NEAR_THE_START) / intro * float(np.exp(-start / intro))
    return later + (_NEAR_THE_START / _NEAR_ROWS if start <= _NEAR_ROWS else 0.0)
