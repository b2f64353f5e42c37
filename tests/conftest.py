"""What all tests share: the golden option and the check it governs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from tests import soundserver
from tests.golden import RATE_HZ, check_golden

ROOT = Path(__file__).parents[1]

# Properties are tried on the same examples every day, however long a busy machine takes;
# `--hypothesis-profile=search` looks for more.
PATIENT: Final[dict[str, Any]] = {
    "deadline": None, "suppress_health_check": [HealthCheck.too_slow],
}  # fmt: skip
settings.register_profile("same", derandomize=True, **PATIENT)
settings.register_profile("search", max_examples=1000, **PATIENT)
settings.load_profile("same")

# What gives a test another program to talk to in real time.
IN_REAL_TIME: Final = {"browser", "page", "sound_server", "studio"}


class CheckGolden(Protocol):
    """What the fixture `golden` gives: a check of a render against the stored one of its name."""

    def __call__(self, name: str, samples: NDArray[np.float32], *, rate_hz: int = RATE_HZ) -> None:
        """Compare, or store; raise GoldenError if they differ."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--regen-golden``."""
    parser.addoption(
        "--regen-golden",
        action="store_true",
        help="store what the golden tests render instead of comparing with it",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, which programs that a shell runs in the background are started deaf to.

    The programs that tests start, and stop so, inherit it. The kernels are compiled if their code
    has changed, so that not every process of a test does it.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput") and not os.environ.get("KERNELS_ARE_BUILT"):
        subprocess.run([sys.executable, "-m", "synth.kernels.build"], cwd=ROOT, check=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a test that drives a browser, a sound server or a studio once more if it fails.

    A busy machine may stop such a program for seconds, or end it. The summary shows how each test
    that was run again failed.
    """
    for item in items:
        if IN_REAL_TIME.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> CheckGolden:
    """Compare a render with the stored one of that name, or store it with ``--regen-golden``."""
    regenerate = bool(request.config.getoption("--regen-golden"))

    def check(name: str, samples: NDArray[np.float32], *, rate_hz: int = RATE_HZ) -> None:
        check_golden(name, samples, rate_hz=rate_hz, regenerate=regenerate)

    return check


@pytest.fixture(scope="session")
def nesmdb() -> Path:
    """Return the NES-MDB folder with train/ and valid/, or skip the test saying what is missing."""
    folder = os.environ.get("CHIPGEN_NESMDB")
    if not folder:
        pytest.skip("needs NES-MDB: set CHIPGEN_NESMDB to its folder with train/ and valid/")
    return Path(folder)


@pytest.fixture
def sound_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[soundserver.SoundServer]:
    """Run a sound server for one test, whose end is no other test's business."""
    with soundserver.running(tmp_path_factory.mktemp("pulse")) as running:
        yield running
