"""A register log is read from any moment on, and around its loop without a seam."""

import numpy as np

from chipgen.playing.live_player import LogReader, Player
from synth.chip.render_log import render
from synth.output.loops_and_fades import unroll_loop
from tests.playing.music import demo, read

RATE = 48_000


def test_begins_near_without_the_past() -> None:
    """A reader that does not render the past anew sounds alike: the same level in every voice."""
    exact = LogReader(demo(), rate_hz=RATE, at_s=5.0, parts=True)
    near = LogReader(demo(), rate_hz=RATE, at_s=5.0, parts=True, exact=False)
    one, other = exact.read(48_000), near.read(48_000)
    loudness = [np.sqrt((sound.astype(float) ** 2).mean(axis=0)) for sound in (one, other)]
    np.testing.assert_allclose(loudness[0], loudness[1], rtol=0.03, atol=1e-4)


def test_a_loop_has_no_seam() -> None:
    """Around its loop the player gives what rendering the unrolled loop gives, bit for bit."""
    log = demo(loop_s=1.5)
    unrolled = render(unroll_loop(log, 3), RATE)
    player = Player(RATE)
    player.start(player.open(log))
    length = len(unrolled) - 1_000
    np.testing.assert_array_equal(read(player, length, 1_009), unrolled[:length])
    assert 1.5 <= player.position_s <= log.duration_s


def test_registers_are_those_of_the_moment() -> None:
    """The registers told are the last ones written before the moment."""
    reader = LogReader(demo(), rate_hz=RATE)
    reader.skip_to(100_000)
    log = demo()
    upto = np.searchsorted(log.cycle, int(100_000 / RATE * log.region.clock_hz), side="right")
    standing = [0] * 24
    for address, value in zip(log.address[:upto], log.value[:upto], strict=True):
        standing[int(address) - 0x4000] = int(value)
    assert reader.registers() == standing
