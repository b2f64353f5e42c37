"""The standard's tone has the standard's loudness."""

import math
from pathlib import Path

import numpy as np
import pytest

from synth.output.audiofile import write_audio


def test_loudness_of_the_standard_tone(tmp_path: Path) -> None:
    """A 997 Hz sine at 0 dBFS in one channel reads -3.01 LUFS (ITU-R BS.1770-4), gain included."""
    time_s = np.arange(5 * 48_000) / 48_000
    sine = np.sin(2 * np.pi * 997 * time_s).astype(np.float32)[:, None]
    info = write_audio(tmp_path / "a.wav", [sine], 48_000, loudness=True, bits="float")
    assert info.lufs == pytest.approx(-3.01, abs=0.05)
    info = write_audio(tmp_path / "b.wav", [sine], 48_000, loudness=True, normalize_dbfs=-20)
    assert info.lufs == pytest.approx(-23.01, abs=0.05)
    short = write_audio(tmp_path / "c.wav", [sine[:10_000]], 48_000, loudness=True)
    assert short.lufs is None
    silent = write_audio(tmp_path / "d.wav", [0 * sine], 48_000, loudness=True)
    assert silent.lufs == -math.inf
