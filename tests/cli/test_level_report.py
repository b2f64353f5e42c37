"""Clipping and silence are always reported."""

import math
from pathlib import Path

from chipgen.cli.level_report import describe_level
from synth.output.audiofile import AudioInfo


def test_silence_is_said() -> None:
    """Who gets a file without a sound need not know what minus infinity means."""
    info = AudioInfo(Path("a.wav"), 44_100, 1, 44_100, peak_dbfs=-math.inf)
    assert describe_level(info) == "silence: nothing sounds in it"


def test_clipping_is_never_passed_over_in_silence() -> None:
    """The line on what was written names peak, loudness where measured, and clipped samples."""
    info = AudioInfo(Path("a.wav"), 44_100, 1, 44_100, peak_dbfs=-3.04)
    assert describe_level(info) == "peak -3.0 dBFS"
    info = AudioInfo(Path("a.wav"), 44_100, 1, 44_100, peak_dbfs=1.2, lufs=-9.55, clipped_samples=7)
    assert describe_level(info).startswith("peak 1.2 dBFS, -9.6 LUFS, 7 samples clipped: use --nor")
