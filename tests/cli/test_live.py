"""`chipgen live`: keys are heard in a moment, and what is missing is said in one line."""

import os
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest

from chipgen.cli.live import block_frames, find_port
from chipgen.errors import ChipgenError
from tests import live_ports
from tests.commandline import run
from tests.soundserver import RATE_HZ, SoundServer

ROOT = Path(__file__).parents[2]
CHIPGEN = [sys.executable, "-m", "chipgen"]


def test_keys_are_heard_through_the_speakers(sound_server: SoundServer) -> None:
    """A keyboard that plays an A and a snare is heard so, in blocks of at most 10 ms."""
    environment = sound_server.environment | {
        "MIDO_BACKEND": "tests.live_ports", live_ports.WRITTEN: str(sound_server.written),
    }  # fmt: skip
    for _ in range(2):
        done = subprocess.run(
            [*CHIPGEN, "live", "--preset", "plain"],
            env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        if "was interrupted" not in done.stderr:
            break
    else:
        pytest.skip("this machine is too busy to keep a device with 12 ms of sound in hand going")
    assert done.returncode == 0, done.stderr
    assert f"{live_ports.NAME} plays plain" in done.stderr
    assert float(done.stderr.split("a block lasts ")[1].split(" ms")[0]) <= 10.0
    heard = sound_server.given()[:, 0]
    settled = RATE_HZ // 10  # the device begins with the level at which the chip rests
    begins = settled + int(np.flatnonzero(np.abs(np.diff(heard[settled:])) > 0.05)[0])
    tone = heard[begins + 2000 : begins + 2000 + RATE_HZ // 4].astype(np.float64)
    spectrum = np.abs(np.fft.rfft((tone - tone.mean()) * np.hanning(len(tone))))
    assert abs(float(spectrum.argmax()) * RATE_HZ / len(tone) - 440.0) <= 4.0
    snare = heard[begins + round(0.85 * RATE_HZ) : begins + round(1.2 * RATE_HZ)]
    assert np.ptp(snare) > 0.05


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_blocks_last_ten_milliseconds_at_most(rate_hz: int) -> None:
    """At every rate, and not so short that the device is asked more often than need be."""
    assert 0.004 < block_frames(rate_hz) / rate_hz <= 0.010


def test_ports_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """--list names the ports by the numbers that --port takes."""
    monkeypatch.setattr(mido, "get_input_names", lambda: [live_ports.THROUGH, live_ports.NAME])
    result = run("live", "--list")
    assert result.exit_code == 0
    assert result.stdout == f"  0  {live_ports.THROUGH}\n  1  {live_ports.NAME}\n"


def test_ports_are_found_by_number_name_or_alone() -> None:
    """What fits none or several is refused with the choice."""
    names = [live_ports.THROUGH, live_ports.NAME, "Drum Pad"]
    assert find_port(names, "1") == find_port(names, "keyboard") == live_ports.NAME
    assert find_port(names[:2], None) == live_ports.NAME
    assert find_port(names[:1], None) == live_ports.THROUGH
    for wanted, reason in ((None, "several"), ("xylophone", "none of those"), ("d", "more than")):
        with pytest.raises(ChipgenError, match=reason) as caught:
            find_port(names, wanted)
        assert "2 Drum Pad" in str(caught.value)


@pytest.mark.parametrize("arguments", [["live"], ["live", "--list"], ["live", "--port", "x"]])
def test_without_ports_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """No keyboard: exit 1, one line, and what to do."""
    monkeypatch.setattr(mido, "get_input_names", list)
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "no MIDI port was found" in result.stderr


def test_a_backend_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no MIDI at all, the backend's reason is told in one line."""

    def refuse() -> list[str]:
        raise OSError("no\nsequencer")

    monkeypatch.setattr(mido, "get_input_names", refuse)
    result = run("live")
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "(no sequencer)" in result.stderr


def test_without_rtmidi_one_line_says_how_to_get_it(tmp_path: Path) -> None:
    """The package that reads ports is not there: exit 1 and the command that installs it."""
    (tmp_path / "rtmidi.py").write_text("raise ModuleNotFoundError('rtmidi')\n")
    done = subprocess.run(
        [*CHIPGEN, "live"], env=os.environ | {"PYTHONPATH": str(tmp_path)}, cwd=ROOT,
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "pip install 'chipgen[live]'" in done.stderr


def test_an_unknown_port_is_named_with_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """--port with a name that fits none: exit 1 and the ports there are."""
    monkeypatch.setattr(mido, "get_input_names", lambda: [live_ports.NAME])
    result = run("live", "--port", "organ")
    assert result.exit_code == 1
    assert result.stderr == (
        f"chipgen: MIDI port 'organ' is none of those there are; choose one with --port: "
        f"0 {live_ports.NAME}\n"
    )
