"""Playback: the device hears exactly the samples, without a gap; or one line says why not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.errors import SynthError
from synth.output import playback
from tests import soundserver
from tests.soundserver import RATE_HZ, SoundServer

# Plays a saved array in uneven blocks, slowly produced, and prints what `play` returned.
PLAYER = """
import sys, time, numpy
from synth.output.playback import play
samples = numpy.load(sys.argv[1])
def blocks():
    for start in range(0, len(samples), 7001):
        time.sleep(float(sys.argv[2]))
        yield samples[start : start + 7001]
heard = []
played = play(blocks(), 44100, on_position=heard.append)
assert heard == sorted(heard) and heard[-1] == len(samples) / 44100, heard
print(played.frames, played.underruns)
"""


def noise(seconds: float, channels: int = 1) -> NDArray[np.float32]:
    """Return noise after 0.2 s of silence: no two stretches of it are alike."""
    rng = np.random.default_rng(5)
    samples = rng.uniform(-0.5, 0.5, (round(seconds * RATE_HZ), channels)).astype(np.float32)
    samples[: RATE_HZ // 5] = 0.0
    return samples


@pytest.mark.parametrize(("channels", "pause_s"), [(1, 0.0), (2, 0.12)])
def test_the_device_is_given_exactly_the_samples(
    sound_server: SoundServer, tmp_path: Path, channels: int, pause_s: float
) -> None:
    """From the first sample to the last, nothing is lost, added or changed.

    With a pause the source is hardly faster than the speakers. Gaps that a busy machine brings are
    counted.
    """
    samples = noise(1.5, channels)
    np.save(tmp_path / "samples.npy", samples)
    arguments = [str(tmp_path / "samples.npy"), str(pause_s)]
    played = subprocess.run(
        [sys.executable, "-c", PLAYER, *arguments],
        env=sound_server.environment, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    frames, underruns = map(int, played.stdout.split())
    assert frames == len(samples)
    told = "the sound was interrupted\n" if underruns else ""
    soundserver.check_given(sound_server.given(channels), samples, told)


def test_the_sink_sounds_like_the_samples(sound_server: SoundServer, tmp_path: Path) -> None:
    """What the sound server's monitor records is the sound itself, to its end.

    Silence may lie within it: the server cuts into what leads in, and waits on a busy machine.
    """
    samples = noise(2.0)
    np.save(tmp_path / "samples.npy", samples)
    with sound_server.recording(tmp_path / "recording.raw"):
        subprocess.run(
            [sys.executable, "-c", PLAYER, str(tmp_path / "samples.npy"), "0"],
            env=sound_server.environment, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    recording = np.fromfile(tmp_path / "recording.raw", np.float32)
    assert np.array_equal(soundserver.sounding(recording), soundserver.sounding(samples))


def test_an_unknown_device_is_named_with_the_choice(sound_server: SoundServer) -> None:
    """A device that is not there is an error that lists those that are."""
    code = "from synth.output.playback import find_device; find_device('kazoo')"
    failed = subprocess.run(
        [sys.executable, "-c", code],
        env=sound_server.environment, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "'kazoo' is none of those that can play; choose a number: 0 default" in failed.stderr


def test_interrupting_stops_at_once(sound_server: SoundServer, tmp_path: Path) -> None:
    """Ctrl-C ends playing with most of the sound unheard, by the usual exception."""
    samples = noise(60.0)
    np.save(tmp_path / "samples.npy", samples)
    player = subprocess.Popen(
        [sys.executable, "-c", PLAYER, str(tmp_path / "samples.npy"), "0"],
        env=sound_server.environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 50
    while not sound_server.frames_given() and player.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    player.send_signal(signal.SIGINT)
    _, errors = player.communicate(timeout=50)
    assert 0 < len(sound_server.given()) < len(samples) / 2
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert player.returncode != 0


def test_no_device_is_said_in_one_line(tmp_path: Path) -> None:
    """Where PortAudio finds no device, the command fails with 1 and says how to get one."""
    if "PortAudio" in soundserver.missing_parts():
        pytest.skip("PortAudio is missing (apt: libportaudio2)")
    (tmp_path / "asound.conf").write_text("pcm.nothing { type hw card 31 }")
    environment = os.environ | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    failed = subprocess.run(
        [sys.executable, "-m", "chipgen", "devices"],
        env=environment, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    if failed.returncode == 0:
        pytest.skip("this machine has devices that cannot be hidden from PortAudio")
    assert failed.returncode == 1
    assert failed.stderr.startswith("chipgen: no sound device was found; connect one")
    assert failed.stderr.count("\n") == 1


def test_no_portaudio_is_said_in_one_line(tmp_path: Path) -> None:
    """Where the library is missing, the command fails with 1 and says how to install it."""
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    failed = subprocess.run(
        [sys.executable, "-m", "chipgen", "devices"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert failed.returncode == 1
    assert failed.stderr.startswith("chipgen: PortAudio is missing; install it (apt install ")
    assert failed.stderr.count("\n") == 1


class FakePortAudio:
    """Stands in for sounddevice where a device misbehaves, which no real one does on demand."""

    PortAudioError = type("PortAudioError", (Exception,), {})
    CallbackStop = type("CallbackStop", (Exception,), {})
    stuck = True
    mono = True

    def query_hostapis(self) -> list[dict[str, object]]:
        """Name one host."""
        return [{"name": "Fake"}]

    def query_devices(self, kind: str | None = None) -> object:
        """Name two devices."""
        names = ("Speakers", "Speakers in the hall")
        rows = [
            {
                "index": index, "name": name, "hostapi": 0,
                "max_output_channels": 2, "default_samplerate": 48_000.0,
            }
            for index, name in enumerate(names)
        ]  # fmt: skip
        return rows[1] if kind else rows

    def check_output_settings(self, channels: int, samplerate: int, **_: object) -> None:
        """Refuse one channel, and 96 kHz."""
        if samplerate == 96_000:
            raise self.PortAudioError("Invalid\nsample rate")
        if channels == 1 and not self.mono:
            raise self.PortAudioError("Invalid number of channels")

    def OutputStream(self, callback: object, channels: int, **_: object) -> "FakePortAudio":  # noqa: N802
        """Open a stream that never asks for sound, or at once for all of it."""
        self.callback, self.channels, self.heard = callback, channels, []
        self.finished = _["finished_callback"]
        return self

    latency = 0.01
    active = False

    def start(self) -> None:
        """Begin: pull everything if not stuck."""
        self.active = True
        while not self.stuck:
            out = np.ones((500, self.channels), np.float32)
            try:
                self.callback(out, len(out), None, None)
            except self.CallbackStop:
                self.stuck = True
                self.finished()
            self.heard.append(out)

    def abort(self) -> None:
        """Stop."""
        self.active = False

    close = abort


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    """Replace sounddevice by a stand-in."""
    stand_in = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", stand_in)
    monkeypatch.setattr(playback, "PATIENCE_S", 0.3)
    return stand_in


@pytest.mark.parametrize("seconds", [0.1, 3.0])
def test_a_device_that_stops_is_an_error_and_no_hang(fake: FakePortAudio, seconds: float) -> None:
    """A device that takes no sound any more is given up, whether or not all is in the queue."""
    assert not fake.active
    with pytest.raises(SynthError, match="stopped taking sound"):
        playback.play([noise(seconds)], RATE_HZ)
    assert not fake.active


def test_one_channel_is_heard_on_both_sides_of_a_stereo_only_device(fake: FakePortAudio) -> None:
    """A device that refuses one channel is opened with two, both alike."""
    fake.mono, fake.stuck = False, False
    samples = noise(0.25) + np.float32(0.25)
    assert playback.play([samples], RATE_HZ) == playback.Playback(len(samples), 0)
    heard = np.concatenate(fake.heard)
    assert heard.shape[1] == 2
    assert np.array_equal(heard[: len(samples)], np.repeat(samples, 2, axis=1))
    assert not heard[len(samples) :].any()
    assert len(heard) - len(samples) >= fake.latency * RATE_HZ


def test_a_refused_rate_is_one_line_with_the_rate_to_try(fake: FakePortAudio) -> None:
    """What the device plays instead is named, and PortAudio's words fit in the line."""
    assert fake.mono
    with pytest.raises(SynthError, match=r"Invalid sample rate.*try --rate 48000"):
        playback.play([noise(0.1)], 96_000)


def test_devices_are_found_by_number_name_or_default(fake: FakePortAudio) -> None:
    """An exact name wins over one that contains it; what fits two is an error."""
    assert fake.mono
    assert playback.find_device(None).index == 1
    assert playback.find_device("0").index == playback.find_device(0).index == 0
    assert playback.find_device("speakers").index == 0
    assert playback.find_device("HALL").index == 1
    with pytest.raises(SynthError, match="fits more than one; choose a number: 0 Speakers, 1 "):
        playback.find_device("speak")


def test_nothing_to_play_is_played_at_once() -> None:
    """No blocks need no device."""
    assert playback.play([], RATE_HZ) == playback.Playback(0, 0)
