"""No start level and no bits are nearer to a sound than those of the encoder."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.chip.dpcm import (
    LONGEST_BYTES,
    decode_bits,
    encode_bits,
    encode_sound,
    pack_bits,
    pad_sample,
    rate_hz,
)
from synth.errors import SynthError

BITS = 9


@given(st.lists(st.floats(0, 127), min_size=BITS, max_size=BITS))
def test_an_exhaustive_search_finds_nothing_nearer(wanted: list[float]) -> None:
    """All 128 start levels times all bits leave as much error as the encoder's, or more."""
    target = np.array(wanted)
    level, bits = encode_bits(target)
    error = ((decode_bits(level, bits) - target) ** 2).sum()
    levels = np.repeat(np.arange(128)[:, np.newaxis], 2**BITS, axis=1)
    every = np.array(list(itertools.product((0, 1), repeat=BITS)))
    total = np.zeros(levels.shape)
    for step in range(BITS):
        moved = levels + np.where(every[:, step], 2, -2)
        levels = np.where((moved >= 0) & (moved <= 127), moved, levels)
        total += (levels - target[step]) ** 2
    assert error == pytest.approx(total.min())


def test_a_loop_ends_where_it_begins() -> None:
    """A loop's level does not drift, however often it goes round."""
    target = 64 + 20 * np.sin(2 * np.pi * np.arange(136) / 136)
    level, bits = encode_bits(target, loop=True)
    assert decode_bits(level, bits)[-1] == level


def test_lengths_are_those_the_chip_can_play() -> None:
    """16 n + 1 bytes, made up with bits that hold the level."""
    assert len(pad_sample(b"")) == 1
    assert len(pad_sample(bytes(17))) == 17
    assert len(pad_sample(bytes(18))) == 33
    packed = pack_bits(np.array([1, 1, 1], dtype=np.uint8))
    level = decode_bits(64, np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little"))
    assert level[2] == 70
    assert abs(level[-1] - 70) <= 2


def test_a_sound_is_heard_again() -> None:
    """A low tone comes back to 20 dB and better, and the rate is one that it needs."""
    hz = 44_100
    time_s = np.arange(8000) / hz
    tone = np.sin(2 * np.pi * 70 * time_s) * np.exp(-time_s / 0.06)
    made = encode_sound(tone, hz)
    assert made.error_db < -20
    assert encode_sound(tone, hz, 15).rate == 15
    assert len(encode_sound(tone, hz, 15).data) == pytest.approx(
        8000 / hz * rate_hz(15) / 8, abs=17
    )


def test_what_cannot_be_a_sample_is_refused() -> None:
    """Silence, and what is longer than the longest sample, are told with the way out."""
    with pytest.raises(SynthError, match="silent"):
        encode_sound(np.zeros(100), 44_100)
    with pytest.raises(SynthError, match=r"too long at rate 15, where a sample lasts 0\.99 s"):
        encode_sound(np.ones(60_000), 44_100, 15)
    assert len(encode_sound(np.sin(np.arange(60_000) / 90), 44_100).data) <= LONGEST_BYTES
