"""Loop comments stand in FLAC, Ogg Vorbis and Opus files, which stay playable."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synth.output.audiofile import write_audio
from synth.output.audioformats import default_rate_hz
from tests.synth.output.tones import tone


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
