"""Any log can be cut, or unrolled round its loop."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.chip.register_log import RegisterLog
from synth.formats.log_frames import cut_log
from tests.synth.formats.vgm_files import logs


@settings(max_examples=60, deadline=None)
@given(log=logs(), rounds=st.integers(0, 5))
def test_any_log_can_be_cut_or_unrolled(log: RegisterLog, rounds: int) -> None:
    """A cut log has the writes up to there; an unrolled one goes round its loop in order."""
    if log.loop_cycle is None:
        half = cut_log(log, log.duration_s / 2)
        kept = int(np.sum(log.cycle < half.end_cycle))
        assert half.value.tolist() == log.value[:kept].tolist()
        assert cut_log(log, log.duration_s + 10) is log
        return
    length = log.end_cycle - log.loop_cycle
    longer = cut_log(log, (log.end_cycle + rounds * length) / log.region.clock_hz)
    again = log.value[log.cycle >= log.loop_cycle].tolist()
    expected = log.value.tolist() + again * (rounds + 1)
    assert longer.value.tolist() == expected[: len(longer)]
    assert abs(len(longer) - len(log) - rounds * len(again)) <= len(again)
    assert longer.loop_cycle is None or rounds == 0
