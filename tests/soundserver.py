"""A private sound server with an endless null device, whose monitor records what is played."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

RATE_HZ = 44_100
WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class SoundServer:
    """A running server.

    Attributes
    ----------
    environment
        Variables under which programs play into it.
    written
        Where ALSA keeps the very samples that the last program handed to it, 32-bit floats.
    """

    environment: dict[str, str]
    written: Path

    def given(self, channels: int = 1) -> NDArray[np.float32]:
        """Return what the last program handed to the device, shape (frames, channels)."""
        return np.fromfile(self.written, np.float32).reshape(-1, channels)

    def frames_given(self, channels: int = 1) -> int:
        """Return how many frames the device has been given so far."""
        return self.written.stat().st_size // (4 * channels) if self.written.exists() else 0

    @contextlib.contextmanager
    def recording(self, path: Path) -> Iterator[None]:
        """Record the null device's monitor, as one channel of 32-bit floats, into `path`."""
        command = ["parec", "--device=tap.monitor", "--raw", "--format=float32le"]
        command += [f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=20"]
        with (
            path.open("wb") as file,
            subprocess.Popen(command, stdout=file, env=self.environment) as recorder,
        ):
            try:
                _wait_for(lambda: path.stat().st_size > 0, "the recorder", recorder)
                yield
                time.sleep(0.5)
            finally:
                recorder.terminate()


def sounding(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the samples that are not silence: what is left where gaps may be."""
    return samples[samples != 0]


def check_given(given: NDArray[np.float32], wanted: NDArray[np.float32], told: str) -> None:
    """Check that a device was given all that was wanted, and nothing else but silence.

    On a busy machine it may run dry. Then `told`, what the player said, says so, and silence lies
    between the samples too; else there is no gap.
    """
    assert np.array_equal(sounding(given), sounding(wanted))
    if told:
        assert "the sound was interrupted" in told
        assert told.count("\n") == 1
    else:
        assert np.array_equal(given[: len(wanted)], wanted)


def missing_parts() -> str:
    """Name what the server needs and this machine lacks, or nothing."""
    lacking = [tool for tool in ("pulseaudio", "pactl", "parec") if not shutil.which(tool)]
    plugins = ["/usr/lib", "/usr/lib64", "/usr/local/lib"]
    if not any(
        found
        for folder in plugins
        for found in Path(folder).glob("**/alsa-lib/libasound_module_pcm_pulse.so")
    ):
        lacking.append("ALSA's pulse plugin (apt: libasound2-plugins)")
    try:
        import sounddevice  # noqa: F401
    except OSError:
        lacking.append("PortAudio (apt: libportaudio2)")
    return ", ".join(lacking)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[SoundServer]:
    """Run a server of our own with its files in `folder`; skip where it cannot be had."""
    if lacking := missing_parts():
        pytest.skip(f"no sound server to play into: {lacking} missing")
    socket, written, alsa = folder / "native", folder / "written.raw", folder / "asound.conf"
    alsa.write_text(
        f'pcm.!default {{ type file slave.pcm {{ type pulse }} file "{written}" format raw }}\n'
        "ctl.!default { type pulse }\n"
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PULSE_SINK")
    }
    environment |= {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(folder / "pulse"),
        "PULSE_STATE_PATH": str(folder / "state"),
        "PULSE_SERVER": f"unix:{socket}",
        "ALSA_CONFIG_PATH": str(alsa),
    }
    (folder / "pulse").mkdir(mode=0o700)
    # A thread of real-time priority is killed when a busy machine lets it catch up for .2 s; shared
    # memory kills who uses it where /dev/shm is small and a browser fills it.
    command = ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-n"]
    command += ["--realtime=no", "--disable-shm=yes", "--disallow-exit=yes"]
    sink = f"module-null-sink sink_name=tap rate={RATE_HZ} channels=1 format=float32le"
    server = f"module-native-protocol-unix socket={socket} auth-anonymous=1"
    log = folder / "log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [*command, f"--load={sink}", f"--load={server}"], env=environment, stderr=file
        ) as process,
    ):
        try:
            _wait_for(lambda: _answers(environment), "the sound server", process)
            yield SoundServer(environment, written)
            if process.poll() is not None:
                last = log.read_text(errors="replace").splitlines()[-5:]
                pytest.fail(f"the sound server ended by itself, {process.returncode}: {last}")
        finally:
            process.terminate()


def _answers(environment: dict[str, str]) -> bool:
    asked = subprocess.run(["pactl", "info"], env=environment, capture_output=True, check=False)
    return asked.returncode == 0


def _wait_for(condition: Callable[[], bool], what: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WAIT_S
    while not condition():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{what} did not come up")
        time.sleep(0.05)
