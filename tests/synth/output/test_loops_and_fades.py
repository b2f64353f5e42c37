"""Loops: unrolled as the chip would play on, faded without a corner, sealed without a seam."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.errors import SynthError
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from synth.output.loops_and_fades import (
    fade_out,
    plan_repeats,
    plan_seamless,
    plan_single_pass,
    repeat_loop,
    seal_loop,
    split_paths,
    unroll_loop,
    write_split,
)

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def log() -> RegisterLog:
    """Drive a phrase of four voices that goes on from its second half second."""
    preset = load_preset("plain")
    driven = drive(demo_score(preset), preset, NTSC)
    return replace(driven, loop_cycle=NTSC.frame_cycle(30))


def cut(samples: NDArray[np.float32], sizes: list[int]) -> list[NDArray[np.float32]]:
    """Return the samples in blocks of these sizes, again and again."""
    blocks, at, turn = [], 0, 0
    while at < len(samples):
        blocks.append(samples[at : at + sizes[turn % len(sizes)]])
        at += len(blocks[-1])
        turn += 1
    return blocks


def test_unrolling_repeats_the_loop_and_nothing_else(log: RegisterLog) -> None:
    """The intro comes once; every pass is the same writes, later by the loop's length."""
    assert log.loop_cycle is not None
    thrice = unroll_loop(log, 3)
    intro = int(np.searchsorted(log.cycle, log.loop_cycle))
    body = len(log) - intro
    length = log.end_cycle - log.loop_cycle
    assert len(thrice) == intro + 3 * body
    assert thrice.end_cycle == log.end_cycle + 2 * length
    assert thrice.loop_cycle is None
    for number in range(3):
        part = slice(intro + number * body, intro + (number + 1) * body)
        assert np.array_equal(thrice.cycle[part], log.cycle[intro:] + number * length)
        assert np.array_equal(thrice.address[part], log.address[intro:])
        assert np.array_equal(thrice.value[part], log.value[intro:])
    assert np.array_equal(unroll_loop(log, 1).cycle, log.cycle)


def test_a_write_at_the_loop_s_start_belongs_to_the_loop() -> None:
    """It is played in each pass; the one before it is not."""
    log = RegisterLog(
        np.array([0, 9, 10, 19]), np.full(4, 0x4011), np.arange(4, dtype=np.uint8), end_cycle=20,
        loop_cycle=10,
    )  # fmt: skip
    twice = unroll_loop(log, 2)
    assert twice.cycle.tolist() == [0, 9, 10, 19, 20, 29]
    assert twice.value.tolist() == [0, 1, 2, 3, 2, 3]
    assert (plan_single_pass(log, NTSC.clock_hz).loop, twice.end_cycle) == ((10, 20), 30)


def test_a_loop_s_samples_come_again() -> None:
    """Behind the sealed sound its loop is repeated, to the frame where the sound is to end."""
    sound = np.arange(10, dtype=np.float32)[:, None]
    for sizes in ([10], [3], [1]):
        for skipped, end, expected in (
            (0, 17, [*range(10), *range(6, 10), *range(6, 9)]), (2, 9, [*range(2, 10), 6]),
            (0, 10, [*range(10)]), (7, 3, [7, 8, 9]),
        ):  # fmt: skip
            heard = list(repeat_loop(cut(sound, sizes), (6, 10), skipped, end))
            assert np.concatenate(heard)[:, 0].tolist() == expected
            assert all(len(block) for block in heard)


def test_plans_name_their_loop_and_render_no_more_than_they_need() -> None:
    """Frames of an intro of 10 and a loop of 20, at a rate of a frame a cycle."""
    log = RegisterLog(
        np.array([0, 10]), np.full(2, 0x4011), np.zeros(2, np.uint8), end_cycle=30, loop_cycle=10
    )
    repeats = plan_repeats(log, NTSC.clock_hz, 2, 21 / NTSC.clock_hz)
    assert (repeats.loop, repeats.end_frame, repeats.log.end_cycle) == ((10, 30), 71, 90)
    assert plan_repeats(log, NTSC.clock_hz, 1).log.end_cycle == 30
    seamless, single = plan_seamless(log, NTSC.clock_hz), plan_single_pass(log, NTSC.clock_hz)
    assert (seamless.loop, seamless.end_frame, seamless.log.end_cycle) == ((30, 50), 50, 50)
    assert (single.loop, single.end_frame, single.log.end_cycle) == ((10, 30), 30, 30)


def test_no_more_sound_is_asked_for_than_is_heard() -> None:
    """Where a block ends with the sound, the next is not rendered."""

    def blocks() -> Iterator[NDArray[np.float32]]:
        yield np.ones((30, 1), np.float32)
        yield np.ones((30, 1), np.float32)
        raise AssertionError("one block too many")

    assert len(np.concatenate(list(fade_out(blocks(), 60, 5)))) == 60
    assert len(np.concatenate(list(seal_loop(blocks(), (20, 60), 5)))) == 60


@pytest.mark.parametrize("fade_s", [0.0, 0.5, 7.0])
def test_repeats_last_as_long_as_asked(log: RegisterLog, fade_s: float) -> None:
    """Intro, so many loops, and the fade, while which the music goes on."""
    assert log.loop_cycle is not None
    plan = plan_repeats(log, RATE_HZ, loops=2, fade_s=fade_s)
    length = log.end_cycle - log.loop_cycle
    expected_s = (log.end_cycle + length) / NTSC.clock_hz + fade_s
    assert plan.end_frame / RATE_HZ == pytest.approx(expected_s, abs=2 / RATE_HZ)
    assert plan.log.end_cycle / NTSC.clock_hz >= expected_s - 1e-9
    sound = render(plan.log, RATE_HZ)
    fade = round(fade_s * RATE_HZ)
    faded = np.concatenate(list(fade_out(cut(sound, [4096]), plan.end_frame, fade)))
    assert len(faded) == min(plan.end_frame, len(sound))
    assert abs(len(faded) - plan.end_frame) <= 1
    assert np.array_equal(faded[: plan.end_frame - fade], sound[: plan.end_frame - fade])
    if fade:
        assert np.abs(faded[-10:]).max() < 1e-4


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=4),
    st.integers(1, 1000),
    st.integers(0, 1000),
)
def test_fading_does_not_depend_on_the_blocks(sizes: list[int], end: int, fade: int) -> None:
    """Any cutting gives the same sound: full before the fade, never rising in it."""
    ones = np.ones((1000, 1), np.float32)
    fade = min(fade, end)
    faded = np.concatenate(list(fade_out(cut(ones, sizes), end, fade)))
    assert np.array_equal(faded, np.concatenate(list(fade_out([ones], end, fade))))
    assert len(faded) == end
    assert np.all(faded[: end - fade] == 1)
    assert np.all(np.diff(faded[:, 0]) <= 0)


def test_a_fade_is_a_squared_cosine() -> None:
    """It begins at full level, and halfway through it is at a half."""
    ones = np.ones((10, 1), np.float32)
    faded = np.concatenate(list(fade_out([ones], 8, 4)))[:, 0]
    assert faded.tolist() == pytest.approx([1] * 5 + [0.853553, 0.5, 0.146447], abs=1e-6)
    assert len(list(fade_out([ones, ones], 8, 4))) == 1


@pytest.mark.parametrize(("loop", "seal"), [((20, 60), 10), ((4, 60), 10), ((50, 53), 10)])
@pytest.mark.parametrize("sizes", [[100], [7]])
def test_a_seal_is_a_straight_line_from_the_one_to_the_other(
    loop: tuple[int, int], seal: int, sizes: list[int]
) -> None:
    """As long as asked, but no longer than what comes before the loop, nor than the loop."""
    noise = np.random.default_rng(4).uniform(-1, 1, (100, 1)).astype(np.float32)
    sealed = np.concatenate(list(seal_loop(cut(noise, sizes), loop, seal)))[:, 0]
    count = min(seal, loop[0], loop[1] - loop[0])
    weight = np.arange(1, count + 1) / count
    expected = noise[: loop[1], 0].copy()
    expected[-count:] += weight * (noise[loop[0] - count : loop[0], 0] - expected[-count:])
    assert sealed == pytest.approx(expected, abs=1e-6)


def test_the_seal_leads_into_the_loop_as_the_music_did(log: RegisterLog) -> None:
    """The last sample of the loop is the one that stood before its first; nothing else moved."""
    plan = plan_seamless(log, RATE_HZ)
    sound = render(plan.log, RATE_HZ)
    start, end = plan.loop
    sealed = np.concatenate(list(seal_loop(cut(sound, [1000]), plan.loop, 220)))
    assert len(sealed) == end
    assert sealed[-1] == sound[start - 1]
    assert np.array_equal(sealed[: end - 220], sound[: end - 220])
    # Across the seam a player hears what the mix itself does from one sample to the next.
    seam = abs(float(sealed[start, 0] - sealed[-1, 0]))
    assert seam == abs(float(sound[start, 0] - sound[start - 1, 0]))
    assert np.abs(np.diff(sealed[end - 221 :, 0])).max() <= np.abs(np.diff(sound[:, 0])).max()


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=4),
    st.integers(0, 900),
    st.integers(1, 100),
    st.integers(0, 300),
)
def test_sealing_does_not_depend_on_the_blocks(
    sizes: list[int], start: int, length: int, seal: int
) -> None:
    """Any cutting gives the same sound."""
    noise = np.random.default_rng(3).uniform(-1, 1, (1000, 1)).astype(np.float32)
    loop = (start, start + length)
    whole = np.concatenate(list(seal_loop([noise], loop, seal)))
    assert len(whole) == start + length
    assert np.array_equal(whole, np.concatenate(list(seal_loop(cut(noise, sizes), loop, seal))))
    if min(seal, start, length):
        assert whole[-1] == noise[start - 1]


def test_intro_and_loop_join_as_one(tmp_path: Path, log: RegisterLog) -> None:
    """The two files, one after the other, are the sealed sound; the loop's file loops whole."""
    plan = plan_seamless(log, RATE_HZ)
    sealed = list(seal_loop(cut(render(plan.log, RATE_HZ), [999]), plan.loop, 220))
    longer = [*sealed, np.ones((30, 1), np.float32)]  # what comes behind the loop is in neither
    intro, body = write_split(tmp_path / "song.wav", longer, RATE_HZ, plan.loop, bits="float")
    assert (intro.path, body.path) == split_paths(tmp_path / "song.wav")
    assert body.loop == (0, body.frames) == (0, plan.loop[1] - plan.loop[0])
    parts = [soundfile.read(info.path, dtype="float32")[0] for info in (intro, body)]
    assert np.array_equal(np.concatenate(parts), np.concatenate(sealed)[:, 0])


def test_what_does_not_loop_is_refused(log: RegisterLog) -> None:
    """Without a loop, or with senseless counts, one line says so."""
    with pytest.raises(SynthError, match=r"has no loop.* mark one in the MIDI"):
        plan_seamless(replace(log, loop_cycle=None), RATE_HZ)
    with pytest.raises(SynthError, match="choose 1-1000"):
        unroll_loop(log, 0)
    with pytest.raises(
        SynthError,
        match=r"^1000 loops and a fade of 600 s play the loop 1\d\d\d times; .* or a shorter fade$",
    ):
        plan_repeats(log, RATE_HZ, 1000, 600.0)
    for fade_s in (float("nan"), float("inf"), 600.5, -0.5):
        with pytest.raises(SynthError, match="choose 0-600"):
            plan_repeats(log, RATE_HZ, 2, fade_s)
    assert plan_repeats(log, RATE_HZ, 2, 600.0).end_frame > 600 * RATE_HZ
    with pytest.raises(SynthError, match="ends after 10 frames"):
        list(seal_loop([np.zeros((10, 1), np.float32)], (5, 20), 2))
