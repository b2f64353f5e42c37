"""Frames keep musical time."""

import numpy as np
import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.instrument.chip_score import ChipNote
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import one_voice, preset_of

PLAIN = load_preset("plain")


@pytest.mark.parametrize("region", [NTSC, PAL])
@pytest.mark.parametrize("tick_hz", [None, 24.0, 120.0, 240.0])
def test_musical_time_is_kept(region: Region, tick_hz: float | None) -> None:
    """Onsets lie within half a driver call of the score's, on either chip and at any rate."""
    preset = preset_of(f"engine: {{tick_hz: {tick_hz}}}") if tick_hz else PLAIN
    starts_s = [0.37 * k for k in range(200)]
    score = one_voice("pulse1", *(ChipNote(s, s + 0.2, 60) for s in starts_s), end_s=75.0)
    log = drive(score, preset, region)
    volume = (log.address == 0x4000) & (log.value == 0xBF)
    heard_s = log.cycle[volume] / region.clock_hz
    half_call_s = 0.5 / (tick_hz or region.frame_hz)
    assert len(heard_s) == 200
    assert np.abs(heard_s - np.array(starts_s)).max() <= half_call_s + 200 / region.clock_hz
    assert log.duration_s == pytest.approx(75.0, abs=3 * half_call_s)
