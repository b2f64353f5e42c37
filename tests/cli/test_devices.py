"""`chipgen devices` lists what can play."""

import subprocess
import sys

from tests.soundserver import SoundServer


def test_devices_are_listed(sound_server: SoundServer) -> None:
    """`chipgen devices` names the device, and stars the default."""
    listed = subprocess.run(
        [sys.executable, "-m", "chipgen", "devices"],
        env=sound_server.environment, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert listed.stdout.startswith("*  0  default  (ALSA, ")
    assert listed.stderr == ""
