"""Infers rows from onset times: the steps in which a chip's music driver read its song.

A NES music driver runs once a video frame and reads a new row of its song every few frames: six,
or seven and six by turns, or eight and four for a shuffle; some change speed inside the song. So a
song's grid is a path of row lengths in whole frames. The cheapest path is found by dynamic
programming over the frames of the song: rows cost a little, onsets off the grid cost more, a row
one frame too long or short (a *slip*) and a change of speed cost most.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from synth.kernels import kernel

NES_FRAME_HZ: Final = 60.0988  # NTSC vertical blank, NESdev wiki: Cycle reference chart
SHORTEST_ROW_FRAMES: Final = 2  # at two frames a row every onset is within one frame of a row
LONGEST_ROW_FRAMES: Final = 20
LONG_NOTE_S: Final = 0.0625  # NES-MDB's composer protocols ignore shorter notes as ornaments


@dataclass(frozen=True, slots=True)
class TempoConfig:
    """The costs of a path of rows, in nats as a rough scale.

    Attributes
    ----------
    row
        Each row.
    off_grid, off_grid_long
        Each onset more than a frame from every row: of a note below 62.5 ms, and of a longer one.
    one_off
        Each onset between half a frame and one frame from its row.
    slip
        A row one frame longer or shorter than its pattern says.
    change
        A change of speed.
    swing
        Each row of a pattern whose two lengths differ by more than one frame.
    """

    row: float = 0.65
    off_grid: float = 0.65
    off_grid_long: float = 4.0
    one_off: float = 0.1
    slip: float = 5.0
    change: float = 24.0
    swing: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class RowGrid:
    """The rows of one song.

    Attributes
    ----------
    times_s
        Where each row begins, and where the last one ends; float64, shape (rows + 1,), rising.
    frames
        Length of each row in NES frames; int16, shape (rows,).
    confidence
        0–1: the share of onsets within one frame of a row, less the share of rows that slipped
        or changed speed.
    """

    times_s: NDArray[np.float64]
    frames: NDArray[np.int16]
    confidence: float

    def __len__(self) -> int:
        return len(self.frames)

    def nearest(self, times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the index of the row boundary nearest to each time, 0 … rows."""
        after = np.clip(np.searchsorted(self.times_s, times_s), 1, len(self.times_s) - 1)
        left = times_s - self.times_s[after - 1] <= self.times_s[after] - times_s
        return np.where(left, after - 1, after).astype(np.int64)

    def is_near(self, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether each time is within one NES frame of a row boundary."""
        distance = np.abs(self.times_s[self.nearest(times_s)] - times_s)
        near: NDArray[np.bool_] = distance * NES_FRAME_HZ <= 1.0 + 1e-6
        return near


def infer_rows(
    onsets_s: NDArray[np.float64],
    durations_s: NDArray[np.float64],
    length_s: float,
    config: TempoConfig | None = None,
) -> RowGrid:
    """Find the row grid of a song from the times of its notes.

    Parameters
    ----------
    onsets_s, durations_s
        Seconds; float64, shape (notes,), in any order.
    length_s
        Length of the song in seconds; the grid covers it.

    Raises
    ------
    ChipgenError
        If the shapes differ or the length is not positive.
    """
    if onsets_s.shape != durations_s.shape or onsets_s.ndim != 1:
        raise ChipgenError(
            f"onsets and durations must be two vectors of one length, not shapes "
            f"{onsets_s.shape} and {durations_s.shape}"
        )
    if not length_s > 0:
        raise ChipgenError(f"a song of {length_s} s has no rows: its length must be above 0 s")
    config = config or TempoConfig()
    phase_s = _frame_phase_s(onsets_s)
    weight = np.where(durations_s >= LONG_NOTE_S, config.off_grid_long, config.off_grid)
    boundaries, irregular = _trace_rows(onsets_s, weight, length_s, phase_s, config)
    phase_s += _best_shift_s(boundaries / NES_FRAME_HZ + phase_s, onsets_s)
    boundaries, irregular = _trace_rows(onsets_s, weight, length_s, phase_s, config)
    times_s = boundaries / NES_FRAME_HZ + phase_s
    grid = RowGrid(times_s, np.diff(boundaries).astype(np.int16), 0.0)
    if not len(onsets_s):
        return grid
    within = float(np.mean(grid.is_near(onsets_s)))
    confidence = max(0.0, within - irregular / max(1, len(grid)))
    return RowGrid(grid.times_s, grid.frames, confidence)


def _patterns() -> NDArray[np.int64]:
    """Row patterns: this row's length, the next one's, the index of the pattern that follows."""
    pairs = [
        (a, b)
        for a in range(SHORTEST_ROW_FRAMES, LONGEST_ROW_FRAMES + 1)
        for b in range(SHORTEST_ROW_FRAMES, LONGEST_ROW_FRAMES + 1)
        if abs(a - b) <= 1 or (max(a, b) <= 12 and max(a, b) <= 2 * min(a, b))
    ]
    at = {pair: index for index, pair in enumerate(pairs)}
    return np.array([(a, b, at[b, a]) for a, b in pairs], dtype=np.int64)


_PATTERNS: Final = _patterns()


def _frame_phase_s(onsets_s: NDArray[np.float64]) -> float:
    """Return where in a frame the driver writes its notes (circular mean)."""
    if not len(onsets_s):
        return 0.0
    turns = np.exp(2j * np.pi * onsets_s * NES_FRAME_HZ).mean()
    return float(np.angle(turns) / (2 * np.pi * NES_FRAME_HZ))


def _best_shift_s(times_s: NDArray[np.float64], onsets_s: NDArray[np.float64]) -> float:
    """Return the shift of a grid, below half a frame, that has most onsets within one frame."""
    if len(times_s) < 2 or not len(onsets_s):
        return 0.0
    grid = RowGrid(times_s, np.zeros(len(times_s) - 1, dtype=np.int16), 0.0)
    distance = (onsets_s - times_s[grid.nearest(onsets_s)]) * NES_FRAME_HZ
    shifts = np.linspace(-0.45, 0.45, 37)
    near = (np.abs(distance[:, None] - shifts) <= 1.0).sum(axis=0) - 1e-3 * np.abs(shifts)
    return float(shifts[int(np.argmax(near))]) / NES_FRAME_HZ


def _trace_rows(
    onsets_s: NDArray[np.float64],
    weight: NDArray[np.float64],
    length_s: float,
    phase_s: float,
    config: TempoConfig,
) -> tuple[NDArray[np.int64], int]:
    """Return row boundaries in frames after `phase_s`, and how many rows slipped or changed."""
    pad = LONGEST_ROW_FRAMES
    exact = (onsets_s - phase_s) * NES_FRAME_HZ
    frames = np.rint(exact).astype(np.int64) + pad
    late = exact + pad - frames
    total = max(int(np.ceil((length_s - phase_s) * NES_FRAME_HZ)), 1) + pad
    size = max(total, int(frames.max(initial=0))) + 2

    def sum_by_frame(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(frames, weights=values, minlength=size).astype(np.float64)

    states = len(_PATTERNS)
    found = np.zeros(2, dtype=np.int64)
    path = np.empty(total + 2, dtype=np.int64)
    _cheapest_path(
        np.concatenate([[0.0], np.cumsum(sum_by_frame(weight))]),
        sum_by_frame(np.where(late > 0, weight, config.one_off)),
        sum_by_frame(np.where(late < 0, weight, config.one_off)),
        min(int(frames.min(initial=pad)), pad),
        total,
        _PATTERNS,
        config.row,
        config.slip,
        config.change,
        config.swing,
        np.full((total + 1, states), _FAR, dtype=np.float32),
        np.zeros((total + 1, states), dtype=np.int8),
        np.zeros((total + 1, states), dtype=np.int16),
        path,
        found,
    )
    count, irregular = found.tolist()
    boundaries = path[:count][::-1]
    # Rows that end before the file begins are no part of it.
    start = int(np.searchsorted(boundaries, min(int(frames.min(initial=pad)), pad), side="right"))
    return boundaries[max(0, start - 1) :] - pad, irregular


_FAR: Final = np.float32(1e30)


@kernel(
    off="float64[:]", after="float64[:]", before="float64[:]", patterns="int64[:,:]",
    cost="float32[:,:]", came_length="int8[:,:]", came_state="int16[:,:]", path="int64[:]",
    found="int64[:]",
)  # fmt: skip
def _cheapest_path(
    off: NDArray[np.float64],
    after: NDArray[np.float64],
    before: NDArray[np.float64],
    first: int,
    total: int,
    patterns: NDArray[np.int64],
    row: float,
    slip: float,
    change: float,
    swing: float,
    cost: NDArray[np.float32],
    came_length: NDArray[np.int8],
    came_state: NDArray[np.int16],
    path: NDArray[np.int64],
    found: NDArray[np.int64],
) -> None:
    """Write the boundaries of the cheapest path of rows over `total` frames to `path`, last first.

    `off[t]` is the cost of all onsets before frame t were they off the grid, `after[t]` of those
    at t were the row one frame earlier, `before[t]` were it one frame later. A path may begin at
    any frame up to `first`. `found` receives how many boundaries there are, and how many rows
    slipped or changed.

    How state s was reached at frame t, shape (total + 1, patterns): `cost`, all `_FAR` before;
    `came_length`, the length of the row before it (all 0 before; negative where the speed changed
    on arrival); `came_state`, which state held then.
    """
    states = len(patterns)
    size = total + 1
    huge = _FAR
    for t in range(first + 1):
        for s in range(states):
            cost[t, s] = 0.0
    for t in range(1, size):
        best = huge
        best_state = 0
        for s in range(states):
            nominal = patterns[s, 0]
            target = patterns[s, 2]
            extra = row
            if abs(nominal - patterns[s, 1]) > 1:
                extra += swing
            for delta in range(-1, 2):
                length = nominal + delta
                begin = t - length
                if length < 2 or begin < 0:
                    continue
                value = cost[begin, s] + extra
                if value >= cost[t, target]:
                    continue
                if delta != 0:
                    value += slip
                if length == 2:
                    value += min(after[t - 1], before[t - 1])
                else:
                    value += after[begin + 1] + before[t - 1]
                    value += off[t - 1] - off[begin + 2]
                if value < cost[t, target]:
                    cost[t, target] = value
                    came_length[t, target] = length
                    came_state[t, target] = s
        for s in range(states):
            if cost[t, s] < best:
                best = cost[t, s]
                best_state = s
        if best < huge:
            value = best + change
            for s in range(states):
                if value < cost[t, s]:
                    cost[t, s] = value
                    came_length[t, s] = -1
                    came_state[t, s] = best_state
    t = total
    state = 0
    for s in range(states):
        if cost[t, s] < cost[t, state]:
            state = s
    count = 0
    irregular = 0
    path[count] = t
    count += 1
    while came_length[t, state] != 0:
        length = came_length[t, state]
        came = came_state[t, state]
        if length < 0:
            irregular += 1
            state = came
            continue
        if length != patterns[came, 0]:
            irregular += 1
        t -= length
        state = came
        path[count] = t
        count += 1
    found[0], found[1] = count, irregular
