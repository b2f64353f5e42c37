"""A WAV has its loop in a sampler chunk."""

import struct
from pathlib import Path

import pytest
import soundfile

from synth.output.audiofile import write_audio
from tests.synth.output.tones import RATE_HZ, tone


@pytest.mark.parametrize("frames", [1001, 1002])
@pytest.mark.parametrize("bits", ["16", "24", "float"])
def test_wav_loop_stands_in_a_sampler_chunk(tmp_path: Path, bits: str, frames: int) -> None:
    """The ``smpl`` chunk names first and last frame, after data of even and odd length."""
    info = write_audio(tmp_path / "a.wav", [tone()[:frames]], RATE_HZ, bits=bits, loop=(10, frames))
    data = info.path.read_bytes()
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    chunks = {}
    at = 12
    while at < len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        chunks[name] = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    assert at == len(data)
    sampler = struct.unpack("<15I", chunks[b"smpl"])
    assert sampler[2] == round(1e9 / RATE_HZ)
    assert sampler[7] == 1
    assert sampler[11:13] == (10, frames - 1)
    assert len(soundfile.read(info.path)[0]) == frames
