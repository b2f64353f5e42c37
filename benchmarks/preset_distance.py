"""Tells how far apart presets sound on songs, in dB.

    python -m benchmarks.preset_distance songs [--most 6] [--presets default bright]

Each song's first seconds are arranged and rendered with each preset. Power in third octaves from
63 Hz to 12.5 kHz is taken every 50 ms, no lower than 50 dB below the loudest; the distance of two
presets is the mean difference of these levels, and the figure is its median over the songs.
"""

import argparse
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.app.pipeline import make_sound
from chipgen.request import Request
from synth.chip.render_log import render
from synth.instrument.preset_loader import load_preset, preset_names

RATE_HZ: Final = 44_100
SECONDS: Final = 12.0
WINDOW: Final = 4096
HOP: Final = 2205
FLOOR_DB: Final = 50.0
CENTRES_HZ: Final = 1000.0 * 2.0 ** (np.arange(-12, 12) / 3.0)


def band_levels(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the level in dB of each third octave every 50 ms, shape (times, 24)."""
    starts = range(0, len(sound) - WINDOW, HOP)
    frames = np.stack([sound[at : at + WINDOW] for at in starts]) * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames)) ** 2
    hz = np.fft.rfftfreq(WINDOW, 1 / RATE_HZ)
    bands = np.stack(
        [
            power[:, (hz >= centre * 2 ** (-1 / 6)) & (hz < centre * 2 ** (1 / 6))].sum(axis=1)
            for centre in CENTRES_HZ
        ],
        axis=1,
    )
    level = 10 * np.log10(np.maximum(bands, 1e-12))
    return np.asarray(np.maximum(level, level.max() - FLOOR_DB))


def distance_db(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the mean difference of two tables of levels."""
    count = min(len(one), len(other))
    return float(np.abs(one[:count] - other[:count]).mean())


def main() -> None:
    """Print the pairs of presets from the nearest on."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("songs", type=Path)
    parser.add_argument("--most", type=int, default=6)
    parser.add_argument("--presets", nargs="*", default=preset_names())
    options = parser.parse_args()
    paths = sorted(options.songs.rglob("*.mid"))
    paths = paths[:: max(1, len(paths) // options.most)][: options.most]
    found: dict[tuple[str, str], list[float]] = {}
    for path in paths:
        levels = {}
        for name in options.presets:
            request = Request(bars=0, seconds=SECONDS, preset=name)
            sound = make_sound(path, request, load_preset(name))
            levels[name] = band_levels(render(sound.log, RATE_HZ, sound.console_filter)[:, 0])
        for pair in combinations(options.presets, 2):
            found.setdefault(pair, []).append(distance_db(levels[pair[0]], levels[pair[1]]))
    medians = {pair: float(np.median(values)) for pair, values in found.items()}
    for pair, distance in sorted(medians.items(), key=lambda item: item[1])[:20]:
        print(f"{distance:6.2f} dB  {pair[0]} - {pair[1]}")
    print(f"median of {len(medians)} pairs: {np.median(list(medians.values())):.2f} dB")


if __name__ == "__main__":
    main()
