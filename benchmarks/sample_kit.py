"""Synthesizes the samples that come with chipgen: kick, snare, toms and bass, for the DMC.

    python -m benchmarks.sample_kit

Everything is made from sines and seeded noise, so that nobody has rights in it (CC0). The files go
to presets/samples; the same program makes the same bytes.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.dpcm import Dpcm, encode_sound, rate_hz

FOLDER: Final = Path(__file__).parents[1] / "presets" / "samples"
SOUND_HZ: Final = 44_100
RATE: Final = 15
BASS: Final = range(28, 53)  # MIDI notes E1 to E3
PAIRS: Final = (
    ("kick", "snare"), ("kick", "tom-low"), ("kick", "tom-high"), ("snare", "tom-low"),
    ("snare", "tom-high"),
)  # fmt: skip
LONGEST_LOOP: Final = 257  # bytes

Wave = NDArray[np.float64]


def kick() -> Wave:
    """Return a sine that falls from 190 to 48 Hz."""
    time_s = np.arange(round(0.17 * SOUND_HZ)) / SOUND_HZ
    hz = 48 + 142 * np.exp(-time_s / 0.022)
    click = np.exp(-time_s / 0.002) * 0.4
    return np.sin(2 * np.pi * np.cumsum(hz) / SOUND_HZ) * _fade(time_s, 0.07) + click


def snare() -> Wave:
    """Return two short tones under noise without its lowest part."""
    time_s = np.arange(round(0.19 * SOUND_HZ)) / SOUND_HZ
    noise = np.random.default_rng(1).standard_normal(len(time_s))
    smooth = np.convolve(noise, np.ones(6) / 6, "same") - np.convolve(
        noise, np.ones(90) / 90, "same"
    )
    tone = np.sin(2 * np.pi * 186 * time_s) + 0.6 * np.sin(2 * np.pi * 331 * time_s)
    return 0.7 * tone * _fade(time_s, 0.035) + 1.1 * smooth * _fade(time_s, 0.055)


def tom(hz: float) -> Wave:
    """Return a sine that falls by a third."""
    time_s = np.arange(round(0.22 * SOUND_HZ)) / SOUND_HZ
    falling = hz * (1 + 0.5 * np.exp(-time_s / 0.05))
    return np.sin(2 * np.pi * np.cumsum(falling) / SOUND_HZ) * _fade(time_s, 0.08)


def bass(note: int) -> tuple[Wave, float]:
    """Return whole turns of a plucked wave, and the rate that makes a loop of them in tune."""
    hz = 440.0 * 2.0 ** ((note - 69) / 12)
    turns, size = min(
        ((turns, 16 * n + 1) for turns in range(1, 9) for n in range(LONGEST_LOOP // 16 + 1)),
        key=lambda way: (abs(np.log2(way[0] * rate_hz(RATE) / (8 * way[1]) / hz)), way[1]),
    )
    count = 4096
    phase = 2 * np.pi * turns * np.arange(count) / count
    wave = sum(np.sin(k * phase) / k**1.3 for k in range(1, 7))
    return np.asarray(wave), count / (8 * size / rate_hz(RATE))


def _fade(time_s: Wave, decay_s: float) -> Wave:
    return np.asarray(np.exp(-time_s / decay_s) * np.minimum((time_s[-1] - time_s) / 0.01, 1.0))


def both(one: Wave, other: Wave) -> Wave:
    """Return two sounds at once."""
    mixed = np.zeros(max(len(one), len(other)))
    mixed[: len(one)] += one
    mixed[: len(other)] += other
    return mixed


def samples() -> dict[str, Dpcm]:
    """Return all samples by name; what is struck at one moment is a sample of its own."""
    drums = {"kick": kick(), "snare": snare(), "tom-low": tom(82.0), "tom-high": tom(131.0)}
    pairs = {f"{a}+{b}": both(drums[a], drums[b]) for a, b in PAIRS}
    made = {name: encode_sound(wave, SOUND_HZ, RATE) for name, wave in {**drums, **pairs}.items()}
    for note in BASS:
        wave, hz = bass(note)
        made[f"bass-{note}"] = encode_sound(wave, hz, RATE, 0.55, loop=True)
    return made


def main() -> None:
    """Write the samples, and tell each one's size and error."""
    FOLDER.mkdir(exist_ok=True)
    for name, sample in samples().items():
        (FOLDER / f"{name}.dmc").write_bytes(sample.data)
        print(
            f"{name}: {len(sample.data)} bytes from level {sample.level}, {sample.error_db:.1f} dB"
        )


if __name__ == "__main__":
    main()
