"""One call from writes to samples: runs the APU, merges, mixes and band-limits block by block."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.apu import (
    CHANNEL_COUNT,
    DMC_ROW,
    NOISE_ROW,
    PULSE1,
    PULSE2,
    TRIANGLE_ROW,
    begin_block,
    merge_steps,
    run_apu,
    step_capacity,
)
from synth.chip.bandlimit import LATENCY_FRAMES, TAPS, add_steps
from synth.chip.compiled import compiled, compiled_entry
from synth.chip.filters import finish_frames

# CPU cycles that are worked on at a time: buffers that fit the cache, and few enough calls.
BLOCK_CYCLES: Final = 1 << 16

_LONGEST_FRAME_CYCLES: Final = 256  # at 8,000 Hz

# Rows of the merged buffers.
_PULSES: Final = 0
_REST: Final = 1
_TRIANGLE_NOISE: Final = 2


def frames_per_block(rate_hz: int, clock_hz: int) -> int:
    """Frames that are made at a time."""
    return max(1, BLOCK_CYCLES * rate_hz // clock_hz)


def step_buffers() -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Room for a block's steps: cycles and levels of the channels, and of what they merge into.

    Returns
    -------
    cycles, levels
        Shapes (CHANNEL_COUNT + 3, capacity), int64 and int32.
    counts
        Fill of the channels' rows, shape (CHANNEL_COUNT,), int64.
    """
    # A block is at most one frame longer than BLOCK_CYCLES; three channels merge into one row.
    room = 3 * step_capacity(BLOCK_CYCLES + _LONGEST_FRAME_CYCLES)
    rows = CHANNEL_COUNT + 3
    return (
        np.empty((rows, room), dtype=np.int64),
        np.empty((rows, room), dtype=np.int32),
        np.empty(CHANNEL_COUNT, dtype=np.int64),
    )


def frame_start_cycle(frame: int, rate_hz: int, clock_hz: int) -> int:
    """First CPU cycle at or after the time of a frame.

    Examples
    --------
    >>> frame_start_cycle(44_100, 44_100, 1_789_773)
    1789773
    >>> frame_start_cycle(1, 44_100, 1_789_773)  # 40.58
    41
    """
    return -((-frame * clock_hz) // rate_hz)


_frame_start_cycle: Final = compiled(frame_start_cycle)


@compiled
def make_block(
    chip: Any,
    memory: Any,
    first_cycle: int,
    until: int,
    write_cycles: Any,
    write_addresses: Any,
    write_values: Any,
    next_write: int,
    cycles: Any,
    levels: Any,
    counts: Any,
) -> Any:
    """Run the APU for a block and merge its steps for the mixer's two halves.

    Returns the index of the next write, the count of row ``CHANNEL_COUNT``, which holds the pulses
    merged, and number and count of the row that holds the rest.
    """
    apu = chip[0]
    begin_block(apu, first_cycle, cycles, levels, counts)
    next_write = run_apu(
        apu, memory, until, write_cycles, write_addresses, write_values, next_write,
        cycles, levels, counts,
    )  # fmt: skip
    pulses = CHANNEL_COUNT + _PULSES
    rest = CHANNEL_COUNT + _REST
    both = CHANNEL_COUNT + _TRIANGLE_NOISE
    pulses_count = merge_steps(
        cycles[PULSE1], levels[PULSE1], counts[PULSE1],
        cycles[PULSE2], levels[PULSE2], counts[PULSE2],
        cycles[pulses], levels[pulses],
    )  # fmt: skip
    both_count = merge_steps(
        cycles[TRIANGLE_ROW], levels[TRIANGLE_ROW], counts[TRIANGLE_ROW],
        cycles[NOISE_ROW], levels[NOISE_ROW], counts[NOISE_ROW],
        cycles[both], levels[both],
    )  # fmt: skip
    if counts[DMC_ROW] == 1 and levels[DMC_ROW, 0] == 0:  # as in most music
        return next_write, pulses_count, both, both_count
    rest_count = merge_steps(
        cycles[both], levels[both], both_count,
        cycles[DMC_ROW], levels[DMC_ROW], counts[DMC_ROW],
        cycles[rest], levels[rest],
    )  # fmt: skip
    return next_write, pulses_count, rest, rest_count


@compiled_entry
def render_frames(
    chip: Any,
    memory: Any,
    first_frame: int,
    write_cycles: Any,
    write_addresses: Any,
    write_values: Any,
    rate_hz: int,
    clock_hz: int,
    block_frames: int,
    pulse_amplitudes: Any,
    rest_amplitudes: Any,
    kernel: Any,
    stages: Any,
    tail: Any,
    filter_memory: Any,
    cycles: Any,
    levels: Any,
    counts: Any,
    differences: Any,
    samples: Any,
) -> int:
    """Fill `samples`, float32 (frames, columns), from `first_frame` on; return the next write.

    `chip`, `tail` (columns, TAPS) and `filter_memory` (columns, stages + 1) are the state, which
    is brought forward; `cycles`, `levels`, `counts` and `differences` are scratch.
    """
    columns = samples.shape[1]
    next_write = 0
    done = 0
    while done < samples.shape[0]:
        frames = min(block_frames, samples.shape[0] - done)
        frame = first_frame + done
        first_cycle = _frame_start_cycle(frame + LATENCY_FRAMES, rate_hz, clock_hz)
        until = _frame_start_cycle(frame + frames + LATENCY_FRAMES, rate_hz, clock_hz)
        next_write, pulses_count, rest, rest_count = make_block(
            chip, memory, first_cycle, until, write_cycles, write_addresses, write_values,
            next_write, cycles, levels, counts,
        )  # fmt: skip
        for column in range(columns):
            differences[:TAPS] = tail[column]
            differences[TAPS : frames + TAPS] = 0.0
            add_steps(
                cycles[CHANNEL_COUNT + _PULSES], levels[CHANNEL_COUNT + _PULSES], pulses_count,
                pulse_amplitudes[column], rate_hz, clock_hz, frame, kernel, differences,
            )  # fmt: skip
            add_steps(
                cycles[rest], levels[rest], rest_count,
                rest_amplitudes[column], rate_hz, clock_hz, frame, kernel, differences,
            )  # fmt: skip
            finish_frames(
                differences, frames, stages, filter_memory[column],
                samples[done : done + frames], column,
            )  # fmt: skip
            tail[column] = differences[frames : frames + TAPS]
        done += frames
    return next_write
