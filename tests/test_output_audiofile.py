"""Audio files: the sound comes back, the same bytes each time; else one line and no file."""

import math
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.errors import SynthError
from synth.fileformat import suffixes_of
from synth.output.audiofile import check_audio, write_audio
from synth.output.audioformats import FORMATS, default_rate_hz
from synth.output.audiowriter import TAGS
from synth.output.containers import ogg_crc

RATE_HZ = 44_100
LOSSLESS = [(".wav", "16"), (".wav", "24"), (".wav", "float"), (".flac", "16"), (".flac", "24")]
STEP = {"16": 2.0**-15, "24": 2.0**-23, "float": 0.0}


def tone(
    seconds: float = 0.5, rate_hz: int = RATE_HZ, level: float = 0.5, channels: int = 1
) -> NDArray[np.float32]:
    """Return a 440 Hz sine with a little noise, shape (frames, channels)."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(1).uniform(-0.01, 0.01, (len(time_s), channels))
    return (level * np.sin(2 * np.pi * 440 * time_s)[:, None] + noise).astype(np.float32)


def cut(samples: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    """Yield the samples in blocks of `size` frames."""
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


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


ALL = [*LOSSLESS, (".ogg", "16"), (".opus", "16"), (".mp3", "16")]


def write_all(folder: Path, block_frames: int) -> None:
    """Write the same second of sound in every format, cut into blocks of `block_frames`."""
    for suffix, bits in ALL:
        path = folder / f"{bits}{suffix}"
        rate_hz = default_rate_hz(path)
        blocks = cut(tone(1.0, rate_hz), block_frames)
        write_audio(path, blocks, rate_hz, bits=bits, tags={"title": "Tune"}, loop=(10, 2000))


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Neither the time, the process nor the cutting into blocks shows in any file."""
    first, second, third = folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    write_all(first, 96_000)
    time.sleep(1.1)  # libsndfile stamps whole seconds
    write_all(second, 333)
    code = "import sys, pathlib; from tests.test_output_audiofile import write_all;"
    code += "write_all(pathlib.Path(sys.argv[1]), 5000)"
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code, str(third)], check=True, cwd=root)
    assert len(list(first.iterdir())) == len(ALL)
    for path in first.iterdir():
        data = path.read_bytes()
        assert data == (second / path.name).read_bytes(), path.name
        assert data == (third / path.name).read_bytes(), path.name
        assert soundfile.SoundFile(path).title == "Tune"


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


def test_silence_stays_silent(tmp_path: Path) -> None:
    """Zeros are written as zeros: no dither, no rounding offset."""
    info = write_audio(tmp_path / "a.wav", [np.zeros((4410, 1), np.float32)], RATE_HZ)
    assert not soundfile.read(info.path, dtype="int16")[0].any()
    assert info.peak_dbfs == -math.inf


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


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that the system refuses in the middle is told in one line, and no file is left."""
    resource = pytest.importorskip("resource")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(SynthError, match="no space left") as caught:
            write_audio(tmp_path / f"a{suffix}", [tone(5.0)], RATE_HZ)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


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


def test_the_table_says_what_it_can_do() -> None:
    """Each row names an encoding that soundfile has for its container."""
    for row in FORMATS:
        assert set(row.subtypes.values()) <= set(soundfile.available_subtypes(row.container))


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
