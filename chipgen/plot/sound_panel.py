"""Draws the lower panel of a picture: a waveform or a spectrogram."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOWEST_HZ, HIGHEST_HZ = 50.0, 16_000.0
SPECTRUM_FRAMES: Final = 4096  # separates semitones from about 180 Hz upwards
SPECTRUM_COLUMNS: Final = 1600
SPECTRUM_ROWS: Final = 220
FLOOR_DB: Final = -65.0
WAVE_COLUMNS: Final = 2400


def draw_waveform(
    axes: "Axes", samples: NDArray[np.float32], rate_hz: int, begin_s: float, end_s: float
) -> None:
    """Draw the samples (frames,) from `begin_s` to `end_s` as the band they move in."""
    first, sound = _shown(samples, rate_hz, begin_s, end_s)
    size = max(1, -(-len(sound) // WAVE_COLUMNS))
    padded = np.pad(sound, (0, -len(sound) % size), mode="edge").reshape(-1, size)
    times_s = (first + size * (np.arange(len(padded)) + 0.5)) / rate_hz
    axes.fill_between(
        times_s, padded.min(axis=1), padded.max(axis=1), color="#5E6B7A", linewidth=0.4
    )
    peak = max(0.05, float(np.abs(sound).max(initial=0.0)))
    axes.set_ylim(-1.08 * peak, 1.08 * peak)
    axes.set_ylabel("amplitude", color="#333333")


def draw_spectrogram(
    axes: "Axes", samples: NDArray[np.float32], rate_hz: int, begin_s: float, end_s: float
) -> None:
    """Draw their spectrum over time, frequency on a musical scale, dark where it is loud."""
    first, sound = _shown(samples, rate_hz, begin_s, end_s)
    half = SPECTRUM_FRAMES // 2
    padded = np.pad(sound, (half, half + SPECTRUM_FRAMES))
    hop = max(256, -(-len(sound) // SPECTRUM_COLUMNS))
    windows = np.lib.stride_tricks.sliding_window_view(padded, SPECTRUM_FRAMES)
    windows = windows[: len(sound) + 1 : hop]
    window = np.hanning(SPECTRUM_FRAMES).astype(np.float32)
    highest_hz = min(HIGHEST_HZ, rate_hz / 2)
    rows_hz = np.geomspace(LOWEST_HZ, highest_hz, SPECTRUM_ROWS)
    bins = rows_hz * SPECTRUM_FRAMES / rate_hz
    image = np.empty((SPECTRUM_ROWS, len(windows)), np.float32)
    for column, part in enumerate(windows):
        level = np.abs(np.fft.rfft(part * window)) / (SPECTRUM_FRAMES / 4)
        image[:, column] = np.interp(bins, np.arange(len(level)), level)
    level_db = 20 * np.log10(np.maximum(image, 1e-6))
    level_db -= max(float(level_db.max(initial=-120.0)), -60.0)
    left_s = first / rate_hz
    axes.imshow(
        level_db, origin="lower", aspect="auto", cmap="BuPu", vmin=FLOOR_DB, vmax=0.0,
        interpolation="bilinear",
        extent=(left_s, left_s + hop * len(windows) / rate_hz, 0.0, 1.0),
    )  # fmt: skip
    ticks_hz = [hz for hz in (100, 1000, 10_000) if hz < highest_hz]
    span = np.log(highest_hz / LOWEST_HZ)
    axes.set_yticks(
        [float(np.log(hz / LOWEST_HZ) / span) for hz in ticks_hz],
        [f"{hz} Hz" if hz < 1000 else f"{hz // 1000} kHz" for hz in ticks_hz],
    )
    axes.set_ylim(0.0, 1.0)
    axes.set_ylabel("frequency", color="#333333")


def _shown(
    samples: NDArray[np.float32], rate_hz: int, begin_s: float, end_s: float
) -> tuple[int, NDArray[np.float32]]:
    first = round(begin_s * rate_hz)
    sound = samples[first : round(end_s * rate_hz)]
    return first, sound if len(sound) else np.zeros(1, np.float32)
