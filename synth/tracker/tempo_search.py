"""Finds FamiTracker's speeds and tempi whose rows fall where a song has them.

A row lasts 150 x speed / tempo frames on average; which rows are the longer ones follows from a
counter that every frame advances. The search goes bar by bar: each may set a tempo of its own, and
its first row another one, which moves all rows after it by a part of a frame.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region
from synth.tracker.meter import BarRows
from synth.tracker.rows import TICKS, frames_a_minute
from synth.tracker.song import TrackerBar

Ints = NDArray[np.int64]
Whole = TypeVar("Whole", int, Ints)

LOWEST_TEMPO: Final = 32  # less is a speed
HIGHEST_TEMPO: Final = 255
USUAL_SPEED: Final = 6  # of a sixteenth
MOST_SPEED: Final = 31
TEMPI: Final = (0, -1, 1)  # beside the nearest one
FIRST_ROW: Final = (0, -24, -12, -6, -3, 3, 6, 12, 24)  # by which its tempo may differ
KEPT_STATES: Final = 24
CHANGE: Final = 1.5  # what an effect costs, in notes that are late
LATE: Final = 1.0  # a note that comes a frame or more after its row: Gxx
EARLY: Final = 4.0  # one that comes before its row: it stands in the row before
WORTH: Final = 0.7  # how much better an unusual speed has to be
OFF: Final = 0.05  # each frame that a row is off its line
FAR: Final = 20.0  # a row that is far off
FARTHEST: Final = 3  # frames


@dataclass(slots=True)
class _States:
    """Ways to get to a bar line: frame, counter, cost, setting and step before; shape (n,)."""

    frame: Ints
    counter: Ints
    cost: NDArray[np.float64]
    setting: list[tuple[int, int]]
    came: list["_Step | None"]


@dataclass(slots=True)
class _Step:
    """What one bar sets, and what came before it."""

    first: tuple[int, int]
    rest: tuple[int, int]
    last: tuple[int, int] | None
    starts: Ints
    before: "_Step | None"


def time_rows(
    bars: Sequence[BarRows], onsets: Ints, region: Region, exact: Collection[int]
) -> tuple[TrackerBar, ...]:
    """Return the bars of a song with rows as FamiTracker can play them.

    Parameters
    ----------
    bars
        Rows as they should be.
    onsets
        The frames on which notes begin.
    region
        The machine.
    exact
        Indices of the bars that must end on the frame on which they should.
    """
    length = float(np.median(np.concatenate([np.diff(bar.lines) for bar in bars])))
    best: _Step | None = None
    least = np.inf
    for speed in _speeds(length, full_tempo(region)):
        last, cost = _search(bars, onsets, region, exact, speed, length)
        if cost < WORTH * least - CHANGE:
            best, least = last, cost
        if cost <= CHANGE:
            break
    assert best is not None
    return _timed(best, bars)


def _speeds(length: float, full: int) -> list[int]:
    """Return speeds that rows of some length can have at usual tempi, the one to prefer first."""
    whole = round(length)
    at_full = [whole] if abs(length - whole) < 0.02 and whole <= MOST_SPEED else []
    fitting = [
        s for s in (USUAL_SPEED, 12, 10, 9, 8, 7, 5, 4, 3, 2, 1, *range(13, MOST_SPEED + 1))
        if LOWEST_TEMPO <= full * s / length <= HIGHEST_TEMPO
    ]  # fmt: skip
    finest = max(fitting, default=max(1, min(whole, MOST_SPEED)))
    return list(dict.fromkeys([*at_full, *fitting[:1], finest]))


def _rate(speed: int, tempo: Whole, region: Region) -> tuple[Whole, Whole]:
    """Return what a row adds to the counter, and what each frame takes from it."""
    ticks = tempo * TICKS
    return frames_a_minute(region) - ticks % speed, ticks // speed


def full_tempo(region: Region) -> int:
    """Return the tempo at which a row has as many frames as its speed says."""
    return frames_a_minute(region) // TICKS


def _search(
    bars: Sequence[BarRows], onsets: Ints, region: Region, exact: Collection[int], usual: int,
    length: float,
) -> tuple[_Step, float]:  # fmt: skip
    zero = np.zeros(1, dtype=np.int64)
    states = _States(zero, zero, np.zeros(1), [(0, 0)], [None])
    heard = np.bincount(onsets, minlength=round(float(bars[-1].lines[-1])) + 40)
    scale = full_tempo(region)
    for index, bar in enumerate(bars):
        row = float(np.mean(np.diff(bar.lines)))
        speed = min(max(round(usual * row / length), 1), MOST_SPEED)
        if not LOWEST_TEMPO <= scale * speed / row <= HIGHEST_TEMPO:
            speed = min(max(round(row), 1), MOST_SPEED)
        nearest = scale * speed / row
        states = _play_bar(states, bar, heard, region, speed, nearest)
        if index in exact:
            states = _end_exactly(states, round(float(bar.lines[-1])), region)
    best = int(np.argmin(states.cost))
    step = states.came[best]
    assert step is not None
    return step, float(states.cost[best])


def _play_bar(
    states: _States, bar: BarRows, heard: Ints, region: Region, speed: int, nearest: float
) -> _States:
    """Return the best ways through one more bar."""
    wanted = np.rint(bar.lines[1:]).astype(np.int64)
    middle = round(nearest)
    most = min(HIGHEST_TEMPO, speed * full_tempo(region))  # a row lasts a frame at least
    options = sorted({
        (min(max(t0, LOWEST_TEMPO), most), min(max(t, LOWEST_TEMPO), most))
        for off in TEMPI for t in [middle + off] for t0 in [t + d for d in FIRST_ROW]
    })  # fmt: skip
    first, rest = (np.array(column, dtype=np.int64) for column in zip(*options, strict=True))
    add0, take0 = _rate(speed, first, region)
    add, take = _rate(speed, rest, region)
    frame, counter = states.frame[:, None, None], states.counter[:, None]
    one = np.maximum(-(-(counter + add0) // take0), 1)  # frames of the first row
    left = (counter + add0 - one * take0)[:, :, None]
    row = np.arange(len(wanted), dtype=np.int64)
    later = -(-(left + row * add[None, :, None]) // take[None, :, None])
    starts = frame + one[:, :, None] + np.where(row, np.maximum(later, row), 0)
    end = left[:, :, 0] + (len(wanted) - 1) * add[None, :]
    counters = end - np.where(len(wanted) > 1, starts[:, :, -1] - starts[:, :, 0], 0) * take
    off = starts - wanted
    at = np.clip(starts, 1, len(heard) - 1)
    cost = (EARLY - LATE) * heard[at - 1] - LATE * heard[at]
    cost = cost + OFF * np.abs(off) + FAR * (np.abs(off) > FARTHEST)
    total = states.cost[:, None] + cost.sum(axis=2) + LATE * _inside(bar, heard)
    was = np.array(states.setting, dtype=np.int64)
    total += CHANGE * ((was[:, 1:2] != first[None, :]) | (was[:, :1] != speed))
    total += CHANGE * (first != rest)[None, :]
    order = np.argsort(total.ravel(), kind="stable")
    seen: set[tuple[int, int]] = set()
    frames, counts, costs = [], [], []
    settings: list[tuple[int, int]] = []
    came: list[_Step | None] = []
    for flat in order.tolist():
        state, option = divmod(flat, len(first))
        key = (int(starts[state, option, -1]), int(counters[state, option]) // 4)
        if key in seen:
            continue
        seen.add(key)
        frames.append(key[0])
        counts.append(int(counters[state, option]))
        costs.append(float(total[state, option]))
        begun = np.concatenate((states.frame[state : state + 1], starts[state, option, :-1]))
        settings.append((speed, int(rest[option])))
        came.append(
            _Step((speed, int(first[option])), settings[-1], None, begun, states.came[state])
        )
        if len(frames) >= KEPT_STATES:
            break
    return _States(np.array(frames), np.array(counts), np.array(costs), settings, came)


def _inside(bar: BarRows, heard: Ints) -> int:
    """Return how many notes begin in a bar."""
    return int(heard[round(float(bar.lines[0])) : round(float(bar.lines[-1]))].sum())


def _end_exactly(states: _States, end: int, region: Region) -> _States:
    """Give the last row of a bar a speed with which the bar ends on its frame."""
    for at in range(len(states.frame)):
        if states.frame[at] == end:
            continue
        step = states.came[at]
        assert step is not None
        setting = step.rest if len(step.starts) > 1 else step.first
        add, take = _rate(*setting, region)
        begun = int(states.frame[at])
        counter = int(states.counter[at]) + (begun - int(step.starts[-1])) * take - add
        wanted = end - int(step.starts[-1])
        found = _setting_of(counter, wanted, region)
        if found is None:
            states.cost[at] += 1e6
            continue
        states.frame[at], states.counter[at] = end, found[2]
        states.cost[at] += 2 * CHANGE
        states.came[at] = _Step(step.first, step.rest, found[:2], step.starts, step.before)
        states.setting[at] = found[:2]
    return states


def _setting_of(counter: int, frames: int, region: Region) -> tuple[int, int, int] | None:
    """Return speed, tempo and the counter after a row of so many frames."""
    full = full_tempo(region)
    for tempo in (full, *range(full - 1, LOWEST_TEMPO - 1, -1)):
        for speed in range(1, MOST_SPEED + 1):
            add, take = _rate(speed, tempo, region)
            if max(-(-(counter + add) // take), 1) == frames:
                return speed, tempo, counter + add - frames * take
        if frames <= MOST_SPEED:
            break
    return None


def _timed(last: _Step, bars: Sequence[BarRows]) -> tuple[TrackerBar, ...]:
    """Gather the steps of a search."""
    steps: list[_Step] = []
    step: _Step | None = last
    while step is not None:
        steps.append(step)
        step = step.before
    made = []
    now = (0, 0)
    for bar, step in zip(bars, reversed(steps), strict=True):
        tempi: list[tuple[int, int, int]] = []
        rows = len(step.starts)
        for row, setting in ((0, step.first), (1, step.rest), (rows - 1, step.last)):
            if setting is not None and row < rows and setting != now:
                tempi = [each for each in tempi if each[0] != row]
                tempi.append((row, *setting))
                now = setting
        starts = tuple(step.starts.tolist())
        beats = max(1, round(rows / bar.beat_rows))
        made.append(TrackerBar(starts[0], beats, starts, bar.beat_rows, tempi=tuple(tempi)))
    return tuple(made)
