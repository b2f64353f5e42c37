"""The linear counter against its documentation, to the cycle."""

import pytest

from tests.chip_logs import state_before
from tests.synth.chip.frame_clocks import quarter_frame_cycle


@pytest.mark.parametrize("load", [0, 1, 2, 60, 127])
def test_linear_counter_counts_quarter_frames(load: int) -> None:
    """Without the control flag: loaded at the first quarter frame, then one less at each."""
    writes = [(0, 0x4015, 4), (0, 0x4008, load), (0, 0x400A, 200), (0, 0x400B, 0x08)]
    for number in (1, 2, load, load + 1, load + 2):
        if number:
            cycle = quarter_frame_cycle(number)
            expected = max(load - (number - 1), 0)
            assert state_before(cycle + 1, writes)["triangle"]["linear"]["count"] == expected


def test_linear_counter_control_flag_keeps_it_loaded() -> None:
    """With the control flag it reloads at every quarter frame, until the flag is taken away."""
    writes = [(0, 0x4015, 4), (0, 0x4008, 0x80 | 5), (0, 0x400B, 0x08)]
    release = quarter_frame_cycle(10) + 1
    writes.append((release, 0x4008, 5))
    counts = [
        int(state_before(quarter_frame_cycle(n) + 1, writes)["triangle"]["linear"]["count"])
        for n in range(9, 18)
    ]
    assert counts == [5, 5, 5, 4, 3, 2, 1, 0, 0]
