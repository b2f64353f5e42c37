"""The envelope against its documentation, to the cycle."""

import pytest

from tests.chip_logs import pulse_tone, state_before
from tests.synth.chip.frame_clocks import quarter_frame_cycle


@pytest.mark.parametrize("volume", range(16))
@pytest.mark.parametrize("loop", [False, True])
def test_envelope_falls_every_v_plus_1_quarter_frames(volume: int, loop: bool) -> None:
    """From 15 at the first quarter frame after a restart down to 0, there to stay or start over."""
    writes = [(0, 0x4015, 1), (0, 0x4000, (0x20 if loop else 0) | volume), (0, 0x4003, 1 << 3)]
    for number in (1, 2, volume + 1, volume + 2, 5 * (volume + 1), 16 * (volume + 1) + 1):
        cycle = quarter_frame_cycle(number)
        falls = (number - 1) // (volume + 1)
        expected = 15 - falls % 16 if loop else max(15 - falls, 0)
        assert state_before(cycle + 1, writes)["pulse1"]["envelope"]["decay"] == expected
        if falls and (number - 1) % (volume + 1) == 0:
            before = (expected + 1) % 16 if loop or falls <= 15 else 0
            assert state_before(cycle, writes)["pulse1"]["envelope"]["decay"] == before


def test_constant_volume_ignores_the_envelope() -> None:
    """With bit 4 the volume is V at once, while the envelope runs on underneath."""
    writes = pulse_tone(253, volume=9)
    state = state_before(200_000, writes)["pulse1"]
    assert state["volume"] == 9
    assert state["envelope"]["decay"] != 9
