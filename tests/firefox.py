"""Opens the studio in Firefox, driven by WebDriver BiDi, which Firefox itself speaks."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.sync.client import ClientConnection, connect

FIREFOX: Final = shutil.which(os.environ.get("CHIPGEN_FIREFOX", ""))
MISSING: Final = "needs Firefox (Debian: apt install firefox-esr), named by CHIPGEN_FIREFOX"
PREFERENCES: Final = {
    "media.autoplay.default": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "app.update.enabled": False,
}
START_S: Final = 60.0


class Firefox:
    """A tab of a running Firefox."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._count = 0
        self.complaints: list[str] = []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])
        self._context = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv(timeout=START_S))
            if answer.get("method") == "log.entryAdded":
                entry = answer["params"]
                if entry["level"] in ("error", "warn"):
                    self.complaints.append(entry["text"])
            if answer.get("id") == self._count:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, url: str) -> None:
        """Go to a page."""
        self.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def resize(self, width: int, height: int) -> None:
        """Give the page so many pixels."""
        viewport = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self._context, viewport=viewport)

    def evaluate(self, expression: str) -> Any:
        """Return what an expression is in the page, as JSON tells it; the user is said to act."""
        answer = self.command(
            "script.callFunction",
            functionDeclaration=f"async () => JSON.stringify((await ({expression})) ?? null)",
            awaitPromise=True,
            userActivation=True,
            target={"context": self._context},
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def click(self, selector: str) -> None:
        """Click on something."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, keys: Sequence[str]) -> None:
        """Press keys one after the other."""
        steps = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": steps}
        self.command("input.performActions", context=self._context, actions=[source])

    def wait_until(self, expression: str, seconds: float = 60.0) -> None:
        """Wait until an expression is true in the page."""
        until = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < until, f"not within {seconds:g} s: {expression}"
            time.sleep(0.05)


@contextmanager
def firefox(environment: Mapping[str, str] | None = None) -> Iterator[Firefox]:
    """Run headless Firefox while the block lasts; skips the test where there is none.

    It plays only where there is a sound device, such as `tests.soundserver` is.
    """
    if FIREFOX is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="firefox-") as profile:
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
        (Path(profile) / "user.js").write_text("\n".join(lines))
        words = [FIREFOX, "--headless", "--no-remote", "--profile", profile,
                 "--remote-debugging-port", "0"]  # fmt: skip
        said = Path(profile) / "stderr"
        with said.open("wb") as errors:
            process = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=errors, env=environment
            )
        try:
            with connect(f"{_address(process, said)}/session", max_size=None) as connection:
                yield Firefox(connection)
        finally:
            process.kill()
            process.wait()


def _address(process: "subprocess.Popen[bytes]", said: Path) -> str:
    """Return where Firefox listens, which it says as it starts."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"BiDi listening on (ws://\S+)", said.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"Firefox does not answer: {said.read_text(errors='replace')[-300:]}")
