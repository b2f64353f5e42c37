"""Timer periods are the nearest in cents, and the tuning errors are those of the hardware."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.voices import VOICE_BY_NAME
from synth.instrument.pitch import (
    LONGEST_PERIOD,
    period_hz,
    pitch_to_hz,
    timer_periods,
    tuning_error_cents,
)


@pytest.mark.parametrize(
    ("pitch", "voice", "region", "period"),
    [
        (33, "pulse1", NTSC, 2033),
        (45, "pulse1", NTSC, 1016),
        (60, "pulse2", NTSC, 427),
        (69, "pulse1", NTSC, 253),
        (69, "triangle", NTSC, 126),
        (21, "triangle", NTSC, 2033),
        (119, "pulse1", NTSC, 13),
        (33, "pulse1", PAL, 1888),
        (69, "pulse2", PAL, 235),
        (69, "triangle", PAL, 117),
    ],
)
def test_known_periods(pitch: int, voice: str, region: Region, period: int) -> None:
    """The clock over 16 (t + 1), the triangle 32 (NESdev wiki: APU Pulse, APU Triangle)."""
    assert int(timer_periods(pitch, voice, region)) == period


@pytest.mark.parametrize(
    ("octave", "worst_cents"), [(36, 0.7), (48, 1.6), (60, 3.8), (72, 4.2), (84, 12), (96, 19)]
)
def test_worst_tuning_by_octave(octave: int, worst_cents: float) -> None:
    """An NTSC pulse is out of tune by these figures at most, an octave up from each C."""
    error = np.abs(tuning_error_cents(np.arange(octave, octave + 12.0), "pulse1", NTSC))
    assert error.max() == pytest.approx(worst_cents, rel=0.08)
    lower = np.abs(tuning_error_cents(np.arange(octave - 12, octave + 0.0), "triangle", NTSC))
    assert lower.max() == pytest.approx(error.max(), abs=1e-9)


@given(
    st.floats(21, 119),
    st.sampled_from(["pulse1", "pulse2", "triangle"]),
    st.sampled_from([NTSC, PAL]),
    st.floats(400, 480),
)
def test_no_neighbour_is_nearer(pitch: float, voice: str, region: Region, tuning_hz: float) -> None:
    """Neither neighbour of the chosen period is nearer to the pitch in cents."""
    period = int(timer_periods(pitch, voice, region, tuning_hz))
    wanted = float(pitch_to_hz(pitch, tuning_hz))

    def distance(candidate: int) -> float:
        return abs(float(np.log2(period_hz(candidate, voice, region) / wanted)))

    for other in (period - 1, period + 1):
        if VOICE_BY_NAME[voice].shortest_period <= other <= LONGEST_PERIOD:
            assert distance(period) <= distance(other) + 1e-12


def test_out_of_reach_is_the_nearest_end() -> None:
    """Pitches below or above the timer give its ends."""
    assert int(timer_periods(0, "pulse1", NTSC)) == LONGEST_PERIOD
    assert int(timer_periods(200, "pulse1", NTSC)) == 8
    assert int(timer_periods(200, "triangle", NTSC)) == 2
