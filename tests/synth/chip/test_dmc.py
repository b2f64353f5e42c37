"""Each channel's output against tables worked out by hand, to the cycle and the level."""

import pytest

from synth.chip.hardware import NTSC, PAL, Region
from tests.chip_logs import (
    channel_steps,
    log_of,
    state_before,
)

DMC_PERIODS = {
    "ntsc": (428, 380, 340, 320, 286, 254, 226, 214, 190, 160, 142, 128, 106, 84, 72, 54),
    "pal": (398, 354, 316, 298, 276, 236, 210, 198, 176, 148, 132, 118, 98, 78, 66, 50),
}


@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
@pytest.mark.parametrize("rate", range(16))
def test_dmc_output_rate(region: Region, rate: int) -> None:
    """Bits come one a period: two up for a 1, two down for a 0, from the low bit on."""
    period = DMC_PERIODS[region.name][rate]
    # The timer of power-up (rate 0) runs out once before the new rate counts; the first output
    # cycle after power-up is a silent one of eight bits.
    first = DMC_PERIODS[region.name][0] + 8 * period
    writes = [(0, 0x4010, rate), (0, 0x4011, 64), (0, 0x4012, 0), (0, 0x4013, 0), (0, 0x4015, 16)]
    memory = ((0xC000, b"\x4d"),)  # 1 0 1 1 0 0 1 0
    steps = channel_steps(log_of(writes, first + 40 * period, region, memory), 4)
    levels = (66, 64, 66, 68, 66, 64, 66, 64)
    expected = [(-1, 0), (0, 64), *((first + n * period, v) for n, v in enumerate(levels))]
    assert steps == expected


def test_dmc_length_loop_and_irq() -> None:
    """16 L + 1 bytes; a loop begins again without a gap; without one the flag is raised."""
    memory = ((0xC040, b"\xff" * 17 + b"\x00" * 100),)
    start = [(0, 0x4011, 0), (0, 0x4012, 1), (0, 0x4013, 1)]
    once = [(0, 0x4010, 0x8F), *start, (0, 0x4015, 16)]
    period, first = 54, 428 + 8 * 54
    steps = channel_steps(log_of(once, 30_000, memory=memory), 4)
    # 126 is as far as steps of two lead; 63 of the 136 ones are heard.
    assert steps[-1] == (first + 62 * period, 126)
    # The last byte leaves memory when the 16th begins to sound.
    fetched = first + 15 * 8 * period - period
    assert state_before(fetched, once, memory=memory)["dmc"]["irq"] == 0
    assert state_before(fetched + 1, once, memory=memory)["dmc"]["irq"] == 1
    assert state_before(fetched + 1, once, memory=memory)["dmc"]["bytes_left"] == 0
    acknowledged = [*once, (fetched + 10, 0x4015, 0)]
    assert state_before(fetched + 11, acknowledged, memory=memory)["dmc"]["irq"] == 0
    looped = [(0, 0x4010, 0x4F), *start, (0, 0x4015, 16)]
    state = state_before(fetched + 1, looped, memory=memory)["dmc"]
    assert (state["irq"], state["bytes_left"], state["address"]) == (0, 17, 0xC040)


def test_dmc_address_wraps_to_8000() -> None:
    """The byte after $FFFF is read from $8000."""
    memory = ((0xFFC0, b"\x00" * 64), (0x8000, b"\xff" * 8))
    writes = [(0, 0x4010, 15), (0, 0x4012, 0xFF), (0, 0x4013, 4), (0, 0x4015, 16)]
    steps = channel_steps(log_of(writes, 40_000, memory=memory), 4)
    first = 428 + 8 * 54 + 64 * 8 * 54
    assert steps[1] == (first, 2)


def test_dmc_stops_after_the_byte_at_hand() -> None:
    """Clearing its bit of $4015 lets buffer and shift register run out."""
    memory = ((0xC000, b"\xff" * 100),)
    first = 428 + 8 * 54
    writes = [(0, 0x4010, 15), (0, 0x4013, 6), (0, 0x4015, 16), (first + 10, 0x4015, 0)]
    steps = channel_steps(log_of(writes, 30_000, memory=memory), 4)
    assert steps[-1] == (first + 15 * 54, 32)


def test_4011_sets_the_level_at_once() -> None:
    """Seven bits, heard at the cycle of the write, whether or not the channel is enabled."""
    writes = [(100, 0x4011, 0x7F), (200, 0x4011, 0x80), (300, 0x4011, 0xC0)]
    assert channel_steps(log_of(writes, 400), 4) == [(-1, 0), (100, 127), (200, 0), (300, 64)]
