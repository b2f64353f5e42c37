"""A saved state goes on with the same samples; a damaged one is refused."""

import json

import numpy as np
import pytest

from synth import Synth
from synth.errors import SynthError
from tests.synth.instrument.keys import on
from tests.synth.instrument.live_play import (
    RATE_HZ,
    cut,
    whole,
)


@pytest.mark.parametrize("after", [0, 1, 700, 30_001])
def test_a_saved_state_goes_on_with_the_same_samples(after: int) -> None:
    """Saved anywhere and loaded into another synthesizer, it plays on as if nothing happened."""
    preset, messages, expected = whole("mix")
    first, second = Synth(preset), Synth(preset)
    second.process([(bytes([0x91, 50, 99]), 0.0)], 5000)
    early = tuple((m, t) for m, t in messages if t * RATE_HZ < after)
    late = tuple((m, t) for m, t in messages if t * RATE_HZ >= after)
    begun = cut(first, early, [64], after) if after else expected[:0]
    second.load_state(first.save_state())
    moved = [(m, (np.floor(t * RATE_HZ) - after + 0.5) / RATE_HZ) for m, t in late]
    rest = second.process(moved, len(expected) - after)
    np.testing.assert_array_equal(np.concatenate((begun, rest)), expected)


@pytest.mark.parametrize("keep", [0, 10, 200, 1000, -1])
def test_a_damaged_state_is_refused_and_changes_nothing(keep: int) -> None:
    """Cut short, or of another preset: one error, and the sound goes on as it was."""
    synth = Synth("plain")
    synth.process([on(60)], 3000)
    state = synth.save_state()
    for damaged in (state[:keep], state.replace(b'"frame"', b'"fr\xffme"', 1)):
        with pytest.raises(SynthError, match="no saved state"):
            synth.load_state(damaged)
    with pytest.raises(SynthError, match="no saved state"):
        Synth("plain", mode="arp").load_state(state)
    assert synth.save_state() == state


def test_a_state_holds_plain_numbers_only() -> None:
    """What is saved can be read by anyone: a line of JSON, then the chip's own state."""
    synth = Synth("lead-echo")
    synth.process([on(60), on(36, channel=10)], 9000)
    _, _, line, _ = synth.save_state().split(b"\n", 3)
    assert json.loads(line)["frame"] == 9000
