"""Stems: one file a voice, which add up to the mix where they are meant to."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render, render_blocks
from synth.chip.voices import CHANNELS
from synth.errors import SynthError
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from synth.output.stems import check_stems, stem_names, stem_paths, write_stems

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def log() -> RegisterLog:
    """Drive a phrase of four voices."""
    preset = load_preset("plain")
    return drive(demo_score(preset), preset, NTSC)


def test_apu_stems_add_up_to_the_mix(tmp_path: Path, log: RegisterLog) -> None:
    """The sum of the files is the mix to the precision of a 32-bit float."""
    blocks = render_blocks(log, RATE_HZ, "nes", outputs="apu")
    written = write_stems(tmp_path / "song.wav", blocks, RATE_HZ, bits="float")
    assert list(written) == list(CHANNELS)
    stems = [soundfile.read(info.path, dtype="float64")[0] for info in written.values()]
    mix = render(log, RATE_HZ, "nes")[:, 0]
    assert np.abs(np.sum(stems, axis=0) - mix).max() < 1e-6
    for name in ("pulse1", "pulse2", "triangle", "noise"):
        assert written[name].peak_dbfs > -40
    assert written["dmc"].peak_dbfs == -np.inf


def test_isolated_stems_are_each_voice_alone(tmp_path: Path, log: RegisterLog) -> None:
    """Each file is its column of the isolated outputs, at the gain asked for."""
    blocks = render_blocks(log, RATE_HZ, "nes", outputs="isolated")
    written = write_stems(
        tmp_path / "song.wav", blocks, RATE_HZ, names=stem_names(log), bits="float", gain_db=-6.0
    )
    assert "dmc" not in written
    alone = render(log, RATE_HZ, "nes", outputs="isolated") * np.float32(10 ** (-6 / 20))
    for column, info in enumerate(written.values()):
        assert np.array_equal(soundfile.read(info.path, dtype="float32")[0], alone[:, column])


def test_the_dmc_gets_a_file_where_it_plays(log: RegisterLog) -> None:
    """A write to one of the DMC's registers makes it worth a stem."""
    assert stem_names(log) == CHANNELS[:4]
    drummed = RegisterLog([0], [0x4011], [64], end_cycle=100)
    assert stem_names(drummed) == CHANNELS


def test_existing_stems_are_kept_unless_asked(tmp_path: Path) -> None:
    """Any one that exists stops all before work begins."""
    stem_paths(tmp_path / "song.flac", CHANNELS)["noise"].write_bytes(b"old")
    with pytest.raises(SynthError, match=r"song-noise\.flac exists"):
        check_stems(tmp_path / "song.flac", RATE_HZ, overwrite=False)
    with pytest.raises(SynthError, match=r"song-noise\.flac exists"):
        write_stems(tmp_path / "song.flac", [], RATE_HZ)
    check_stems(tmp_path / "song.flac", RATE_HZ, overwrite=True)


def test_a_failure_leaves_no_stem(tmp_path: Path) -> None:
    """If the sound breaks off, no file is left."""

    def failing() -> Iterator[NDArray[np.float32]]:
        yield np.zeros((5000, 5), np.float32)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write_stems(tmp_path / "song.wav", failing(), RATE_HZ)
    assert not list(tmp_path.iterdir())


def test_unknown_channels_are_named(tmp_path: Path) -> None:
    """A name that is no channel is an error with the choice."""
    with pytest.raises(SynthError, match="'sax' is unknown; choose of pulse1, pulse2"):
        write_stems(tmp_path / "song.wav", [], RATE_HZ, names=["sax"])
