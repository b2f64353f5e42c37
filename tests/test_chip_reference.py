"""The event-driven chip does, at every cycle, what a chip counted out cycle by cycle does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.trace import run_chip
from tests.chip_logs import Write, log_of
from tests.chip_reference import ReferenceApu

SOUND_REGISTERS = [*range(0x4000, 0x4014), 0x4015, 0x4017]
SAMPLE = ((0xC000, bytes(range(0, 256, 3))), (0xFFC0, b"\xaa\xff\x0f" * 21))
END_CYCLE = 45_000  # past the last step of either sequence, in either region


def compare(
    writes: list[Write], end_cycle: int, region: Region, *, ultrasonic: str = "silent"
) -> None:
    """Run both chips and compare every change of every level, and its cycle."""
    log = log_of(writes, end_cycle, region, SAMPLE)
    _, cycles, levels = run_chip(log, ultrasonic=ultrasonic)
    ours = [
        (int(cycle), tuple(int(level) for level in row))
        for cycle, row in zip(cycles, levels, strict=True)
    ]
    reference = ReferenceApu(region, SAMPLE, exact=ultrasonic == "exact")
    assert ours == reference.run(writes, end_cycle)


@st.composite
def write_lists(draw: st.DrawFn) -> list[Write]:
    """All channels on, then up to 40 writes of anything to anywhere, some at the same cycle."""
    gaps = st.one_of(st.just(0), st.integers(1, 20), st.integers(20, 4000))
    address = st.sampled_from(SOUND_REGISTERS)
    steps = draw(st.lists(st.tuples(gaps, address, st.integers(0, 255)), max_size=40))
    writes: list[Write] = [(0, 0x4015, 0x1F)]
    for gap, where, value in steps:
        cycle = writes[-1][0] + gap
        if cycle >= END_CYCLE:
            break
        writes.append((cycle, where, value))
    return writes


@settings(max_examples=40, deadline=None)
@given(
    writes=write_lists(),
    region=st.sampled_from([NTSC, PAL]),
    ultrasonic=st.sampled_from(["silent", "exact"]),
)
def test_random_writes_do_what_the_cycle_by_cycle_chip_does(
    writes: list[Write], region: Region, ultrasonic: str
) -> None:
    """Whatever is written whenever, every level changes at the same cycle to the same value."""
    compare(writes, END_CYCLE, region, ultrasonic=ultrasonic)


@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
@pytest.mark.parametrize("seed", range(4))
def test_a_busy_second_of_music_like_writes(seed: int, region: Region) -> None:
    """Bursts of writes at 240 Hz, all channels sounding, over a third of a second."""
    rng = np.random.default_rng(seed)
    end_cycle = 600_000
    writes: list[Write] = [(0, 0x4015, 0x1F), (0, 0x4017, 0x80 if seed & 1 else 0)]
    for start in range(0, end_cycle - 1000, 7_450):
        for offset in range(6):
            address = int(rng.choice(SOUND_REGISTERS[:20]))
            value = int(rng.integers(256))
            if address in (0x4003, 0x4007, 0x400B):
                value &= 0xF9  # keep pitches within hearing
            writes.append((start + 9 * offset, address, value))
        if rng.random() < 0.1:
            writes.append((start + 60, 0x4015, 0x1F))
    compare(writes, end_cycle, region)
