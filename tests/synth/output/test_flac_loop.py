"""A FLAC file has its loop in its comments, once, and the sound is as before."""

from pathlib import Path

import numpy as np
import soundfile

from synth.output.audiofile import write_audio
from synth.output.flac_loop import finish_flac
from tests.synth.output.tones import RATE_HZ, tone


def test_a_loop_is_added_behind_the_stream_s_description(tmp_path: Path) -> None:
    """The comments are the second block, the last block is marked, the sound is not touched."""
    path = tmp_path / "a.flac"
    write_audio(path, [tone()], RATE_HZ, tags={"title": "Tune"})
    before = soundfile.read(path)[0]
    finish_flac(path, (10, 400), RATE_HZ)
    data = path.read_bytes()
    kinds, at, last = [], 4, False
    while not last:
        last = bool(data[at] & 0x80)
        kinds.append(data[at] & 0x7F)
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    assert kinds[:2] == [0, 4]
    assert kinds.count(4) == 1
    assert data.count(b"LOOPSTART=10") == data.count(b"LOOPLENGTH=390") == 1
    assert b"Tune" in data
    assert np.array_equal(soundfile.read(path)[0], before)


def test_without_a_loop_the_file_is_left_alone(tmp_path: Path) -> None:
    """Not a byte changes."""
    path = tmp_path / "a.flac"
    write_audio(path, [tone()], RATE_HZ)
    before = path.read_bytes()
    finish_flac(path, None, RATE_HZ)
    assert path.read_bytes() == before
