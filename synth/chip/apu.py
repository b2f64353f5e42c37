"""The APU: turns register writes into level steps of the five channels.

Time is event-driven. A channel runs on its own from one event that concerns it (a write to its
registers, a clock of the frame sequencer, the end of a block) to the next, and adds the steps of
its level to its own buffer; merging the buffers puts the steps in order.

At the same CPU cycle the frame sequencer comes first, then the channels' timers, then register
writes in their order: the CPU puts a byte on the bus in the second half of its cycle.

References
----------
NESdev wiki: "APU", "APU Frame Counter", "APU Mixer".
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.dmc import DMC, EMPTY, enable_dmc, refresh_dmc, run_dmc, write_dmc
from synth.chip.frame_sequencer import (
    HALF_FRAME,
    NOTHING,
    QUARTER_FRAME,
    SEQUENCER,
    clock_sequencer,
    start_sequencer,
    write_sequencer,
)
from synth.chip.hardware import Region
from synth.chip.length_counter import enable_length
from synth.chip.noise import (
    NOISE,
    clock_noise,
    noise_volume,
    refresh_noise,
    run_noise,
    write_noise,
)
from synth.chip.pulse import (
    PULSE,
    clock_pulse,
    pulse_volume,
    refresh_pulse,
    run_pulse,
    write_pulse,
)
from synth.chip.triangle import (
    TRIANGLE,
    clock_triangle,
    run_triangle,
    triangle_moves,
    write_triangle,
)
from synth.kernels import compiled

APU: Final = np.dtype(
    [("pulse1", PULSE), ("pulse2", PULSE), ("triangle", TRIANGLE), ("noise", NOISE), ("dmc", DMC),
     ("sequencer", SEQUENCER)]
)  # fmt: skip

PULSE1: Final = 0
PULSE2: Final = 1
TRIANGLE_ROW: Final = 2
NOISE_ROW: Final = 3
DMC_ROW: Final = 4
CHANNEL_COUNT: Final = 5

# Levels stand where they are needed in one of two words, as the mixer has two halves.
PULSES_BITS: Final = 8  # pulse 1 in bits 0-3, pulse 2 in bits 4-7
REST_BITS: Final = 15  # noise in bits 0-3, triangle in bits 4-7, DMC in bits 8-14

FAR: Final = 1 << 62  # a cycle that never comes


def power_up(region: Region, *, click_free: bool, hold_ultrasonic: bool) -> NDArray[np.void]:
    """State of the chip as power-up leaves it: registers 0, all silent, triangle at 15.

    All timers but the DMC's are 0, and so tick in the first cycle.

    Parameters
    ----------
    region
        Clock and tables of the chip.
    click_free
        Whether $4003 and $4007 leave the duty phase alone.
    hold_ultrasonic
        Whether the triangle holds its level at the timers 0 and 1.

    Returns
    -------
    ndarray
        One `APU` record, shape (1,).

    References
    ----------
    NESdev wiki: "CPU power up state".
    """
    state = np.zeros(1, dtype=APU)
    for name, shift in (("pulse1", 0), ("pulse2", 4)):
        pulse = state[name]
        pulse["level_shift"] = shift
        pulse["click_free"] = click_free
    state["pulse1"]["sweep"]["ones_complement"] = 1
    triangle = state["triangle"]
    triangle["level_shift"] = 4
    triangle["level"] = 15 << 4
    triangle["hold_ultrasonic"] = hold_ultrasonic
    noise = state["noise"]
    noise["shift_register"] = 1
    noise["period_cycles"] = region.noise_period_cycles
    dmc = state["dmc"]
    dmc["level_shift"] = 8
    dmc["sample_address"] = 0xC000
    dmc["sample_length"] = 1
    dmc["buffer"] = EMPTY
    dmc["bits_left"] = 8
    dmc["silence"] = 1
    dmc["period_cycles"] = region.dmc_period_cycles
    dmc["next_cycle"] = region.dmc_period_cycles[0]
    sequencer = state["sequencer"]
    sequencer["step_cycles"] = (region.sequencer_4step_cycles, region.sequencer_5step_cycles)
    sequencer["written"] = NOTHING
    sequencer["step_cycle"] = region.sequencer_4step_cycles[0]
    sequencer["next_cycle"] = region.sequencer_4step_cycles[0]
    return state


def step_capacity(block_cycles: int) -> int:
    """Room that a buffer row needs for a block.

    A write or a clock steps a channel once a cycle at most, and so does the triangle's timer, but
    neither steps the triangle. Of the other timers the noise's is the fastest: every fourth cycle.
    """
    return block_cycles + block_cycles // 4 + 8


@compiled
def begin_block(apu: Any, start: int, cycles: Any, levels: Any, counts: Any) -> None:
    """Empty the buffers: entry 0 of a row is the level of its channel at the block's start."""
    levels[PULSE1, 0] = apu.pulse1.level
    levels[PULSE2, 0] = apu.pulse2.level
    levels[TRIANGLE_ROW, 0] = apu.triangle.level
    levels[NOISE_ROW, 0] = apu.noise.level
    levels[DMC_ROW, 0] = refresh_dmc(apu.dmc)
    for row in range(CHANNEL_COUNT):
        cycles[row, 0] = start - 1
        counts[row] = 1


@compiled
def run_apu(
    apu: Any,
    memory: Any,
    until: int,
    write_cycles: Any,
    write_addresses: Any,
    write_values: Any,
    next_write: int,
    cycles: Any,
    levels: Any,
    counts: Any,
) -> int:
    """Apply all writes before `until`, run all channels up to it, return the next write's index.

    `cycles` and `levels` are the step buffers, one row a channel, `counts` their fill.
    """
    while True:
        write_cycle = FAR
        if next_write < write_cycles.size:
            write_cycle = write_cycles[next_write]
        clock_cycle = apu.sequencer.next_cycle
        if min(write_cycle, clock_cycle) >= until:
            break
        if clock_cycle <= write_cycle:
            clocks = clock_sequencer(apu.sequencer)
            _clock_channels(apu, clock_cycle, clocks, cycles, levels, counts)
        else:
            # No CPU writes again before what it wrote to $4017 takes effect, but files that count
            # in coarser ticks do; the order of writes holds.
            clocks = start_sequencer(apu.sequencer, write_cycle)
            _clock_channels(apu, write_cycle, clocks, cycles, levels, counts)
            address = write_addresses[next_write]
            value = np.int64(write_values[next_write])
            _write(apu, memory, write_cycle, address, value, cycles, levels, counts)
            next_write += 1
    run_pulse(apu.pulse1, PULSE1, until, cycles, levels, counts)
    run_pulse(apu.pulse2, PULSE2, until, cycles, levels, counts)
    run_triangle(apu.triangle, TRIANGLE_ROW, until, cycles, levels, counts)
    run_noise(apu.noise, NOISE_ROW, until, cycles, levels, counts)
    run_dmc(apu.dmc, memory, DMC_ROW, until, cycles, levels, counts)
    return next_write


@compiled
def merge_steps(
    cycles_a: Any, levels_a: Any, count_a: int,
    cycles_b: Any, levels_b: Any, count_b: int,
    merged_cycles: Any, merged_levels: Any,
) -> int:  # fmt: skip
    """Put the steps of two buffers in order, each with both levels in one word; return the count.

    The buffers need room for one entry more than they hold.
    """
    cycles_a[count_a] = FAR
    cycles_b[count_b] = FAR
    level_a = levels_a[0]
    level_b = levels_b[0]
    merged_levels[0] = level_a | level_b
    a = 1
    b = 1
    for merged in range(1, count_a + count_b - 1):
        next_a = levels_a[a]
        next_b = levels_b[b]
        a_first = cycles_a[a] <= cycles_b[b]
        merged_cycles[merged] = cycles_a[a] if a_first else cycles_b[b]
        level_a = next_a if a_first else level_a
        level_b = level_b if a_first else next_b
        merged_levels[merged] = level_a | level_b
        a += a_first
        b += not a_first
    return count_a + count_b - 1


@compiled
def _write(
    apu: Any,
    memory: Any,
    cycle: int,
    address: int,
    value: int,
    cycles: Any,
    levels: Any,
    counts: Any,
) -> None:
    """Bring the channel that the write concerns past `cycle`'s timers and give it the byte."""
    register = address & 3
    after = cycle + 1
    if address < 0x4004:
        run_pulse(apu.pulse1, PULSE1, after, cycles, levels, counts)
        write_pulse(apu.pulse1, register, value, cycle)
        _settle(PULSE1, cycle, refresh_pulse(apu.pulse1), cycles, levels, counts)
    elif address < 0x4008:
        run_pulse(apu.pulse2, PULSE2, after, cycles, levels, counts)
        write_pulse(apu.pulse2, register, value, cycle)
        _settle(PULSE2, cycle, refresh_pulse(apu.pulse2), cycles, levels, counts)
    elif address < 0x400C:
        run_triangle(apu.triangle, TRIANGLE_ROW, after, cycles, levels, counts)
        write_triangle(apu.triangle, register, value, cycle)
        apu.triangle.moving = triangle_moves(apu.triangle)
    elif address < 0x4010:
        run_noise(apu.noise, NOISE_ROW, after, cycles, levels, counts)
        write_noise(apu.noise, register, value, cycle)
        _settle(NOISE_ROW, cycle, refresh_noise(apu.noise), cycles, levels, counts)
    elif address < 0x4014:
        run_dmc(apu.dmc, memory, DMC_ROW, after, cycles, levels, counts)
        write_dmc(apu.dmc, register, value)
        _settle(DMC_ROW, cycle, refresh_dmc(apu.dmc), cycles, levels, counts)
    elif address == 0x4015:
        run_dmc(apu.dmc, memory, DMC_ROW, after, cycles, levels, counts)
        enable_dmc(apu.dmc, (value >> 4) & 1, memory)
        run_pulse(apu.pulse1, PULSE1, after, cycles, levels, counts)
        run_pulse(apu.pulse2, PULSE2, after, cycles, levels, counts)
        run_triangle(apu.triangle, TRIANGLE_ROW, after, cycles, levels, counts)
        run_noise(apu.noise, NOISE_ROW, after, cycles, levels, counts)
        enable_length(apu.pulse1.length, value & 1)
        enable_length(apu.pulse2.length, (value >> 1) & 1)
        enable_length(apu.triangle.length, (value >> 2) & 1)
        enable_length(apu.noise.length, (value >> 3) & 1)
        _settle(PULSE1, cycle, refresh_pulse(apu.pulse1), cycles, levels, counts)
        _settle(PULSE2, cycle, refresh_pulse(apu.pulse2), cycles, levels, counts)
        apu.triangle.moving = triangle_moves(apu.triangle)
        _settle(NOISE_ROW, cycle, refresh_noise(apu.noise), cycles, levels, counts)
    elif address == 0x4017:
        write_sequencer(apu.sequencer, cycle, value)


@compiled
def _clock_channels(
    apu: Any, cycle: int, clocks: int, cycles: Any, levels: Any, counts: Any
) -> None:
    """Give the frame sequencer's clocks to the four channels that have counters.

    Counters run apart from timers, so a channel is brought up to `cycle` only if it will go on
    otherwise than before.
    """
    if not clocks & QUARTER_FRAME:
        return
    half_frame = (clocks & HALF_FRAME) != 0
    _clock_pulse(apu.pulse1, PULSE1, half_frame, cycle, cycles, levels, counts)
    _clock_pulse(apu.pulse2, PULSE2, half_frame, cycle, cycles, levels, counts)
    clock_triangle(apu.triangle, half_frame, cycle)
    moving = triangle_moves(apu.triangle)
    if moving != apu.triangle.moving:
        run_triangle(apu.triangle, TRIANGLE_ROW, cycle, cycles, levels, counts)
        apu.triangle.moving = moving
    clock_noise(apu.noise, half_frame, cycle)
    if noise_volume(apu.noise) != apu.noise.volume:
        run_noise(apu.noise, NOISE_ROW, cycle, cycles, levels, counts)
        _settle(NOISE_ROW, cycle, refresh_noise(apu.noise), cycles, levels, counts)


@compiled
def _clock_pulse(
    pulse: Any, row: int, half_frame: bool, cycle: int, cycles: Any, levels: Any, counts: Any
) -> None:
    """Clock one pulse, and bring it up to `cycle` if its volume or timer changes."""
    timer = clock_pulse(pulse, half_frame, cycle)
    if timer != pulse.timer or pulse_volume(pulse, timer) != pulse.volume:
        run_pulse(pulse, row, cycle, cycles, levels, counts)
        pulse.timer = timer
        _settle(row, cycle, refresh_pulse(pulse), cycles, levels, counts)


@compiled
def _settle(row: int, cycle: int, level: int, cycles: Any, levels: Any, counts: Any) -> None:
    """Add a step to `level` if the channel is not there yet, at most one for each cycle."""
    last = counts[row] - 1
    if levels[row, last] == level:
        return
    if last > 0 and cycles[row, last] == cycle:
        levels[row, last] = level
    else:
        cycles[row, last + 1] = cycle
        levels[row, last + 1] = level
        counts[row] = last + 2
