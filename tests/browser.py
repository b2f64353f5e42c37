"""Opens the studio in a browser: a server of its own, Debian's Chromium, and what they hear."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
START_S: Final = 60.0


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class StudioServer:
    """``chipgen studio`` in a process of its own, which can be killed and started again."""

    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = [sys.executable, "-m", "chipgen", "studio", "--port", str(self.port), "--no-browser"]
        self.process = subprocess.Popen(
            words, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            assert self.process.poll() is None, "the studio ended by itself"
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the studio did not answer within {START_S:g} s")

    def kill(self) -> None:
        """Kill it and its workers at once, as a crash would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def running_server() -> Iterator[StudioServer]:
    """Run a studio while the block lasts."""
    server = StudioServer()
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def chromium() -> Iterator[Any]:
    """Run headless Chromium while the block lasts; skips the test where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt install chromium)")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def open_studio(context: Any, url: str) -> Any:
    """Open a tab, wait until the studio is ready and connected, and note its console's errors."""
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: _note(page, message))
    page.goto(url)
    wait_connected(page)
    return page


def wait_connected(page: Any) -> None:
    """Wait until the page has its connection."""
    page.wait_for_selector("html[data-ready=true]", timeout=30_000)
    page.wait_for_selector("#connection[data-state=open]", timeout=30_000)


def evaluate(page: Any, body: str, argument: Any = None) -> Any:
    """Run an async function's `body` in the page, with `studio` and `argument` at hand."""
    script = (
        "async (argument) => { const { studio: promise } = await import('/page/main.js');"
        f" const studio = await promise; {body} }}"
    )
    return page.evaluate(script, argument)


def _note(page: Any, message: Any) -> None:
    if message.type in ("error", "warning"):
        page.complaints.append(f"{message.type}: {message.text}")


def figure(text: str) -> float:
    """Return the first number of a text."""
    found = re.search(r"-?\d+(\.\d+)?", text)
    assert found, f"there is no number in {text!r}"
    return float(found.group())
