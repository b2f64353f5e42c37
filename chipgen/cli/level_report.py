"""Reports levels, loudness and clipping of written files."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.output.audiofile import AudioInfo


def describe_level(info: "AudioInfo") -> str:
    """Say how loud a file became, and let neither clipping nor silence pass untold."""
    silent = info.peak_dbfs == -math.inf
    text = "silence: nothing sounds in it" if silent else f"peak {info.peak_dbfs:.1f} dBFS"
    if info.lufs is not None:
        text += f", {info.lufs:.1f} LUFS"
    if info.clipped_samples:
        text += f", {info.clipped_samples} samples clipped: use --normalize or --bits float"
    return text
