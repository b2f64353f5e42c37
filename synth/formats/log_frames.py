"""Puts register logs on video frames, cuts them, and unrolls their loops."""

import dataclasses
import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region
from synth.chip.register_log import RegisterLog
from synth.errors import SynthError

MAX_WRITES: Final = 100_000_000  # an hour of the densest known music has a tenth of it
MAX_DURATION_S: Final = 86_400.0
END_SLACK_CYCLES: Final = 42  # a VGM's tick; an end so little into a frame is the frame before's

Frame = tuple[tuple[int, int], ...]
"""The writes of one video frame: pairs of register (address - $4000) and value."""


def frame_of(cycle: NDArray[np.int64], region: Region) -> NDArray[np.int64]:
    """Return the video frame that each CPU cycle lies in; the inverse of `Region.frame_cycle`.

    Examples
    --------
    >>> from synth.chip.hardware import NTSC
    >>> starts = np.array([NTSC.frame_cycle(frame) for frame in range(4)])
    >>> frame_of(starts, NTSC).tolist(), frame_of(starts[1:] - 1, NTSC).tolist()
    ([0, 1, 2, 3], [0, 1, 2])
    """
    frames: NDArray[np.int64] = (2 * cycle + 1) // region.frame_half_cycles
    return frames


def to_frames(log: RegisterLog) -> tuple[list[Frame], int | None]:
    """Put a log's writes on frames.

    Parameters
    ----------
    log
        Any log.

    Returns
    -------
    frames
        The writes of each frame in their order; as many frames as the log lasts, rounded up but
        for a VGM's tick, and at least one.
    loop_frame
        Where playing continues after the last frame, or None.

    Raises
    ------
    SynthError
        If the log lasts longer than a day.
    """
    if log.duration_s > MAX_DURATION_S:
        raise SynthError(
            f"a log of {log.duration_s / 3600:.0f} hours is too long for frames; cut it to a day"
        )
    half = log.region.frame_half_cycles
    frame = frame_of(log.cycle, log.region)
    n_frames = max(-(-2 * (log.end_cycle - END_SLACK_CYCLES) // half), 1)
    if len(log):
        n_frames = max(n_frames, int(frame[-1]) + 1)
    pairs = list(zip((log.address - 0x4000).tolist(), log.value.tolist(), strict=True))
    edges = np.searchsorted(frame, np.arange(n_frames + 1)).tolist()
    frames = [tuple(pairs[a:b]) for a, b in itertools.pairwise(edges)]
    if log.loop_cycle is None:
        return frames, None
    # The frame whose start is nearest, so that a loop as long as the log's is played.
    return frames, min((2 * log.loop_cycle + half // 2) // half, n_frames - 1)


def cut_log(log: RegisterLog, seconds: float | None) -> RegisterLog:
    """Take the first `seconds` of a log, going round its loop if it is shorter.

    Parameters
    ----------
    log
        Any log.
    seconds
        Requested length, above 0; None leaves the log unchanged.

    Returns
    -------
    RegisterLog
        Without a loop if it was cut. A log that is too short and has no loop stays as long as it
        is.

    Raises
    ------
    SynthError
        If going round the loop makes more than 100 million writes.
    """
    if seconds is None:
        return log
    end_cycle = round(seconds * log.region.clock_hz)
    cycle, address, value, chip = log.cycle, log.address, log.value, log.chip
    if end_cycle > log.end_cycle:
        if log.loop_cycle is None:
            return log
        length = log.end_cycle - log.loop_cycle
        rounds = -(-(end_cycle - log.end_cycle) // length)
        first = int(np.searchsorted(cycle, log.loop_cycle))
        if len(log) + rounds * (len(log) - first) > MAX_WRITES:
            raise SynthError(
                f"{seconds:g} seconds of this loop are too many register writes; ask for less"
            )
        again = _shifted(log, first, np.arange(1, rounds + 1, dtype=np.int64))
        # A loop's first write may lie less far into its frame than the end does.
        cycle = np.maximum.accumulate(np.concatenate((cycle, again)))
        address = np.concatenate((address, np.tile(address[first:], rounds)))
        value = np.concatenate((value, np.tile(value[first:], rounds)))
        chip = np.concatenate((chip, np.tile(chip[first:], rounds)))
    keep = int(np.searchsorted(cycle, end_cycle))
    return dataclasses.replace(
        log,
        cycle=cycle[:keep],
        address=address[:keep],
        value=value[:keep],
        chip=chip[:keep],
        end_cycle=end_cycle,
        loop_cycle=None,
    )


def _shifted(log: RegisterLog, first: int, rounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cycles of the writes from `first` on, in each further round of the loop."""
    assert log.loop_cycle is not None
    ends = np.array([log.loop_cycle, log.end_cycle], dtype=np.int64)
    half = log.region.frame_half_cycles
    begin, end = frame_of(ends, log.region)
    late = ends - np.array([begin, end]) * half // 2
    if np.any(late > END_SLACK_CYCLES) or begin == end:
        shifted: NDArray[np.int64] = rounds[:, None] * (ends[1] - ends[0]) + log.cycle[first:]
        return shifted.ravel()
    # A frame is no whole number of cycles; on the grid of frames, writes keep their place in one.
    frame = frame_of(log.cycle[first:], log.region)
    within = log.cycle[first:] - frame * half // 2
    shifted = (frame + rounds[:, None] * (end - begin)) * half // 2 + within
    return shifted.ravel()
