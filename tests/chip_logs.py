"""Small register logs for the chip's tests, and what the chip makes of them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, Region
from synth.chip.level_trace import run_chip
from synth.chip.register_log import RegisterLog

Write = tuple[int, int, int]  # CPU cycle, address, byte


def log_of(
    writes: Iterable[Write],
    end_cycle: int,
    region: Region = NTSC,
    memory: tuple[tuple[int, bytes], ...] = (),
) -> RegisterLog:
    """Make a register log of writes given as (cycle, address, value)."""
    table = np.array(list(writes), dtype=np.int64).reshape(-1, 3)
    return RegisterLog(table[:, 0], table[:, 1], table[:, 2], end_cycle, region, memory=memory)


def state_before(
    cycle: int,
    writes: Iterable[Write],
    region: Region = NTSC,
    memory: tuple[tuple[int, bytes], ...] = (),
) -> np.void:
    """Run the chip through all that happens before `cycle`."""
    state, _, _ = run_chip(log_of([w for w in writes if w[0] < cycle], cycle, region, memory))
    return state[0]


def channel_steps(
    log: RegisterLog, channel: int, *, ultrasonic: str = "silent", click_free: bool = False
) -> list[tuple[int, int]]:
    """List (cycle, level) whenever the level of one channel changes, power-up at cycle -1 first."""
    _, cycles, levels = run_chip(log, ultrasonic=ultrasonic, click_free=click_free)
    column = levels[:, channel].astype(int)
    changed = np.flatnonzero(np.concatenate(([True], column[1:] != column[:-1])))
    return [(int(cycles[i]), int(column[i])) for i in changed]


def pulse_tone(timer: int, duty: int = 2, volume: int = 15, channel: int = 0) -> list[Write]:
    """Make one pulse sound steadily by writes at cycle 0."""
    base = 0x4000 + 4 * channel
    return [
        (0, 0x4015, 1 << channel),
        (0, base, duty << 6 | 0x30 | volume),
        (0, base + 1, 0x08),
        (0, base + 2, timer & 0xFF),
        (0, base + 3, timer >> 8),
    ]


def triangle_tone(timer: int) -> list[Write]:
    """Make the triangle sound steadily by writes at cycle 0."""
    return [
        (0, 0x4015, 4),
        (0, 0x4008, 0xFF),
        (0, 0x400A, timer & 0xFF),
        (0, 0x400B, timer >> 8),
        (0, 0x4017, 0x80),  # clocks the linear counter
        (0, 0x4015, 4),  # no write is overtaken, so at once
    ]


def noise_tone(period_index: int, *, short: bool = False, volume: int = 15) -> list[Write]:
    """Make the noise sound steadily by writes at cycle 0."""
    return [
        (0, 0x4015, 8),
        (0, 0x400C, 0x30 | volume),
        (0, 0x400E, (0x80 if short else 0) | period_index),
        (0, 0x400F, 0),
    ]


def spectrum_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compute magnitudes in dB to the strongest bin; the window leaks less than -150 dB."""
    x = np.asarray(samples, dtype=np.float64)
    x = (x - x.mean()) * np.kaiser(x.size, 22.0)
    magnitude = np.abs(np.fft.rfft(x))
    return 20.0 * np.log10(np.maximum(magnitude, 1e-300) / magnitude.max())
