"""The lines of the terminal show what the registers do, and fit its width."""

import pytest

from chipgen.cli.dashboard import View, VoiceHeard, draw_lines, hear_voices
from synth.chip.hardware import NTSC
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset


def test_meters_follow_the_registers() -> None:
    """Notes, volumes and the noise's period are read off what the driver wrote."""
    score = ChipScore(
        pulse1=(ChipNote(0.0, 1.0, 69, 9),),
        triangle=(ChipNote(0.0, 1.0, 40),),
        noise=(ChipNote(0.0, 1.0, 12, 7),),
        end_s=1.0,
    )
    log = drive(score, load_preset("plain"))
    registers = [0] * 24
    for address, value, cycle in zip(log.address, log.value, log.cycle, strict=True):
        if cycle < NTSC.clock_hz // 2:
            registers[address - 0x4000] = int(value)
    assert hear_voices(registers, NTSC) == (
        VoiceHeard(9, "A4"), VoiceHeard(0, ""), VoiceHeard(15, "E2"), VoiceHeard(7, "12"),
    )  # fmt: skip
    assert hear_voices([0] * 24, NTSC) == (VoiceHeard(0, ""),) * 4


@pytest.mark.parametrize("columns", [20, 40, 60, 79, 200])
def test_lines_fit_the_terminal(columns: int) -> None:
    """However narrow it is, no line wraps; without block characters all is ASCII."""
    voices = (VoiceHeard(15, "C#4"), VoiceHeard(1, "A4"), VoiceHeard(0, ""), VoiceHeard(8, "7"))
    view = View("a name that is rather long.mid", "paused", 61.0, 3600.0, (0.0, 60.0), "default",
                voices, frozenset({"noise"}), endless=True)  # fmt: skip
    lines = draw_lines(view, columns, blocks=False)
    assert len(lines) == 3
    assert all(len(line) <= columns and line.isascii() for line in lines)
    if columns >= 50:
        assert "NO mute" in lines[1]
    if columns >= 79:
        assert "1:01 / 60:00+  bar 2  paused" in lines[0]
        assert "P1 ######## C#4" in lines[1]
