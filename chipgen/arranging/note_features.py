"""Measures the register, rhythm and surroundings of notes, before any voice is chosen."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC

FRAME_S: Final = 1.0 / 60.0
BEFORE: Final = 16  # how many notes back a predecessor is looked for
AFTER: Final = 3  # notes that begin at the same moment may stand after a note in the list
AROUND: Final = 24  # notes to either side that make up a note's surroundings
EXACT_S: Final = 2e-5  # a tick of NES-MDB is 22.7 microseconds
SAME_MOMENT_S: Final = 0.5 * FRAME_S

QUARTER_S: Final = 1.0 / 240.0  # the frame sequencer's clock, which gates the triangle

NOTE_FEATURES: Final = 28
FITS_PULSE: Final = 22  # columns of `NoteFeatures.note`
FITS_TRIANGLE: Final = 23
OFF_GRID: Final = 24  # of onset, end and length
PAIR_FEATURES: Final = 26

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NoteFeatures:
    """Features of every note, and of every pair of a note and one shortly before it.

    Attributes
    ----------
    note
        Shape (n_notes, NOTE_FEATURES).
    pair
        Shape (n_notes, BEFORE + 1, PAIR_FEATURES): entry k is about the note k + 1 places
        earlier; the last stands for any note before those, or none.
    """

    note: Floats
    pair: Floats


def measure_notes(
    start_s: NDArray[np.float64], end_s: NDArray[np.float64], pitch: Floats
) -> NoteFeatures:
    """Measure register, rhythm and contiguity.

    Parameters
    ----------
    start_s, end_s
        Onsets and ends in seconds, sorted by onset; shape (n_notes,).
    pitch
        MIDI note numbers; shape (n_notes,).
    """
    near = _find_neighbours(start_s, end_s)
    length = np.log((end_s - start_s) / FRAME_S + 0.05).astype(np.float32)
    return NoteFeatures(
        _measure_each(start_s, end_s, pitch, length, near),
        _measure_pairs(start_s, pitch, length, near),
    )


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The notes shortly before each note, and how they adjoin it.

    Attributes
    ----------
    back
        Positions of the `BEFORE` notes before each note, 0 where there is none; shape
        (n_notes, BEFORE).
    valid
        Whether there is such a note; same shape.
    gap_s
        Seconds from its end to the note; same shape.
    exact
        Whether it ends just where the note begins; same shape.
    by_start
        Position of the first note that may begin where each note ends; shape (n_notes,).
    followed
        Whether a note begins just where each note ends; shape (n_notes,).
    """

    back: NDArray[np.intp]
    valid: NDArray[np.bool_]
    gap_s: NDArray[np.float64]
    exact: NDArray[np.bool_]
    by_start: NDArray[np.intp]
    followed: NDArray[np.bool_]


def _find_neighbours(start_s: NDArray[np.float64], end_s: NDArray[np.float64]) -> _Neighbours:
    count = len(start_s)
    back = np.arange(count)[:, None] - np.arange(1, BEFORE + 1)[None, :]
    valid = back >= 0
    back = np.maximum(back, 0)
    gap_s = start_s[:, None] - end_s[back]
    exact = valid & (np.abs(gap_s) < EXACT_S)
    by_start = np.searchsorted(start_s, end_s - EXACT_S)
    followed = np.zeros(count, dtype=bool)
    inside = by_start < count
    followed[inside] = np.abs(start_s[by_start[inside]] - end_s[inside]) < EXACT_S
    return _Neighbours(back, valid, gap_s, exact, by_start, followed)


def _measure_each(
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    pitch: Floats,
    length: Floats,
    near: _Neighbours,
) -> Floats:
    """Return the features of each note; shape (n_notes, NOTE_FEATURES)."""
    count, back = len(start_s), near.back
    ahead = np.arange(count)[:, None] + np.arange(1, AFTER + 1)[None, :]
    there = ahead < count
    ahead = np.minimum(ahead, count - 1)
    mates = there & (start_s[ahead] - start_s[:, None] < SAME_MOMENT_S)
    over = np.concatenate([near.valid & (near.gap_s < -SAME_MOMENT_S), mates], axis=1)
    rise = pitch[np.concatenate([back, ahead], axis=1)] - pitch[:, None]
    lower, higher = over & (rise < 0), over & (rise > 0)
    below = np.where(lower, -rise, 48.0).min(axis=1)
    above = np.where(higher, rise, 48.0).min(axis=1)

    low, high, mean, lowest_share = _surroundings(pitch)
    before_s = start_s[back[:, :AFTER]]
    together = near.valid[:, :AFTER] & (start_s[:, None] - before_s < SAME_MOMENT_S)
    earliest = np.where(together, before_s, start_s[:, None]).min(axis=1)
    first_of_moment = start_s - earliest
    later = np.where(mates, start_s[ahead], start_s[:, None]).max(axis=1)
    last_of_moment = later - start_s
    return np.stack(
        [
            (pitch - 60.0) / 12.0,
            np.abs(pitch - 60.0) / 12.0,
            length,
            length < np.log(1.05),
            np.minimum(lower.sum(axis=1), 3),
            np.minimum(higher.sum(axis=1), 3),
            (lower.sum(axis=1) == 0) & (higher.sum(axis=1) > 0),
            (higher.sum(axis=1) == 0) & (lower.sum(axis=1) > 0),
            np.minimum(below, 36.0) / 12.0,
            np.minimum(above, 36.0) / 12.0,
            (pitch - mean) / 12.0,
            (pitch - low) / np.maximum(high - low, 6.0),
            lowest_share,
            near.followed,
            near.exact.any(axis=1),
            first_of_moment > EXACT_S,
            _fine(first_of_moment),
            last_of_moment > EXACT_S,
            _fine(last_of_moment),
            together.sum(axis=1),
            mates.sum(axis=1),
            *_half_written(start_s, end_s, pitch, back, near.exact, near.by_start, near.followed),
            _off_grid(start_s),
            _off_grid(end_s),
            _off_grid(end_s - start_s),
            np.minimum(length, 2.0),
        ],
        axis=1,
    ).astype(np.float32)


def _measure_pairs(
    start_s: NDArray[np.float64], pitch: Floats, length: Floats, near: _Neighbours
) -> Floats:
    """Return the features of each note with each one shortly before it, and with none at all.

    Shape (n_notes, BEFORE + 1, PAIR_FEATURES).
    """
    count, back, gap_s, exact = len(start_s), near.back, near.gap_s, near.exact
    free = near.valid & (gap_s > -EXACT_S)
    step = pitch[:, None] - pitch[back]
    size = np.abs(step)
    apart = np.log1p(np.maximum(gap_s, 0.0) / FRAME_S)
    onset_gap_s = start_s[:, None] - start_s[back]
    rhythm = np.log(onset_gap_s / FRAME_S + 0.05)
    longer = length[:, None] - length[back]
    between = np.arange(BEFORE)[None, :] + np.zeros((count, 1))
    pair = np.zeros((count, BEFORE + 1, PAIR_FEATURES), dtype=np.float32)
    for k, feature in enumerate(
        [
            exact,
            exact.any(axis=1, keepdims=True) & ~exact,
            near.followed[back] & ~exact,
            gap_s < 0.25 * FRAME_S,
            gap_s < 1.25 * FRAME_S,
            gap_s < 4.0 * FRAME_S,
            apart,
            step == 0,
            size == 1,
            size == 2,
            (size > 2) & (size < 6),
            size >= 9,
            size == 12,
            np.minimum(size, 36.0) / 12.0,
            np.clip(step, -12.0, 12.0) / 12.0,
            np.abs(longer),
            np.abs(longer) < 0.08,
            np.minimum(longer, 0.0),
            rhythm,
            np.abs(rhythm - length[:, None]),
            np.abs(rhythm - length[:, None]) < 0.08,
            np.log1p(between),
            between == 0,
            free.sum(axis=1)[:, None] / 8.0 + np.zeros_like(between),
            length[back],
        ]
    ):
        pair[:, :BEFORE, k] = feature
    pair[:, BEFORE, PAIR_FEATURES - 1] = 1.0
    return pair


def _surroundings(pitch: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return lowest, highest and mean pitch around each note, and the share of lower notes."""
    padded = np.pad(pitch, AROUND, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1)
    low, high = windows.min(axis=1), windows.max(axis=1)
    below = (windows < pitch[:, None]).mean(axis=1)
    return low, high, windows.mean(axis=1), below.astype(np.float32)


def _half_written(
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    pitch: Floats,
    back: NDArray[np.int64],
    exact: NDArray[np.bool_],
    by_start: NDArray[np.int64],
    followed: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Find notes that are a timer read between the writes of its two bytes, and whose timer it is.

    A timer takes two register writes, so for some microseconds it holds the low byte of the new
    note and the high bits of the old one, or the other way round. In a log of a real driver that is
    a note of its own, and its pitch fits a pulse's timer or a triangle's, which runs at half the
    speed. Music that is not such a log has no notes this short.
    """
    count = len(pitch)
    before = back[np.arange(count), exact.argmax(axis=1)]
    after = np.minimum(by_start, count - 1)
    short = (end_s - start_s < 12.5 / 44_100.0) & exact.any(axis=1) & followed
    short &= (np.abs(pitch - pitch[before]) > 1.0) & (np.abs(pitch - pitch[after]) > 1.0)
    fits = []
    for unit in (16.0, 32.0):  # CPU cycles a timer step in one period of pulse and triangle
        old, new = _timer(pitch[before], unit), _timer(pitch[after], unit)
        hit = np.zeros(count, dtype=np.bool_)
        for mixed in ((old & 0x700) | (new & 0xFF), (new & 0x700) | (old & 0xFF)):
            sounding = 69.0 + 12.0 * np.log2(NTSC.clock_hz / (unit * (mixed + 1.0)) / 440.0)
            hit |= np.abs(sounding - pitch) < 0.75
        fits.append(hit & short)
    return short, fits[0] & ~fits[1], fits[1] & ~fits[0]


def _timer(pitch: Floats, unit: float) -> NDArray[np.int64]:
    steps = NTSC.clock_hz / (unit * 440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
    timers: NDArray[np.int64] = np.clip(np.rint(steps) - 1, 0, 0x7FF).astype(np.int64)
    return timers


def _off_grid(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far times are from the frame sequencer's clock: 0 on it, 1 beyond a tenth."""
    ticks = time_s / QUARTER_S
    return np.asarray(np.minimum(np.abs(ticks - np.round(ticks)) / 0.1, 1.0), dtype=np.float64)


def _fine(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return times below half a frame on a scale that separates ticks of 1/44,100 s."""
    return np.asarray(np.log1p(time_s / EXACT_S) / 6.0, dtype=np.float64)
