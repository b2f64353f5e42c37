"""Renders a block: runs the APU, merges, mixes and band-limits its steps."""

import mmap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.apu import (
    APU,
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
from synth.chip.bandlimit import LATENCY_FRAMES, add_steps
from synth.chip.filters import finish_frames
from synth.chip.vector_loops import TAPS, VECTOR_LENGTH
from synth.kernels import compiled, kernel

# CPU cycles that are worked on at a time: buffers that fit the cache, and few enough calls.
BLOCK_CYCLES: Final = 1 << 18

_LONGEST_FRAME_CYCLES: Final = 256  # at 8,000 Hz

# What is left of a block for the next: a step's taps, and frames of a group that is not complete.
TAIL: Final = TAPS + VECTOR_LENGTH
MARGIN: Final = TAIL + 2 * VECTOR_LENGTH

MERGED_ROW: Final = CHANNEL_COUNT  # noise and DMC, if the DMC is heard


def frames_per_block(rate_hz: int, clock_hz: int) -> int:
    """Frames that are made at a time."""
    return max(1, BLOCK_CYCLES * rate_hz // clock_hz)


def step_buffers() -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Room for a block's steps: cycles and levels of the channels, and of two merged.

    Returns
    -------
    cycles, levels
        Shapes (CHANNEL_COUNT + 1, capacity), int64 and int32.
    counts
        Fill of the channels' rows, shape (CHANNEL_COUNT,), int64.
    """
    # Little of the room is ever used, so it is taken from the system in pages as they are touched:
    # NumPy asks for huge ones, and clearing those takes longer than rendering a second of music.
    # A block is at most one frame longer than BLOCK_CYCLES; two channels merge into one row.
    room = 2 * step_capacity(BLOCK_CYCLES + _LONGEST_FRAME_CYCLES) + 2
    rows = CHANNEL_COUNT + 1
    cycles = np.frombuffer(mmap.mmap(-1, 8 * rows * room), dtype=np.int64).reshape(rows, room)
    levels = np.frombuffer(mmap.mmap(-1, 4 * rows * room), dtype=np.int32).reshape(rows, room)
    return cycles, levels, np.empty(CHANNEL_COUNT, dtype=np.int64)


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


@kernel(
    chip="int64[:]", memory="uint8[:]",
    write_cycles="int64[:]", write_addresses="uint16[:]", write_values="uint8[:]",
    pulse_amplitudes="float64[:,:]", rest_amplitudes="float64[:,:]", kernel="float32[:,:]",
    table="float64[:]", tail="float64[:,:]", filter_states="float64[:,:]",
    cycles="int64[:,:]", levels="int32[:,:]", counts="int64[:]",
    places="int32[:,:]", heights="float64[:,:]",
    differences="float64[:]", finished="float32[:]", samples="float32[:,:]",
)  # fmt: skip
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
    table: Any,
    tail: Any,
    filter_states: Any,
    cycles: Any,
    levels: Any,
    counts: Any,
    places: Any,
    heights: Any,
    differences: Any,
    finished: Any,
    samples: Any,
) -> int:
    """Fill `samples`, float32 (columns, frames), from `first_frame` on; return the next write.

    `chip` (the words of an `APU` record), `tail` (columns, TAIL) and `filter_states` (columns,
    STATES) are the state, which is brought forward. `cycles`, `levels`, `counts`, `places`,
    `heights`, `finished` (VECTOR_LENGTH,) and `differences` (block_frames + MARGIN,) are scratch.
    """
    apu = chip.view(APU)[0]
    columns = samples.shape[0]
    next_write = 0
    done = 0
    while done < samples.shape[1]:
        frames = min(block_frames, samples.shape[1] - done)
        frame = first_frame + done
        first_cycle = _frame_start_cycle(frame + LATENCY_FRAMES, rate_hz, clock_hz)
        until = _frame_start_cycle(frame + frames + LATENCY_FRAMES, rate_hz, clock_hz)
        begin_block(apu, first_cycle, cycles, levels, counts)
        next_write = run_apu(
            apu, memory, until, write_cycles, write_addresses, write_values, next_write,
            cycles, levels, counts,
        )  # fmt: skip
        noise_row = NOISE_ROW
        noise_count = counts[NOISE_ROW]
        if counts[DMC_ROW] > 1 or levels[DMC_ROW, 0] != 0:  # not in most music
            noise_row = MERGED_ROW
            noise_count = merge_steps(
                cycles[NOISE_ROW], levels[NOISE_ROW], counts[NOISE_ROW],
                cycles[DMC_ROW], levels[DMC_ROW], counts[DMC_ROW],
                cycles[MERGED_ROW], levels[MERGED_ROW],
            )  # fmt: skip
        skipped = frame & (VECTOR_LENGTH - 1)
        filled = skipped + frames + TAIL
        for column in range(columns):
            for place in range(filled):
                differences[place] = 0.0
            for place in range(TAIL):
                differences[place] = tail[column, place]
            add_steps(
                cycles[PULSE1], levels[PULSE1], counts[PULSE1],
                cycles[PULSE2], levels[PULSE2], counts[PULSE2],
                pulse_amplitudes[column], rate_hz, clock_hz, frame - skipped,
                kernel, places, heights, differences,
            )  # fmt: skip
            add_steps(
                cycles[TRIANGLE_ROW], levels[TRIANGLE_ROW], counts[TRIANGLE_ROW],
                cycles[noise_row], levels[noise_row], noise_count,
                rest_amplitudes[column], rate_hz, clock_hz, frame - skipped,
                kernel, places, heights, differences,
            )  # fmt: skip
            finish_frames(
                differences, skipped, frames, table, filter_states[column], finished,
                samples[column, done : done + frames],
            )  # fmt: skip
            whole = (skipped + frames) & -VECTOR_LENGTH
            for place in range(TAIL):
                tail[column, place] = differences[whole + place]
        done += frames
    return next_write
