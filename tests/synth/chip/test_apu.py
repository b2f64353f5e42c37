"""The event-driven chip does, at every cycle, what a chip counted out cycle by cycle does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.level_trace import run_chip
from tests.chip_logs import Write, log_of, state_before
from tests.chip_reference import END_CYCLE, SAMPLE, SOUND_REGISTERS, ReferenceApu, write_lists


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


@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
def test_power_up(region: Region) -> None:
    """All counters empty, shift register 1, triangle at the top of its ramp, sample at $C000."""
    state = state_before(0, [], region)
    for name in ("pulse1", "pulse2", "triangle", "noise"):
        assert state[name]["length"]["count"] == 0
        assert state[name]["length"]["enabled"] == 0
    assert state["noise"]["shift_register"] == 1
    assert state["triangle"]["position"] == 0
    assert state["dmc"]["output"] == 0
    assert (state["dmc"]["sample_address"], state["dmc"]["sample_length"]) == (0xC000, 1)
    assert state["sequencer"]["five_steps"] == 0
    assert tuple(state["noise"]["period_cycles"]) == region.noise_period_cycles
