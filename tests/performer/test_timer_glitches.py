"""What sounds between two writes to a timer is of both notes, if their upper bits differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.performer.timer_glitches import Glitch, glitch_pitch

PITCHES = st.integers(33, 108)


@given(before=PITCHES, pitch=PITCHES, cycles=st.sampled_from([16, 32]))
def test_both_orders_sound_or_neither(before: int, pitch: int, cycles: int) -> None:
    """A pitch that is heard is none of the note itself, and one octave of timers has none."""
    heard = [glitch_pitch(before, pitch, cycles, kind) for kind in Glitch]
    assert heard[Glitch.NONE] is None
    assert heard[Glitch.OTHER] is None
    assert all(each is None or (0 <= each <= 127 and each != pitch) for each in heard)
    if before == pitch:
        assert heard == [None] * 4


@pytest.mark.parametrize(("before", "pitch"), [(69, 71), (72, 79), (80, 90)])
def test_notes_with_the_same_upper_bits_make_none(before: int, pitch: int) -> None:
    """Timers below 256 (A4 and higher) have no upper bits."""
    assert glitch_pitch(before, pitch, 16, Glitch.LOW_FIRST) is None


def test_the_order_of_the_writes_tells_which_way_it_goes() -> None:
    """G4's timer is 1 × 256 + 28, A4's 253: between them lies 509 or 28."""
    cycle_hz = 1_789_773 / 16
    for kind, timer in ((Glitch.LOW_FIRST, 256 + 253), (Glitch.HIGH_FIRST, 28)):
        pitch = glitch_pitch(67, 69, 16, kind)
        assert pitch is not None
        assert 440 * 2 ** ((pitch - 69) / 12) == pytest.approx(cycle_hz / (timer + 1), rel=0.03)
