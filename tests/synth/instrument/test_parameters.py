"""Parameters have names, ranges and descriptions; wrong ones are refused."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth import Synth
from synth.errors import SynthError
from tests.synth.instrument.keys import TimedCall, on


def same(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Return whether two sounds are the same samples, and are sounds at all."""
    assert np.ptp(first) > 0.01
    return bool(np.array_equal(first, second))


def test_parameters_turned_in_a_block_and_between_blocks_are_the_same() -> None:
    """set_parameter before a block is the message at the block's beginning."""
    one, two = Synth("plain"), Synth("plain")
    one.process([on(60)], 1000)
    two.process([on(60)], 1000)
    one.set_parameter("gain_db", -12)
    one.set_parameter("pulse1_level", 0.5)
    turns: list[TimedCall] = [("gain_db", -12, 0.0), ("pulse1_level", 0.5, 0.0)]
    assert same(one.process([], 5000), two.process(turns, 5000))
    assert one.values["gain_db"] == -12


def test_parameters_are_described() -> None:
    """Each has a name, a range around its default, and a line; values begin there."""
    synth = Synth("chord-arpeggio")
    assert len(synth.parameters) >= 10
    for name, parameter in synth.parameters.items():
        assert parameter.name == name
        assert parameter.minimum <= parameter.default <= parameter.maximum
        assert parameter.description
        assert synth.values[name] == parameter.default
        for value in (parameter.minimum, parameter.maximum):
            synth.set_parameter(name, value)
    assert synth.parameters["arpeggio_frames"].default == synth.preset.arpeggio.frames
    with pytest.raises(TypeError):
        synth.parameters["new"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("gain_db", 13, "-60 to 12 dB"), ("pulse1_duty", 1.5, "whole number from -1 to 3"),
     ("pulse1_dutty", 1, "did you mean 'pulse1_duty'"), ("gain_db", float("nan"), "-60 to 12")],
)  # fmt: skip
def test_wrong_parameters_are_named_with_their_range(name: str, value: float, said: str) -> None:
    """By method and by message: one line with what is allowed."""
    synth = Synth("plain")
    for turn in (
        lambda: synth.set_parameter(name, value),
        lambda: synth.process([(name, value, 0.0)], 64),
    ):
        with pytest.raises(SynthError, match="parameter") as caught:
            turn()
        assert said in str(caught.value)
