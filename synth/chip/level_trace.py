"""Traces the level steps of the five channels, as the mixer receives them.

For drawing, measuring and testing: the chip's output, exact to the cycle, before any audio.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.chip.apu import APU, CHANNEL_COUNT, begin_block, power_up, run_apu
from synth.chip.dmc_memory import memory_image
from synth.chip.register_log import RegisterLog
from synth.chip.render_block import BLOCK_CYCLES, step_buffers
from synth.chip.voices import CHANNELS
from synth.kernels import kernel


def level_steps(
    log: RegisterLog, *, click_free: bool = False, ultrasonic: str = "silent"
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Levels of the five channels whenever one of them changes.

    Parameters
    ----------
    log
        The register writes.
    click_free, ultrasonic
        As for `synth.chip.audio_stream.AudioStream`.

    Returns
    -------
    cycle
        CPU cycles of the changes, int64, shape (n,), strictly increasing; the first is -1, the
        power-up state.
    level
        Levels from that cycle on, uint8, shape (n, 5): pulse 1, pulse 2, triangle, noise (0-15) and
        DMC (0-127).
    """
    return run_chip(log, click_free=click_free, ultrasonic=ultrasonic)[1:]


def run_chip(
    log: RegisterLog, *, click_free: bool = False, ultrasonic: str = "silent"
) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.uint8]]:
    """Run a whole log and return the chip's state at its end, and what `level_steps` returns.

    Returns
    -------
    state
        One record of `synth.chip.apu.APU`, shape (1,).
    cycle, level
        As `level_steps`.
    """
    chip = power_up(log.region, click_free=click_free, hold_ultrasonic=ultrasonic == "silent")
    shifts = [int(chip[name]["level_shift"][0]) for name in CHANNELS]
    found: list[tuple[list[NDArray[np.int64]], list[NDArray[np.int32]]]] = [
        ([], []) for _ in range(CHANNEL_COUNT)
    ]
    for number, (cycles, levels, counts) in enumerate(_blocks(chip, log)):
        for row, (row_cycles, row_levels) in enumerate(found):
            first = 1 if number else 0
            row_cycles.append(cycles[row, first : counts[row]].copy())
            row_levels.append(levels[row, first : counts[row]] >> shifts[row])
    return chip, *_align(found)


def is_silent(log: RegisterLog) -> bool:
    """Whether no channel's level ever changes.

    Parameters
    ----------
    log
        The register writes.
    """
    chip = power_up(log.region, click_free=False, hold_ultrasonic=True)
    return all(counts.max() == 1 for _, _, counts in _blocks(chip, log))


def last_step(log: RegisterLog) -> int:
    """CPU cycle of the last change of a channel's level; -1 if there is none.

    Parameters
    ----------
    log
        The register writes.
    """
    chip = power_up(log.region, click_free=False, hold_ultrasonic=True)
    last = -1
    for cycles, _, counts in _blocks(chip, log):
        for row in np.flatnonzero(counts > 1):
            last = max(last, int(cycles[row, counts[row] - 1]))
    return last


def _blocks(
    chip: NDArray[np.void], log: RegisterLog
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]]:
    """Run the chip, and show the buffers after each block."""
    log = log.of_chip()
    memory, words = memory_image(log.memory), chip.view(np.int64)
    writes = log.cycle, log.address, log.value
    cycles, levels, counts = step_buffers()
    next_write = 0
    for start in range(0, max(log.end_cycle, 1), BLOCK_CYCLES):
        until = min(start + BLOCK_CYCLES, log.end_cycle)
        next_write = trace(words, memory, start, until, *writes, next_write, cycles, levels, counts)
        yield cycles, levels, counts


@kernel(
    chip="int64[:]", memory="uint8[:]",
    write_cycles="int64[:]", write_addresses="uint16[:]", write_values="uint8[:]",
    cycles="int64[:,:]", levels="int32[:,:]", counts="int64[:]",
)  # fmt: skip
def trace(
    chip: Any, memory: Any, start: int, until: int,
    write_cycles: Any, write_addresses: Any, write_values: Any, next_write: int,
    cycles: Any, levels: Any, counts: Any,
) -> int:  # fmt: skip
    """Run the chip, given as the words of an `APU` record, through a block; see `run_apu`."""
    apu = chip.view(APU)[0]
    begin_block(apu, start, cycles, levels, counts)
    return run_apu(  # type: ignore[no-any-return]
        apu, memory, until, write_cycles, write_addresses, write_values, next_write,
        cycles, levels, counts,
    )  # fmt: skip


def _align(
    found: list[tuple[list[NDArray[np.int64]], list[NDArray[np.int32]]]],
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Put the channels' own steps onto one time line."""
    rows = [(np.concatenate(cycles), np.concatenate(levels)) for cycles, levels in found]
    when = np.unique(np.concatenate([cycles for cycles, _ in rows]))
    columns = [levels[np.searchsorted(cycles, when, side="right") - 1] for cycles, levels in rows]
    level = np.stack(columns, axis=1).astype(np.uint8)
    changed = np.ones(when.size, dtype=bool)
    changed[1:] = np.any(level[1:] != level[:-1], axis=1)
    return when[changed], level[changed]
