"""Messages of hosts are heard whatever their form; wrong ones are refused."""

import numpy as np
import pytest
from mido import Message
from numpy.typing import NDArray

from synth import Synth
from synth.errors import SynthError
from tests.synth.instrument.keys import heard, on
from tests.synth.instrument.live_play import (
    RATE_HZ,
)


def test_mido_messages_and_bytes_are_heard_alike() -> None:
    """Objects with bytes() and a time in seconds, as hosts pass them, or plain tuples."""
    synth = Synth("plain")
    by_mido = synth(
        [Message("note_on", note=60), Message("note_off", note=60, time=0.4)], 1.0, RATE_HZ
    )
    by_bytes = synth([(bytes([0x90, 60, 64]), 0.0), ([0x80, 60, 64], 0.4)], 1.0)
    np.testing.assert_array_equal(by_mido, by_bytes)
    assert by_mido.shape == (2, RATE_HZ)
    assert by_mido.dtype == np.float32
    assert synth([], 0.5, 48_000).shape == (2, 24_000)
    assert Synth("plain", outputs="isolated")([], 0.1).shape == (5, 4410)


def same(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Return whether two sounds are the same samples, and are sounds at all."""
    assert np.ptp(first) > 0.01
    return bool(np.array_equal(first, second))


@pytest.mark.parametrize(
    "message",
    [(b"", 0.0), (bytes([0x90, 60]), 0.0), (bytes([0x90, 200, 1]), 0.0), (bytes([60]), 0.0),
     (bytes([0x90, 60, 60]), 0.2), (bytes([0x90, 60, 60]), -0.1), (object(), 0.0), "note on",
     (bytes([0x90, 60, 60]), float("nan")), (b"\x90", 1, 2, 3)],
)  # fmt: skip
def test_what_is_no_message_of_the_block_is_refused(message: object) -> None:
    """Half messages, times outside the block, and other things: an error, and no sound changed."""
    synth = Synth("plain")
    before = synth.save_state()
    with pytest.raises(SynthError):
        synth.process([on(60), message], 4410)  # type: ignore[list-item]
    assert synth.save_state() == before


def test_other_messages_are_taken_no_notice_of() -> None:
    """System messages, aftertouch, unknown controllers and channels leave the sound alone."""
    others = [bytes([0xF8]), bytes([0xF0, 1, 2, 0xF7]), bytes([0xFF]), bytes([0xD0, 99]),
              bytes([0xA0, 60, 99]), bytes([0xB0, 74, 99]), bytes([0x97, 60, 99])]  # fmt: skip
    assert same(heard(on(60), *((data, 0.2) for data in others)), heard(on(60)))
