"""DAC streams write their data at their own rate."""

import pytest

from synth.chip.hardware import NTSC
from synth.errors import SynthError
from synth.formats.vgm_read import read_vgm
from tests.synth.formats.vgm_files import vgm_of

TICK_CYCLES = NTSC.clock_hz / 44_100


def from_dump(dump: str) -> bytes:
    """Bytes of an annotated hexdump: what follows a '#' is for the reader."""
    return bytes.fromhex("".join(line.split("#")[0] for line in dump.splitlines()))


STREAM = """
    67 66 07 04 00 00 00  01 02 03 04       # data for streams: two blocks of type 7
    67 66 07 03 00 00 00  05 06 07
    90 00 14 00 11                          # stream 0: the 2A03's $4011
    91 00 07 01 00                          # from bank 7, byte by byte
    92 00 44 AC 00 00                       # at 44,100 Hz: one a tick
"""


@pytest.mark.parametrize(
    ("start", "values", "ticks"),
    [
        # From byte 1, three commands.
        ("93 00 01000000 01 03000000", [2, 3, 4], [5, 6, 7]),
        ("93 00 01000000 11 03000000", [4, 3, 2], [5, 6, 7]),  # backwards
        ("93 00 05000000 03 00000000", [6, 7], [5, 6]),  # to the end
        ("93 00 05000000 83 00000000", [6, 7, 6, 7, 6], [5, 6, 7, 8, 9]),  # round and round
        ("95 00 0100 00", [5, 6, 7], [5, 6, 7]),  # the second block
        ("95 00 0900 00", [], []),  # there is none
        ("92 00 22560000 93 00 00000000 01 02000000", [1, 2], [5, 7]),  # half as fast
        (
            "91 00 07 02 01 93 00 00000000 01 02000000",
            [2, 4],
            [5, 6],
        ),  # every second, from the next
        ("93 00 00000000 83 00000000 71 94 00", [1, 2], [5, 6]),  # stopped after two ticks
        ("92 00 E8030000 93 00 00000000 02 02000000", [1], [5]),  # 2 ms of 1,000 Hz: the end cuts
    ],
)
def test_a_stream_writes_its_data(start: str, values: list[int], ticks: list[int]) -> None:
    """Each byte at its own time, by the ways of saying how many; five ticks after the start."""
    commands = from_dump(STREAM + "74\n" + start) + bytes((0x74, 0x66))
    log = read_vgm(vgm_of(commands), "stream.vgm").log
    shown = log.value[log.cycle < round(10 * TICK_CYCLES)].tolist()
    assert shown[: len(values)] == values
    assert set(log.address.tolist()) <= {0x4011}
    expected = [int(tick * TICK_CYCLES) for tick in ticks]
    assert log.cycle[: len(ticks)].tolist() == pytest.approx(expected, abs=1)


def test_a_stream_without_end_or_for_another_chip_is_said() -> None:
    """Millions of writes a second are refused; what is not for the 2A03 is named."""
    fast = from_dump(STREAM + "92 00 FFFFFFFF 93 00 00000000 83 00000000 61 FFFF 66")
    with pytest.raises(SynthError, match=r"fast.vgm.*20 million"):
        read_vgm(vgm_of(fast), "fast.vgm")
    other = from_dump(STREAM.replace("90 00 14", "90 00 02") + "93 00 00000000 03 00000000 62 66")
    file = read_vgm(vgm_of(other), "other.vgm")
    assert len(file.log) == 0
    assert "another chip" in " ".join(file.warnings)
