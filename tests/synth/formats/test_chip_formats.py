"""Chip files are written and read by their suffix, cut or looped to the seconds asked for."""

import gzip

import numpy as np
import pytest

from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.formats.vgm_write import compress_vgz


def test_files_of_both_suffixes_hold_the_same_music(tmp_path) -> None:
    """`.vgm` and `.vgz` are the same bytes, one of them compressed, and each time the same."""
    log = RegisterLog(np.zeros(1), np.array([0x4015]), np.array([15]), end_cycle=44_100)
    write_chip_file(tmp_path / "a.vgm", log, title="A")
    write_chip_file(tmp_path / "a.vgz", log, title="A")
    plain, packed = (tmp_path / "a.vgm").read_bytes(), (tmp_path / "a.vgz").read_bytes()
    assert gzip.decompress(packed) == plain
    assert packed == compress_vgz(plain)
    assert read_chip_file(tmp_path / "a.vgz").titles.title == "A"
    with pytest.raises(SynthError, match="--force"):
        write_chip_file(tmp_path / "a.vgm", log)
    with pytest.raises(SynthError, match="suffix"):
        write_chip_file(tmp_path / "a.spc", log)
    with pytest.raises(SynthError, match="one track"):
        read_chip_file(tmp_path / "a.vgm", track=2)


def test_seconds_cut_a_log_or_go_round_its_loop(tmp_path) -> None:
    """Asking for more seconds than a looping file has plays its loop again, in time."""
    log = RegisterLog(
        np.array([0, 1_000_000, 1_789_773]), np.array([0x4015, 0x4002, 0x4000]),
        np.array([15, 1, 2]), end_cycle=2 * NTSC.clock_hz, loop_cycle=NTSC.clock_hz,
    )  # fmt: skip
    write_chip_file(tmp_path / "a.vgm", log)
    longer = read_chip_file(tmp_path / "a.vgm", seconds=4.5).log
    assert longer.value.tolist() == [15, 1, 2, 2, 2, 2]
    assert longer.cycle[2:] / NTSC.clock_hz == pytest.approx([1, 2, 3, 4], abs=1e-4)
    assert longer.duration_s == pytest.approx(4.5)
    shorter = read_chip_file(tmp_path / "a.vgm", seconds=0.8).log
    assert shorter.value.tolist() == [15, 1]
    assert shorter.loop_cycle is None
