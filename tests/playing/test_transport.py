"""What a transport gives its device: the samples of the file, and no click whatever is done."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from chipgen.playing.transport import GROWING_END_S, QUEUE_S, Transport, Tune, mute_log
from synth.chip.audio_stream import HARDWARE, ChipChoices
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset

RATE = 44_100

BLOCK = 512


class Device:
    """A device that takes sound as fast as the test wants it, once there is some."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.heard: list[NDArray[np.float32]] = []

    def take(self, seconds: float) -> NDArray[np.float32]:
        """Take so much; wait for sound rather than run dry."""
        blocks = []
        for _ in range(round(seconds * RATE / BLOCK)):
            until = time.monotonic() + 60
            while self.transport.queued_frames < BLOCK:
                assert time.monotonic() < until, "no sound comes"
                assert self.transport.failure is None
                time.sleep(0.001)
            out = np.zeros((BLOCK, 1), np.float32)
            self.transport.fill(out, BLOCK)
            blocks.append(out)
        self.heard += blocks
        return np.concatenate(blocks)[:, 0]

    def take_all(self) -> NDArray[np.float32]:
        """Take until the music is over; return all that was heard from the beginning."""
        while not self.transport.finished.is_set():
            self.take(0.05)
        return np.concatenate(self.heard)[:, 0]


def tune(preset: str = "default", seconds: float | None = None, *, grows: bool = False) -> Tune:
    """Return a demonstration, as long as it is or cut."""
    score = demo_score(load_preset("default"))
    if seconds is not None:
        voices = {
            voice: tuple(note for note in score.voice(voice) if note.end_s <= seconds)
            for voice in ("pulse1", "pulse2", "triangle", "noise")
        }
        score = ChipScore(**voices, end_s=seconds)
    log = drive(score, load_preset(preset))
    return Tune(log, "nes", (0.0, 1.0, 2.0, 3.0), grows)


def hum(pitch: int = 57) -> Tune:
    """Return a triangle that hums for 8 s: its own steps are small, so a click would stand out."""
    score = ChipScore(triangle=(ChipNote(0.0, 8.0, pitch),), end_s=8.0)
    return Tune(drive(score, load_preset("plain")))


def largest_step(sound: NDArray[np.float32]) -> float:
    """Return how far it steps at most from one sample to the next."""
    return float(np.abs(np.diff(sound)).max())


@pytest.mark.parametrize("chip", [HARDWARE, ChipChoices(click_free=True, ultrasonic="exact")])
def test_untouched_it_gives_the_file_s_samples(chip: ChipChoices) -> None:
    """From the first sample to the last, then silence, then it is over."""
    played = replace(tune(), chip=chip)
    transport = Transport(played, RATE)
    device = Device(transport)
    with transport.running():
        heard = device.take_all()
    expected = render(
        played.log, RATE, click_free=chip.click_free, ultrasonic=chip.ultrasonic
    )[:, 0]  # fmt: skip
    assert np.array_equal(heard[: len(expected)], expected)
    assert not heard[len(expected) :].any()
    assert transport.underruns == 0


@pytest.mark.parametrize(
    "act",
    [
        lambda transport: transport.pause(),
        lambda transport: transport.seek(5.0),
        lambda transport: transport.mute("triangle"),
        lambda transport: transport.play(hum(60)),
    ],
    ids=["pause", "seek", "mute", "another"],
)
def test_nothing_clicks(act: Callable[[Transport], None]) -> None:
    """Pausing, seeking, muting and other music pass over within milliseconds, without a step."""
    transport = Transport(hum(), RATE)
    device = Device(transport)
    with transport.running():
        calm = largest_step(device.take(1.0)[RATE // 10 :])
        for _ in range(2):
            act(transport)
            assert largest_step(device.take(0.7)) < 1.5 * calm
            time.sleep(0.02)
    assert transport.underruns == 0


def test_a_change_is_heard_before_the_queue_has_run_out() -> None:
    """What was made ahead is taken back: a mute is heard within a hundredth of a second."""
    transport = Transport(hum(), RATE)
    device = Device(transport)
    with transport.running():
        device.take(1.0)
        transport.mute("triangle")
        sound = device.take(0.3)
        assert np.abs(sound[RATE // 20 :]).max() < 0.1 * np.abs(sound[:BLOCK]).max()
        transport.mute("triangle")
        assert np.abs(device.take(0.3)[RATE // 20 :]).max() > 0.03


def test_pausing_holds_the_place() -> None:
    """Nothing sounds or moves while it is paused; then it goes on where it was."""
    transport = Transport(hum(), RATE)
    device = Device(transport)
    with transport.running():
        device.take(1.0)
        transport.pause()
        assert transport.paused
        device.take(0.2)
        at = transport.position_s
        assert at == pytest.approx(1.0, abs=0.1)
        assert not device.take(0.5).any()
        assert transport.position_s == at
        transport.seek(3.0)
        assert not device.take(0.2).any()
        transport.pause()
        heard = device.take(0.5)
        sounding_s = (len(heard) - np.flatnonzero(heard)[0]) / RATE
        assert sounding_s > 0.3, "the pause goes on no longer than what was queued"
        assert transport.position_s == pytest.approx(3.0 + sounding_s, abs=0.05)


def test_seeking_stays_within_the_music() -> None:
    """Beyond either end is the end; bars are found by their beginnings."""
    transport = Transport(tune(), RATE)
    device = Device(transport)
    with transport.running():
        transport.seek(-5.0)
        assert transport.position_s < 0.1
        transport.seek(2.2)
        transport.seek_bars(1)
        assert transport.position_s == pytest.approx(3.0, abs=0.02)
        transport.seek(2.8)
        transport.seek_bars(-1)
        assert transport.position_s == pytest.approx(2.0, abs=0.02)
        transport.seek_bars(-1)
        assert transport.position_s == pytest.approx(1.0, abs=0.02)
        transport.seek(9999.0)
        device.take_all()


def test_music_that_grows_is_heard_as_if_it_had_been_whole() -> None:
    """Not one sample tells where a piece was made longer while it played."""
    whole = tune()
    length_s = whole.log.duration_s
    transport = Transport(tune(seconds=5.0, grows=True), RATE)
    device = Device(transport)
    with transport.running():
        device.take(1.0)
        transport.play(tune(seconds=6.0, grows=True))
        device.take(1.5)
        transport.play(whole)
        heard = device.take_all()
    expected = render(whole.log, RATE)[:, 0]
    assert length_s > 6.0
    assert np.array_equal(heard[: len(expected)], expected)


def test_music_that_comes_too_late_is_waited_for() -> None:
    """Where growing music may still change it rests, and goes on when there is more."""
    transport = Transport(tune(seconds=4.0, grows=True), RATE)
    device = Device(transport)
    with transport.running():
        device.take(2.0)
        assert transport.waiting
        assert not device.take(0.3).any()
        assert transport.waits == 1
        assert transport.position_s == pytest.approx(4.0 - GROWING_END_S, abs=0.25)
        transport.play(tune())
        device.take(QUEUE_S + 0.3)
        assert not transport.waiting
        assert transport.position_s > 4.0 - GROWING_END_S + 0.05
        transport.pause()
        transport.play(tune("soft"))
        assert transport.paused
        assert not device.take(0.5)[RATE // 5 :].any()
    assert not transport.finished.is_set()


def test_music_that_grows_begins_once_enough_is_there() -> None:
    """A short beginning is not played until there is more; then no sample is missing."""
    whole = tune()
    first = replace(tune(seconds=5.0, grows=True), ahead_s=3.0)
    transport = Transport(first, RATE)
    device = Device(transport)
    with transport.running():
        assert transport.waiting
        transport.play(replace(tune(seconds=5.5, grows=True), ahead_s=3.0))
        silence = device.take(0.3)
        assert transport.waiting
        assert transport.position_s == 0.0
        transport.play(whole)
        assert not transport.waiting
        heard = device.take_all()[len(silence) :]
    expected = render(whole.log, RATE)[:, 0]
    begins = int(np.flatnonzero(heard)[0] - np.flatnonzero(expected)[0])
    assert not silence.any()
    assert np.array_equal(heard[begins : begins + len(expected)], expected)
    assert transport.waits == 0


def test_a_listener_who_goes_to_the_end_of_what_grows_waits_there() -> None:
    """A wait that the listener asked for is none of the composer's."""
    transport = Transport(tune(seconds=6.0, grows=True), RATE)
    device = Device(transport)
    with transport.running():
        device.take(0.5)
        transport.seek(9999.0)
        assert transport.waiting
        assert transport.position_s == pytest.approx(6.0 - GROWING_END_S, abs=0.05)
        assert transport.waits == 0


def test_registers_are_those_that_are_heard() -> None:
    """They follow the position, back as well as forth, and a mute switches a voice off."""
    transport = Transport(hum(), RATE)
    device = Device(transport)
    with transport.running():
        device.take(1.0)
        assert transport.registers()[0x15] & 4
        transport.mute("triangle")
        assert not transport.registers()[0x15] & 4


def test_a_failure_ends_it() -> None:
    """What goes wrong where the sound is made comes to whoever listens."""
    log = hum().log
    transport = Transport(Tune(log), RATE)
    transport._player.read = None  # type: ignore[method-assign, assignment]
    with transport.running():
        assert transport.finished.wait(10)
    assert isinstance(transport.failure, TypeError)


def test_muting_leaves_other_registers_alone() -> None:
    """Only $4015's bits of the silent voices go, and nobody silent is the same log."""
    log = tune().log
    muted = mute_log(log, ["pulse1", "noise"])
    status = log.address == 0x4015
    assert np.array_equal(muted.value[status], log.value[status] & 0b0110)
    assert np.array_equal(muted.value[~status], log.value[~status])
    assert mute_log(log, []) is log
    assert isinstance(muted, RegisterLog)
