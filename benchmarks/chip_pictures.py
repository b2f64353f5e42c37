"""Draws the pictures of docs/chip.md: waveforms, spectra, mixer curves and aliasing.

Run as ``python -m benchmarks.chip_pictures``; ``--out`` names another folder than docs/images.
"""

import argparse
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from synth.chip.hardware import NTSC
from synth.chip.level_trace import level_steps
from synth.chip.mixer import mix_pulses, mix_rest
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render

_RATE_HZ = 44_100
_INK = "#1f4e79"
_GREY = "#b0b0b0"
_RED = "#c0392b"


def write_log(writes: list[tuple[int, int, int]], seconds: float) -> RegisterLog:
    """Make a log of (cycle, address, value) writes."""
    table = np.array(writes)
    end_cycle = round(seconds * NTSC.clock_hz)
    return RegisterLog(table[:, 0], table[:, 1], table[:, 2], end_cycle)


def play_pulse(timer: int, duty: int, seconds: float) -> RegisterLog:
    """Hold one pulse at full volume."""
    writes = [(0, 0x4015, 1), (0, 0x4000, duty << 6 | 0x3F), (0, 0x4001, 8)]
    return write_log([*writes, (0, 0x4002, timer & 255), (0, 0x4003, timer >> 8)], seconds)


def play_triangle(timer: int, seconds: float) -> RegisterLog:
    """Hold the triangle."""
    writes = [(0, 0x4015, 4), (0, 0x4008, 0xFF), (0, 0x400A, timer & 255)]
    return write_log([*writes, (0, 0x400B, timer >> 8), (0, 0x4017, 0x80)], seconds)


def play_noise(period_index: int, *, short: bool, seconds: float) -> RegisterLog:
    """Hold the noise at full volume."""
    writes = [(0, 0x4015, 8), (0, 0x400C, 0x3F), (0, 0x400E, short << 7 | period_index)]
    return write_log([*writes, (0, 0x400F, 0)], seconds)


def draw_waveforms() -> Figure:
    """Draw each duty and the triangle: the levels to the cycle, and the samples of them."""
    figure, axes = plt.subplots(5, 1, figsize=(8, 8), sharex=True, layout="constrained")
    timer = 253
    names = ("12.5 %", "25 %", "50 %", "75 % (25 % upside down)")
    shapes = [(f"pulse, duty {d}: {names[d]}", play_pulse(timer, d, 0.02), 0) for d in range(4)]
    shapes.append(("triangle", play_triangle(126, 0.02), 2))
    for axis, (title, log, channel) in zip(axes, shapes, strict=True):
        cycles, levels = level_steps(log)
        level = levels[:, channel]
        mix = mix_pulses(level, 0) if channel < 2 else mix_rest(level, 0, 0)
        axis.step(cycles / NTSC.clock_hz * 1e3, mix, where="post", color=_GREY, lw=3)
        samples = render(log, _RATE_HZ, "none", "isolated")[:, channel]
        axis.plot(np.arange(samples.size) / _RATE_HZ * 1e3, samples, ".-", color=_INK, lw=0.8, ms=3)
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_ylabel("amplitude")
    axes[-1].set_xlim(4.0, 10.0)
    axes[-1].set_xlabel(
        "ms  (grey: the chip's levels through the mixer; blue: samples at 44.1 kHz)"
    )
    return figure


def spectrum_db(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute frequencies in kHz and magnitudes in dB to the strongest."""
    x = samples.astype(np.float64)
    x = (x - x.mean()) * np.kaiser(x.size, 22.0)
    magnitude = np.abs(np.fft.rfft(x))
    khz = np.arange(magnitude.size) * _RATE_HZ / x.size / 1e3
    return khz, 20 * np.log10(np.maximum(magnitude, 1e-12 * magnitude.max()) / magnitude.max())


def draw_noise() -> Figure:
    """Draw the spectra of both noise modes at three periods."""
    figure, axes = plt.subplots(
        3, 2, figsize=(9, 7), sharex=True, sharey=True, layout="constrained"
    )
    for row, index in enumerate((2, 6, 10)):
        for column, short in enumerate((False, True)):
            log = play_noise(index, short=short, seconds=2.0)
            khz, db = spectrum_db(render(log, _RATE_HZ, "none")[:, 0])
            axis = axes[row, column]
            if not short:  # average neighbours, which noise needs and lines do not
                size = 64
                whole = khz.size // size * size
                power = 10 ** (db[:whole].reshape(-1, size) / 10)
                khz = khz[:whole].reshape(-1, size).mean(axis=1)
                db = 10 * np.log10(power.mean(axis=1))
                db -= db[1:].max()
            axis.plot(khz, db, color=_INK, lw=0.8)
            mode = "short, 93 steps" if short else "long, 32,767 steps"
            period = NTSC.noise_period_cycles[index]
            axis.set_title(f"{mode}, period {period} cycles", loc="left", fontsize=10)
            axis.set_ylim(-70, 5)
    for axis in axes[-1]:
        axis.set_xlabel("kHz")
    for axis in axes[:, 0]:
        axis.set_ylabel("dB")
    return figure


def draw_mixer() -> Figure:
    """Draw the mixer's curves beside straight lines, and what $4011 does to the triangle."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    both = np.arange(31)
    axes[0].plot(both, mix_pulses(both, 0), "o-", color=_INK, ms=3, label="the chip")
    axes[0].plot(both, both * float(mix_pulses(1, 0)), "--", color=_GREY, label="straight on")
    axes[0].set_xlabel("pulse 1 + pulse 2")
    axes[0].set_ylabel("amplitude")
    dmc = np.arange(128)
    axes[1].plot(dmc, mix_rest(0, 0, dmc), color=_INK)
    axes[1].plot(dmc, dmc * float(mix_rest(0, 0, 1)), "--", color=_GREY)
    axes[1].set_xlabel("DMC level")
    for name, height, colour in (
        ("triangle", mix_rest(15, 0, dmc) - mix_rest(0, 0, dmc), _INK),
        ("noise", mix_rest(0, 15, dmc) - mix_rest(0, 0, dmc), _RED),
    ):
        axes[2].plot(dmc, 20 * np.log10(height / height[0]), color=colour, label=name)
    axes[2].set_xlabel("DMC level, set by $4011")
    axes[2].set_ylabel("loudness, dB")
    axes[0].legend()
    axes[2].legend()
    return figure


def draw_aliasing() -> Figure:
    """Draw a 1,670 Hz pulse sampled point by point, and band-limited."""
    timer = 66
    log = play_pulse(timer, 2, 3.2)
    cycles, levels = level_steps(log)
    frames = np.arange(1 << 17) + 4096
    now = np.searchsorted(cycles, frames * NTSC.clock_hz // _RATE_HZ, side="right") - 1
    points = mix_pulses(levels[now, 0], 0).astype(np.float32)
    ours = render(log, _RATE_HZ, "none")[frames, 0]
    hz = NTSC.clock_hz / (16 * (timer + 1))
    figure, axes = plt.subplots(
        2, 1, figsize=(9, 6), sharex=True, sharey=True, layout="constrained"
    )
    for axis, (title, samples) in zip(
        axes, (("point sampling", points), ("band-limited steps (chipgen)", ours)), strict=True
    ):
        khz, db = spectrum_db(samples)
        off = np.abs(khz * 1e3 - hz * np.rint(khz * 1e3 / hz)) > 8 * _RATE_HZ / samples.size
        worst = db[off & (khz > 0.03)].max()
        axis.plot(khz, np.where(off, db, np.nan), color=_RED, lw=0.7, label="not in the tone")
        axis.plot(khz, np.where(off, np.nan, db), color=_INK, lw=1.2, label="harmonics")
        axis.axhline(worst, color=_GREY, lw=0.8, ls="--")
        axis.set_title(f"{title}: strongest alias {worst:.0f} dB", loc="left", fontsize=10)
        axis.set_ylim(-160, 5)
        axis.set_ylabel("dB")
    axes[0].legend(loc="lower left")
    axes[1].set_xlabel("kHz")
    return figure


PICTURES = {
    "chip-waveforms.png": draw_waveforms,
    "chip-noise.png": draw_noise,
    "chip-mixer.png": draw_mixer,
    "chip-aliasing.png": draw_aliasing,
}


def main() -> None:
    """Draw all pictures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        figure = draw()
        figure.savefig(folder / name, dpi=110, metadata={"Software": None})
        plt.close(figure)
        print(folder / name)


if __name__ == "__main__":
    main()
