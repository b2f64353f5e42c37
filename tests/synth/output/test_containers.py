"""Loop points are written where WAV, FLAC and OGG players look for them."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.output.audiofile import write_audio
from synth.output.audioformats import default_rate_hz
from synth.output.containers import ogg_crc
from tests.synth.output.tones import RATE_HZ, tone


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".opus"])
@pytest.mark.parametrize("title", ["", "Tune", "x" * 60_000])
def test_loop_comments_stand_in_the_file_and_leave_it_playable(
    tmp_path: Path, suffix: str, title: str
) -> None:
    """LOOPSTART and LOOPLENGTH are there; the sound is the one without them."""
    plain, looped = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    rate_hz = default_rate_hz(plain)
    samples = tone(1.0, rate_hz, channels=2)
    if suffix == ".opus":
        title = title[:20_000]  # libsndfile cannot read back what it writes beyond one page
    tags = {"title": title}
    assert write_audio(plain, [samples], rate_hz, tags=tags).loop is None
    info = write_audio(looped, [samples], rate_hz, loop=(1000, 41_000), tags=tags)
    assert info.loop == (1000, 41_000)
    data = looped.read_bytes()
    for comment in (b"LOOPSTART=1000", b"LOOPLENGTH=40000"):
        at = data.index(comment)
        assert struct.unpack("<I", data[at - 4 : at]) == (len(comment),)
    assert np.array_equal(soundfile.read(plain)[0], soundfile.read(looped)[0])
    if len(title) < 1000:  # libsndfile reads no longer ones
        assert soundfile.SoundFile(looped).title == title


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


def test_a_loop_outside_the_sound_is_refused(tmp_path: Path) -> None:
    """A loop beyond the end leaves an error and no file."""
    with pytest.raises(SynthError, match=r"loop 10-9999 is not within the 1000 frames"):
        write_audio(tmp_path / "a.wav", [tone()[:1000]], RATE_HZ, loop=(10, 9999))
    assert not list(tmp_path.iterdir())


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_ogg_checksum_agrees_with_its_definition(data: bytes) -> None:
    """The fast checksum equals the division bit by bit (RFC 3533, section 6)."""
    state = 0
    for byte in data:
        state ^= byte << 24
        for _ in range(8):
            state = (state << 1) ^ (0x104C11DB7 if state & 0x80000000 else 0)
    assert ogg_crc(data) == state
