"""A register log is read from any moment on, and around its loop without a seam."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.playing.live_player import LogReader, Player
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.chip.voices import VOICES
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
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


def around(end_s: float, loop_s: float = 1.5, preset: str = "default") -> RegisterLog:
    """Return a demonstration that goes around from some second on."""
    score = demo_score(load_preset("default"))
    voices = {
        voice: tuple(
            replace(note, end_s=min(note.end_s, end_s))
            for note in score.voice(voice)
            if note.start_s < end_s
        )
        for voice in VOICES
    }
    return drive(replace(score, **voices, end_s=end_s, loop_s=loop_s), load_preset(preset))


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_loop_grows_unheard(rounds: int) -> None:
    """Music that goes around goes on in a longer version of itself, whichever time it is at."""
    short, long = around(4.0), around(6.0)
    begin_s = 2.5 + rounds * length_s(short)
    reader = LogReader(short, rate_hz=RATE)
    heard = reader.read(round(begin_s * RATE))
    assert reader.position_s == pytest.approx(2.5, abs=1e-4)
    assert not reader.extend(around(6.0, preset="bright"))
    assert not reader.extend(around(6.0, loop_s=1.0))
    assert not reader.extend(around(2.0))
    assert reader.extend(long)
    assert reader.position_s == pytest.approx(2.5, abs=1e-4)
    assert reader.music_s(round((begin_s - 0.5) * RATE)) == pytest.approx(2.0, abs=1e-4)
    heard = np.concatenate([heard, reader.read(round(3.4 * RATE))])
    assert reader.position_s == pytest.approx(5.9, abs=1e-4)
    reader.skip_to(reader.frame + round(0.2 * RATE))
    assert reader.position_s == pytest.approx(1.6, abs=0.02)
    np.testing.assert_array_equal(
        heard, render(joined(short, long, 2.5, rounds), RATE)[: len(heard)]
    )


def test_a_loop_that_has_been_left_is_not_taken_up_again() -> None:
    """What was made of the loop's beginning follows its old end, and no longer music."""
    short = around(4.0)
    reader = LogReader(short, rate_hz=RATE)
    reader.read(round(short.duration_s * RATE) - 1)
    assert not reader.extend(around(6.0))


def length_s(log: RegisterLog) -> float:
    """Return how long a log takes to go around."""
    assert log.loop_cycle is not None
    return (log.end_cycle - log.loop_cycle) / log.region.clock_hz


def joined(short: RegisterLog, long: RegisterLog, at_s: float, rounds: int) -> RegisterLog:
    """Return what is written when a loop goes on in another one, some time after so many rounds."""
    before = unroll_loop(short, 1 + rounds)
    at = round(at_s * short.region.clock_hz)
    later = rounds * round(length_s(short) * short.region.clock_hz)
    until, since = np.searchsorted(before.cycle, at + later), np.searchsorted(long.cycle, at)
    columns = {
        name: np.concatenate([getattr(before, name)[:until], getattr(long, name)[since:]])
        for name in ("address", "value", "chip")
    }
    cycle = np.concatenate([before.cycle[:until], long.cycle[since:] + later])
    return replace(long, cycle=cycle, end_cycle=long.end_cycle + later, loop_cycle=None, **columns)
