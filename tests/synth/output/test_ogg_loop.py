"""An Ogg page's checksum is the one of its definition."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.output.audiofile import write_audio
from synth.output.audioformats import default_rate_hz
from synth.output.ogg_loop import finish_ogg, ogg_crc


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


@pytest.mark.parametrize("suffix", [".ogg", ".opus"])
def test_a_stream_is_numbered_by_its_sound(tmp_path: Path, suffix: str) -> None:
    """The serial number is the same for the same sound, another for another, and on every page."""
    rate_hz = default_rate_hz(tmp_path / f"a{suffix}")
    serials = []
    for name, hz in (("a", 440.0), ("b", 440.0), ("c", 500.0)):
        path = tmp_path / f"{name}{suffix}"
        time_s = np.arange(rate_hz // 4) / rate_hz
        sound = 0.5 * np.sin(2 * np.pi * hz * time_s).astype(np.float32)[:, np.newaxis]
        write_audio(path, [sound], rate_hz, loop=(100, 4000))
        data = path.read_bytes()
        pages = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
        found = {data[at + 14 : at + 18] for at in pages}
        assert len(found) == 1
        serials.append(found.pop())
    assert serials[0] == serials[1] != serials[2]


@pytest.mark.parametrize("suffix", [".ogg", ".opus"])
def test_a_stream_that_is_cut_off_is_not_taken(tmp_path: Path, suffix: str) -> None:
    """An encoder that lost the end on a full disk does not leave a shorter song, or a traceback."""
    path = tmp_path / f"a{suffix}"
    rate_hz = default_rate_hz(path)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2 * rate_hz, 1)).astype(np.float32)
    write_audio(path, [noise], rate_hz)
    whole = path.read_bytes()
    last_page = whole.rindex(b"OggS")
    for size in (0, 20, 30, last_page, last_page + 10, last_page + 30, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(OSError, match="the end of the stream is missing"):
            finish_ogg(path, (0, 1000), rate_hz)
    path.write_bytes(whole)
    finish_ogg(path, None, rate_hz)
    assert path.read_bytes() == whole
