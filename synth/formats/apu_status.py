"""The sound chip as a program sees it: $4015, interrupts, the DMC's memory reads.

Counters, frame sequencer and DMC are the chip's own (`synth.chip`), brought up to a cycle when a
program writes, reads or waits. Nothing here sounds.

References
----------
NESdev wiki: "APU", section Status; "APU Frame Counter"; "APU DMC"; "DMA".
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip import apu as chip
from synth.chip.apu import APU, FAR
from synth.chip.dmc import EMPTY, enable_dmc, skip_dmc, write_dmc
from synth.chip.frame_sequencer import HALF_FRAME, clock_sequencer, write_sequencer
from synth.chip.hardware import Region
from synth.chip.length_counter import clock_length, enable_length, halt_length, load_length
from synth.kernels import compiled

# CPU cycles that the DMC halts the CPU for: its first byte, and any other.
LOAD_CYCLES: Final = 3
RELOAD_CYCLES: Final = 4

# The frame interrupt's flag is raised in three cycles in a row, from the one before the last step.
FLAG_CYCLES: Final = 3


def power_up(region: Region) -> NDArray[np.int64]:
    """Return the words of a chip that nothing was written to."""
    return chip.power_up(region, click_free=False, hold_ultrasonic=False).view(np.int64)


@compiled
def note_write(words: Any, memory: Any, cycle: int, address: int, value: int) -> int:
    """Take a write to a sound register at `cycle`; return how many cycles it halts the CPU for.

    `memory` stands for what the DMC reads; which bytes it gets makes no difference here.
    """
    apu = words.view(APU)[0]
    register = address & 3
    if address < 0x4010:
        if register in (1, 2):
            return 0  # neither length nor halt
        _clock_lengths(apu, cycle)
        if address < 0x4004:
            _write_length(apu.pulse1.length, register, value, 5, cycle)
        elif address < 0x4008:
            _write_length(apu.pulse2.length, register, value, 5, cycle)
        elif address < 0x400C:
            _write_length(apu.triangle.length, register, value, 7, cycle)
        else:
            _write_length(apu.noise.length, register, value, 5, cycle)
    elif address < 0x4014:
        skip_dmc(apu.dmc, cycle + 1, memory)
        write_dmc(apu.dmc, register, value)
    elif address == 0x4015:
        _catch_up(apu, memory, cycle)
        enable_length(apu.pulse1.length, value & 1)
        enable_length(apu.pulse2.length, (value >> 1) & 1)
        enable_length(apu.triangle.length, (value >> 2) & 1)
        enable_length(apu.noise.length, (value >> 3) & 1)
        was_empty = apu.dmc.buffer == EMPTY
        enable_dmc(apu.dmc, (value >> 4) & 1, memory)
        return LOAD_CYCLES if was_empty and apu.dmc.buffer != EMPTY else 0
    elif address == 0x4017:
        _clock_lengths(apu, cycle)
        write_sequencer(apu.sequencer, cycle, value)
    return 0


@compiled
def read_status(words: Any, memory: Any, cycle: int) -> int:
    """Return the byte that $4015 reads as at `cycle`; the frame interrupt is acknowledged."""
    apu = words.view(APU)[0]
    _catch_up(apu, memory, cycle)
    status = 0x80 if apu.dmc.irq else 0
    status |= 1 if apu.pulse1.length.count > 0 else 0
    status |= 2 if apu.pulse2.length.count > 0 else 0
    status |= 4 if apu.triangle.length.count > 0 else 0
    status |= 8 if apu.noise.length.count > 0 else 0
    status |= 0x10 if apu.dmc.bytes_left > 0 else 0
    sequencer = apu.sequencer
    late = _cycles_past_flag(sequencer, cycle)
    if sequencer.irq or late >= 0:
        status |= 0x40
    sequencer.irq = 1 if 0 <= late < FLAG_CYCLES - 1 else 0  # the next cycle raises it again
    return status


@compiled
def counters(words: Any, memory: Any, cycle: int) -> int:
    """Pack what $4015 reads as, now and later, into one number: lengths, flags and bytes left."""
    apu = words.view(APU)[0]
    _catch_up(apu, memory, cycle)
    packed = apu.pulse1.length.count
    packed = packed << 8 | apu.pulse2.length.count
    packed = packed << 8 | apu.triangle.length.count
    packed = packed << 8 | apu.noise.length.count
    packed = packed << 13 | apu.dmc.bytes_left
    return int(packed << 2 | apu.dmc.irq << 1 | apu.sequencer.irq)


@compiled
def next_fetch(words: Any) -> int:
    """Cycle at which the DMC reads its next byte, as far as is known now."""
    dmc = words.view(APU)[0].dmc
    if dmc.bytes_left == 0 or dmc.buffer == EMPTY:
        return FAR
    return int(dmc.next_cycle + (dmc.bits_left - 1) * dmc.period_cycles[dmc.rate_index])


@compiled
def take_fetch(words: Any, memory: Any, cycle: int) -> int:
    """Let the DMC read the byte that is due at `cycle`; return how many cycles it halts the CPU."""
    skip_dmc(words.view(APU)[0].dmc, cycle + 1, memory)
    return RELOAD_CYCLES


@compiled
def wait_until(words: Any, memory: Any, cycle: int) -> None:
    """Let the DMC read what is due up to `cycle`, while no program runs that it could halt."""
    skip_dmc(words.view(APU)[0].dmc, cycle + 1, memory)


@compiled
def interrupt_cycle(words: Any, memory: Any, cycle: int) -> int:
    """Cycle from which the chip asks for an interrupt, by its state at `cycle`."""
    apu = words.view(APU)[0]
    _catch_up(apu, memory, cycle)
    sequencer = apu.sequencer
    if apu.dmc.irq or sequencer.irq:
        return cycle
    due = FAR
    if not (sequencer.five_steps or sequencer.irq_inhibit):
        due = max(sequencer.reset_cycle + sequencer.step_cycles[0, 3] - 1, cycle)
    if sequencer.effect_cycle > cycle:  # the write to $4017 may change that
        due = min(due, sequencer.effect_cycle)
    return int(due)


@compiled
def _cycles_past_flag(sequencer: Any, cycle: int) -> int:
    """How many cycles ago the flag was first raised, if it is being raised; else -1."""
    if sequencer.five_steps or sequencer.irq_inhibit:
        return -1
    first = sequencer.reset_cycle + sequencer.step_cycles[0, 3] - 1
    if sequencer.step == 0 and sequencer.irq:  # the last step has moved the reset beyond itself
        first = sequencer.reset_cycle - 2
    late = cycle - first
    return int(late) if 0 <= late < FLAG_CYCLES else -1


@compiled
def _write_length(length: Any, register: int, value: int, halt_bit: int, cycle: int) -> None:
    """Take a channel's register as far as its length counter goes."""
    if register == 0:
        halt_length(length, (value >> halt_bit) & 1, cycle)
    elif register == 3:
        load_length(length, value, cycle)


@compiled
def _catch_up(apu: Any, memory: Any, cycle: int) -> None:
    """Clock the counters up to and in `cycle`."""
    _clock_lengths(apu, cycle)
    skip_dmc(apu.dmc, cycle + 1, memory)


@compiled
def _clock_lengths(apu: Any, cycle: int) -> None:
    """Clock frame sequencer and length counters up to and in `cycle`."""
    while apu.sequencer.next_cycle <= cycle:
        due = apu.sequencer.next_cycle
        if clock_sequencer(apu.sequencer) & HALF_FRAME:
            clock_length(apu.pulse1.length, due)
            clock_length(apu.pulse2.length, due)
            clock_length(apu.triangle.length, due)
            clock_length(apu.noise.length, due)
