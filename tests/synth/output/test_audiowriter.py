"""Samples are limited and counted, tags written, and a full disk reported."""

import math
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synth.errors import SynthError
from synth.fileformat import suffixes_of
from synth.output.audiofile import write_audio
from synth.output.audioformats import FORMATS, default_rate_hz
from synth.output.audiowriter import TAGS
from tests.synth.output.tones import RATE_HZ, tone


@pytest.mark.parametrize("suffix", suffixes_of(FORMATS))
def test_tags_are_written_where_the_format_has_them(tmp_path: Path, suffix: str) -> None:
    """Every tag that libsndfile can write into the format is read back."""
    path = tmp_path / f"a{suffix}"
    rate_hz = default_rate_hz(path)
    tags = {name: f"The {name}" for name in TAGS if name != "date"} | {"date": "1987"}
    write_audio(path, [tone(0.5, rate_hz)], rate_hz, tags=tags)
    read = soundfile.SoundFile(path).copy_metadata()
    kept = {name: read[name] for name in TAGS if read.get(name)}
    assert kept == {name: tags[name] for name in kept}
    lacking = {"copyright"} if suffix == ".mp3" else set()
    assert set(TAGS) - set(kept) == lacking


def test_too_loud_is_limited_and_said(tmp_path: Path) -> None:
    """Samples beyond full scale stop at it, never wrap around, and are counted."""
    samples = np.array([[0.5], [1.0], [1.5], [-1.0], [-1.5]], np.float32)
    info = write_audio(tmp_path / "a.wav", [samples], RATE_HZ)
    assert info.clipped_samples == 2
    assert info.peak_dbfs == pytest.approx(20 * math.log10(1.5))
    written = soundfile.read(info.path, dtype="int16")[0].tolist()
    assert written == [16384, 32767, 32767, -32768, -32768]
    info = write_audio(tmp_path / "b.wav", [samples], RATE_HZ, bits="float")
    assert info.clipped_samples == 0
    assert soundfile.read(info.path)[0].tolist() == samples[:, 0].tolist()


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
@pytest.mark.parametrize(("free", "told"), [(0, "no space left"), (None, "a limit on file sizes")])
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, suffix: str, free: int | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that the system refuses in the middle is told in one line, and no file is left."""
    resource = pytest.importorskip("resource")
    usage = shutil.disk_usage(tmp_path)
    if free is not None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(SynthError, match=told) as caught:
            write_audio(tmp_path / f"a{suffix}", [tone(5.0)], RATE_HZ)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
