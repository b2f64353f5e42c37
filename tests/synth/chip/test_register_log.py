"""The chip column of a register log: the 2A03 unless said otherwise, and never mixed up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.playing.transport import mute_log
from synth.chip import register_log
from synth.chip.level_trace import level_steps
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render, render_blocks
from synth.errors import SynthError
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.formats.log_frames import cut_log
from synth.output.loops_and_fades import unroll_loop
from synth.output.stems import stem_names


@pytest.fixture
def _two_chips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a chip that exists nowhere; its registers include one that the 2A03 has too."""
    monkeypatch.setitem(register_log.CHIPS, "STUB", (0x4015, 0x9000, 0x9001))


def plain() -> RegisterLog:
    """Return a pulse note of the 2A03 that loops."""
    return RegisterLog(
        cycle=np.array([0, 0, 10, 20, 30_000]),
        address=np.array([0x4015, 0x4000, 0x4002, 0x4003, 0x4002]),
        value=np.array([0x0F, 0xBF, 0xFD, 0x00, 0x7D]),
        end_cycle=60_000,
        loop_cycle=29_000,
    )


def mixed() -> RegisterLog:
    """Return the same note with writes to a second chip between its own."""
    log = plain()
    order = np.array([0, 0, 1, 2, 3, 4, 4])
    chip = np.array([0, 1, 0, 0, 0, 0, 1], dtype=np.uint8)
    address, value = log.address[order].copy(), log.value[order].copy()
    address[chip == 1], value[chip == 1] = (0x9000, 0x4015), (0x55, 0x00)
    return replace(log, cycle=log.cycle[order], address=address, value=value, chip=chip)


def test_a_log_is_the_2a03s_by_default() -> None:
    """Logs made without the column have it, and splitting one by chip gives the log itself."""
    log = plain()
    assert log.chip.tolist() == [0] * 5
    assert log.chips == ("2A03",)
    assert log.of_chip() is log
    assert replace(log, region=log.region).chip.tolist() == [0] * 5
    empty = RegisterLog(*(np.zeros(0, np.int64) for _ in range(3)), end_cycle=1)
    assert (empty.chips, len(empty.chip)) == ((), 0)


@pytest.mark.usefixtures("_two_chips")
def test_another_chips_writes_never_reach_the_2a03(tmp_path: Path) -> None:
    """Sound, traces, stems and files of a mixed log are those of its 2A03 alone."""
    log, alone = mixed(), plain()
    assert log.chips == ("2A03", "STUB")
    assert log.of_chip("STUB").address.tolist() == [0x9000, 0x4015]
    assert np.array_equal(log.of_chip().value, alone.value)
    assert np.array_equal(render(log), render(alone))
    blocks = list(render_blocks(log, block_frames=500))
    assert np.array_equal(np.concatenate(blocks), render(alone))
    for mine, other in zip(level_steps(log), level_steps(alone), strict=True):
        assert np.array_equal(mine, other)
    assert stem_names(log) == stem_names(alone)
    warnings = write_chip_file(tmp_path / "a.vgm", log)
    assert warnings == ("the sound of STUB is left out; VGM holds the 2A03's",)
    assert write_chip_file(tmp_path / "b.vgm", alone, title="a") == ()
    assert (tmp_path / "a.vgm").read_bytes() == (tmp_path / "b.vgm").read_bytes()
    assert read_chip_file(tmp_path / "a.vgm").log.chips == ("2A03",)


@pytest.mark.usefixtures("_two_chips")
def test_the_column_goes_along() -> None:
    """Cut, unrolled and muted logs keep each write's chip."""
    log = mixed()
    long = unroll_loop(log, 3)
    assert long.chip.tolist() == [0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1]
    seconds = 100_000 / log.region.clock_hz
    assert cut_log(log, seconds).chip.tolist() == long.chip.tolist()
    assert cut_log(log, 1e-5).chip.tolist() == [0, 1, 0, 0]
    muted = mute_log(log, ["pulse1", "noise"])
    assert muted.value.tolist() == [0x06, 0x55, 0xBF, 0xFD, 0x00, 0x7D, 0x00]
    assert muted.chip.tolist() == log.chip.tolist()


@pytest.mark.usefixtures("_two_chips")
@pytest.mark.parametrize(
    ("address", "chip", "reason"),
    [
        (0x9002, 1, r"\$9002 is not a sound register of the STUB"),
        (0x9000, 0, r"\$9000 is not a sound register of the 2A03"),
        (0x4000, 2, "chip 2 is unknown; there are 0-1"),
    ],
)
def test_each_chip_has_its_registers(address: int, chip: int, reason: str) -> None:
    """A write to a register that its chip does not have is refused, as is an unknown chip."""
    one = np.array([0])
    with pytest.raises(SynthError, match=reason):
        RegisterLog(one, np.array([address]), one, 1, chip=np.array([chip]))
    with pytest.raises(SynthError, match="as many chips as cycles"):
        RegisterLog(one, np.array([0x4000]), one, 1, chip=np.array([0, 0]))
