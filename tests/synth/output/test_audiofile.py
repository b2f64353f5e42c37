"""Audio files: the sound comes back, the same bytes each time; else one line and no file."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.errors import SynthError
from synth.fileformat import suffixes_of
from synth.output.audiofile import check_audio, write_audio
from synth.output.audioformats import FORMATS, default_rate_hz
from tests.synth.output.tones import ALL, LOSSLESS, RATE_HZ, cut, tone, write_all

STEP = {"16": 2.0**-15, "24": 2.0**-23, "float": 0.0}


@pytest.mark.parametrize(("suffix", "bits"), LOSSLESS)
@pytest.mark.parametrize("channels", [1, 2])
def test_lossless_formats_keep_every_sample_to_half_a_step(
    tmp_path: Path, suffix: str, bits: str, channels: int
) -> None:
    """Reading a lossless file back gives the samples, rounded to nearest."""
    samples = tone(channels=channels)
    info = write_audio(tmp_path / f"a{suffix}", [samples], RATE_HZ, bits=bits)
    read, rate_hz = soundfile.read(info.path, dtype="float64", always_2d=True)
    assert rate_hz == RATE_HZ
    assert read.shape == samples.shape == (info.frames, info.channels)
    assert np.abs(read - samples).max() <= STEP[bits] / 2
    assert info.duration_s == pytest.approx(0.5)
    assert info.peak_dbfs == pytest.approx(20 * math.log10(np.abs(samples).max()))
    assert info.clipped_samples == 0


@pytest.mark.parametrize("suffix", suffixes_of(FORMATS))
def test_every_format_keeps_length_rate_and_sound(tmp_path: Path, suffix: str) -> None:
    """Each format in the table can be written, and is read back as the same sound."""
    path = tmp_path / f"a{suffix}"
    rate_hz = default_rate_hz(path)
    samples = tone(1.0, rate_hz)
    write_audio(path, cut(samples, 700), rate_hz)
    read, read_rate_hz = soundfile.read(path)
    assert read_rate_hz == rate_hz
    assert len(read) == len(samples)
    middle = slice(rate_hz // 4, 3 * rate_hz // 4)
    assert np.corrcoef(read[middle], samples[middle, 0])[0, 1] > 0.99


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Neither the time, the process nor the cutting into blocks shows in any file."""
    first, second, third = folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    write_all(first, 96_000)
    time.sleep(1.1)  # libsndfile stamps whole seconds
    write_all(second, 333)
    code = "import sys, pathlib; from tests.synth.output.tones import write_all;"
    code += "write_all(pathlib.Path(sys.argv[1]), 5000)"
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code, str(third)], check=True, cwd=root)
    assert len(list(first.iterdir())) == len(ALL)
    for path in first.iterdir():
        data = path.read_bytes()
        assert data == (second / path.name).read_bytes(), path.name
        assert data == (third / path.name).read_bytes(), path.name
        assert soundfile.SoundFile(path).title == "Tune"


def test_silence_stays_silent(tmp_path: Path) -> None:
    """Zeros are written as zeros: no dither, no rounding offset."""
    info = write_audio(tmp_path / "a.wav", [np.zeros((4410, 1), np.float32)], RATE_HZ)
    assert not soundfile.read(info.path, dtype="int16")[0].any()
    assert info.peak_dbfs == -math.inf


@pytest.mark.parametrize("level", [0.01, 0.5, 3.0])
def test_normalising_brings_the_peak_to_the_level_asked_for(tmp_path: Path, level: float) -> None:
    """Quiet and overloud sound alike end at the wanted peak, unclipped."""
    samples = tone(level=level)
    info = write_audio(tmp_path / "a.wav", cut(samples, 1000), RATE_HZ, normalize_dbfs=-1.0)
    read = soundfile.read(info.path)[0]
    assert 20 * math.log10(np.abs(read).max()) == pytest.approx(-1.0, abs=1e-3)
    assert info.peak_dbfs == pytest.approx(-1.0, abs=1e-4)
    assert info.gain_db == pytest.approx(-1.0 - 20 * math.log10(np.abs(samples).max()), abs=1e-4)
    assert info.clipped_samples == 0
    full = write_audio(tmp_path / "b.wav", [samples], RATE_HZ, normalize_dbfs=0.0)
    assert full.clipped_samples == 0
    silence = np.zeros((100, 1), np.float32)
    assert write_audio(tmp_path / "c.wav", [silence], RATE_HZ, normalize_dbfs=0.0).gain_db == 0


@pytest.mark.parametrize(
    ("name", "rate_hz", "bits", "message"),
    [
        ("a.aac", RATE_HZ, "16", r"suffix '\.aac' .* \.wav, \.flac, \.ogg, \.opus, \.mp3"),
        ("a", RATE_HZ, "16", "a name without a suffix"),
        ("a.opus", 44_100, "16", "8000, 12000, 16000, 24000, 48000 Hz, not 44100"),
        ("a.mp3", 96_000, "16", "not 96000"),
        ("a.wav", 7_999, "16", "8000-192000"),
        ("a.flac", RATE_HZ, "float", "choose one of 16, 24"),
        ("a.wav", RATE_HZ, "8", "choose one of 16, 24, float"),
        ("none/a.wav", RATE_HZ, "16", "does not exist"),
    ],
)
def test_what_cannot_be_written_is_refused_early_in_one_line(
    tmp_path: Path, name: str, rate_hz: int, bits: str, message: str
) -> None:
    """Wrong suffix, rate or depth is an error that names what is possible, and leaves no file."""
    with pytest.raises(SynthError, match=message) as caught:
        check_audio(tmp_path / name, rate_hz, bits=bits, overwrite=False)
    assert "\n" not in str(caught.value)
    with pytest.raises(SynthError, match=message):
        write_audio(tmp_path / name, [tone()], rate_hz, bits=bits)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are Linux's")
def test_a_name_that_is_not_text_can_be_written(tmp_path: Path) -> None:
    """A file name of bytes that are no UTF-8, as old archives have them, is as good as another."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.flac"))
    write_audio(path, [tone()], RATE_HZ)
    assert [os.fsencode(entry.name) for entry in tmp_path.iterdir()] == [b"caf\xe9.flac"]


def test_an_existing_file_is_kept_unless_asked(tmp_path: Path) -> None:
    """Without `overwrite` the old file stays; with it, it is replaced; a failure keeps it too."""
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")
    with pytest.raises(SynthError, match="exists"):
        write_audio(path, [tone()], RATE_HZ)

    def failing() -> Iterator[NDArray[np.float32]]:
        yield tone()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write_audio(path, failing(), RATE_HZ, overwrite=True)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]
    write_audio(path, [tone()], RATE_HZ, overwrite=True)
    assert path.read_bytes()[:4] == b"RIFF"


@pytest.mark.parametrize("blocks", [[], [np.zeros((0, 1), np.float32)]])
def test_no_sound_is_an_error(tmp_path: Path, blocks: list[NDArray[np.float32]]) -> None:
    """A file without a frame helps nobody."""
    with pytest.raises(SynthError, match="no sound"):
        write_audio(tmp_path / "a.wav", blocks, RATE_HZ)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"normalize_dbfs": 1.0}, "choose -120 to 0"),
        ({"gain_db": 500.0}, "choose -120 to 120"),
        ({"tags": {"mood": "blue"}}, "tag 'mood' is unknown"),
    ],
)
def test_wrong_levels_and_tags_are_refused(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    """Levels and tags outside what is possible are named."""
    with pytest.raises(SynthError, match=message):
        write_audio(tmp_path / "a.wav", [tone()], RATE_HZ, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_loop_outside_the_sound_is_refused(tmp_path: Path) -> None:
    """A loop beyond the end leaves an error and no file."""
    with pytest.raises(SynthError, match=r"loop 10-9999 is not within the 1000 frames"):
        write_audio(tmp_path / "a.wav", [tone()[:1000]], RATE_HZ, loop=(10, 9999))
    assert not list(tmp_path.iterdir())
