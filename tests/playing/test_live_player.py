"""The live player gives the samples of the file, and no click whatever is done to it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipgen.playing.live_player import FADE_S, Player
from synth import Synth
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.playing.music import demo, read

RATE = 48_000

FADE = round(FADE_S * RATE)


@cache
def whole(preset: str = "default") -> NDArray[np.float32]:
    """Return its samples, as a file has them."""
    return render(demo(preset), RATE)


@cache
def hum(pitch: int = 57) -> RegisterLog:
    """Return a triangle that hums for 4 s: its own steps are small, so a click would stand out."""
    score = ChipScore(triangle=(ChipNote(0.0, 4.0, pitch),), end_s=4.0)
    return drive(score, load_preset("plain"))


def largest_step(sound: NDArray[np.float32]) -> float:
    """Return how far the mix steps at most from one sample to the next."""
    return float(np.abs(np.diff(sound[:, 0])).max())


def treble(sound: NDArray[np.float32]) -> float:
    """Return the energy above 22.5 kHz, where a click has some and the chip's sound hardly any."""
    spectrum = np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound)))) ** 2
    return float(spectrum[round(22_500 * len(sound) / RATE) :].sum())


def test_plays_what_the_file_holds() -> None:
    """From the start, the mix is the render bit for bit and the parts are the voices alone."""
    player = Player(RATE, parts=True)
    player.start(player.open(demo()))
    heard = read(player, 96_000, 441)
    assert heard.shape == (96_000, 5)
    np.testing.assert_array_equal(heard[:, 0], whole()[:96_000, 0])
    alone = render(demo(), RATE, outputs="isolated")[:96_000]
    np.testing.assert_array_equal(heard[:, 1:], alone[:, :4])


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 6.0), st.integers(1, 2_000))
def test_seeking_is_exact(at_s: float, block: int) -> None:
    """After the short fade in, what follows a seek is the file's own samples."""
    player = Player(RATE)
    player.start(player.open(demo(), at_s=at_s))
    first = round(at_s * RATE)
    heard = read(player, FADE + 4_000, block)[FADE:]
    np.testing.assert_array_equal(heard, whole()[first + FADE : first + FADE + 4_000])


def test_taken_back_sound_comes_again() -> None:
    """Frames that are taken back are read again as they were, and the position goes back."""
    player = Player(RATE)
    player.start(player.open(demo()))
    before = read(player, 30_000)
    position_s = player.position_s
    assert player.rewind(5_000) == 5_000
    assert player.position_s == pytest.approx(position_s - 5_000 / RATE)
    np.testing.assert_array_equal(read(player, 5_000), before[-5_000:])
    assert player.frames == 30_000


def test_a_change_goes_on_from_the_same_moment() -> None:
    """Other timbres go on where the first were, from the taken-back frame on."""
    player = Player(RATE)
    player.start(player.open(demo()))
    read(player, 60_000)
    reader = player.open_change(demo("bright"), "nes", player.position_s)
    read(player, 3_000)
    player.rewind(2_000)
    assert round(player.position_s * RATE) == 61_000
    player.change(reader)
    heard = read(player, 5_000)[FADE:]
    np.testing.assert_array_equal(heard, whole("bright")[61_000 + FADE : 66_000])


def test_the_same_music_changes_over_unheard() -> None:
    """Going over to the same music at the same moment changes no sample."""
    player = Player(RATE)
    player.start(player.open(demo()))
    read(player, 60_000)
    player.change(player.open_change(demo(), "nes", player.position_s))
    np.testing.assert_allclose(read(player, 2_000), whole()[60_000:62_000], atol=1e-6)


@pytest.mark.parametrize("act", ["change", "seek", "stop", "key", "gain", "start"])
def test_no_click(act: str) -> None:
    """Whatever is done while a triangle hums, no sample steps further than it does by itself.

    Above what the chip can sound there is less than a hundredth of what a small click would bring.
    """
    player = Player(RATE)
    player.set_synth(Synth("plain", rate_hz=RATE, outputs="apu"))
    player.start(player.open(hum()))
    plain = read(player, 48_000)
    calm = np.concatenate((plain[-24_000:], read(player, 1_013)))
    if act == "change":
        player.change(player.open_change(hum(61), "nes", player.position_s))
    elif act == "seek":
        player.start(player.open(hum(), at_s=2.3456))
    elif act == "stop":
        player.stop()
    elif act == "key":
        player.key(2, 69, 100)
    elif act == "gain":
        player.set_gain(0.25)
    else:
        player.stop()
        calm = np.concatenate((calm, read(player, 5_000)))
        player.start(player.open(hum(), at_s=1.3))
    after = np.concatenate((calm[-4_096:], read(player, 4_096)))
    clicked = after.copy()
    clicked[4_096:] += 0.03
    assert largest_step(after) < 1.6 * largest_step(calm)
    assert treble(after) < 0.01 * treble(clicked)


def test_a_loop_can_be_left_out() -> None:
    """Told not to loop, music with a loop is played once through and fades on its last frames."""
    log = demo(loop_s=1.5)
    player = Player(RATE)
    player.start(player.open(log, loop=False))
    end = round(log.duration_s * RATE)
    heard = read(player, end + 4_800)
    assert not player.playing
    assert not heard[end + 1 :].any()
    assert abs(float(heard[end - 2, 0])) < 0.01


def test_falls_silent_at_the_end() -> None:
    """At the end there is silence, nothing sounds on, and the position stays there."""
    player = Player(RATE)
    player.start(player.open(demo()))
    heard = read(player, len(whole()) + 4_800)
    np.testing.assert_array_equal(heard[: len(whole())], whole())
    assert not heard[len(whole()) :].any()
    assert not player.sounding
    assert player.position_s == pytest.approx(demo().duration_s)


def test_keys_sound_and_ring_out() -> None:
    """A key sounds in the next block on its voice alone; let go, it ends and costs nothing more."""
    player = Player(RATE, parts=True)
    player.set_synth(Synth("plain", rate_hz=RATE, outputs="apu"))
    assert not player.sounding
    player.key(1, 69, 100)
    heard = read(player, 9_600)
    assert np.abs(heard[:1_920, 0]).max() > 0.05
    assert np.abs(heard[:, 2]).max() > 0.05
    assert not heard[:, 1].any()
    np.testing.assert_allclose(heard[:, 0], heard[:, 1:].sum(axis=1), atol=1e-5)
    player.key(1, 69, 0)
    ringing = read(player, 5 * RATE)
    assert np.abs(ringing[RATE:, 0]).max() < 0.02
    assert not player.sounding


def test_held_keys_go_on_with_other_timbres() -> None:
    """A synthesizer that takes another's place plays the keys that are held."""
    player = Player(RATE)
    player.set_synth(Synth("plain", rate_hz=RATE, outputs="apu"))
    player.key(0, 69, 100)
    read(player, 9_600)
    player.set_synth(Synth("bright", rate_hz=RATE, outputs="apu"))
    assert np.abs(read(player, 9_600)[2_400:, 0]).max() > 0.02
    player.release_keys()
    read(player, 5 * RATE)
    assert not player.sounding


def test_keys_sound_over_music() -> None:
    """Music and keys are heard together, and music is not disturbed."""
    player = Player(RATE)
    player.set_synth(Synth("plain", rate_hz=RATE, outputs="apu"))
    player.start(player.open(hum()))
    read(player, 4_800)
    player.key(0, 81, 127)
    both = read(player, 9_600)[2_400:]
    rest = both - render(hum(), RATE)[4_800 + 2_400 : 4_800 + 9_600]
    pitch_hz = np.abs(np.fft.rfft(rest[:, 0] - rest.mean())).argmax() * RATE / len(rest)
    assert pitch_hz == pytest.approx(880.0, abs=RATE / len(rest))


def test_gain_arrives() -> None:
    """A gain is reached within the time of a fade, and kept."""
    player = Player(RATE)
    player.start(player.open(hum()))
    read(player, 4_800)
    player.set_gain(0.5)
    read(player, FADE, 100)
    expected = 0.5 * render(hum(), RATE)[4_800 + FADE : 9_600]
    np.testing.assert_allclose(read(player, 4_800 - FADE), expected, atol=1e-7)


def test_music_that_goes_on_alike_is_extended_unheard() -> None:
    """A longer log with the same beginning goes on in it; one with another beginning is refused."""
    log = demo()
    half = int(np.searchsorted(log.cycle, log.end_cycle // 2))
    short = replace(
        log, cycle=log.cycle[:half], address=log.address[:half], value=log.value[:half],
        chip=log.chip[:half], end_cycle=log.end_cycle // 2,
    )  # fmt: skip
    player = Player(RATE)
    player.start(player.open(short, loop=False))
    before = read(player, 10_000)
    assert not player.extend(demo("bright"), "nes")
    assert not player.extend(log, "none")
    assert player.extend(log, "nes")
    heard = np.concatenate((before, read(player, 50_000)))
    np.testing.assert_array_equal(heard, whole()[:60_000])


def test_much_can_be_taken_back_block_by_block() -> None:
    """As much is kept as was asked for, in whatever blocks it was read."""
    player = Player(RATE, kept_s=2.0)
    player.start(player.open(demo()))
    before = read(player, 150_000, 7_000)
    assert player.rewind(150_000) == 96_000
    assert player.position_before(96_000) == 0.0
    np.testing.assert_array_equal(read(player, 96_000, 999), before[-96_000:])
