"""`chipgen devices` lists what can play."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests import soundserver
from tests.soundserver import SoundServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    """Run a sound server for the tests of this file."""
    with soundserver.running(tmp_path_factory.mktemp("pulse")) as running:
        yield running


def test_devices_are_listed(server: SoundServer) -> None:
    """`chipgen devices` names the device, and stars the default."""
    listed = subprocess.run(
        [sys.executable, "-m", "chipgen", "devices"],
        env=server.environment, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert listed.stdout.startswith("*  0  default  (ALSA, ")
    assert listed.stderr == ""
