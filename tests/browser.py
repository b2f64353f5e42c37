"""Opens the studio in a browser: a server of its own, Debian's Chromium, and what they hear."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

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
        words = [
            sys.executable,
            "-m",
            "chipgen",
            "studio",
            "--port",
            str(self.port),
            "--no-browser",
        ]
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
            with suppress(ProcessLookupError):
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


def renew_studio(page: Any, url: str) -> None:
    """Begin anew in an open tab, as in a browser that has stored nothing: cheaper than another."""
    page.goto("about:blank")
    tools = page.context.new_cdp_session(page)
    tools.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
    tools.detach()
    page.complaints.clear()
    page.goto(url)
    wait_connected(page)


def wait_connected(page: Any) -> None:
    """Wait until the page has its connection."""
    page.wait_for_selector("html[data-ready=true]", timeout=60_000)
    page.wait_for_selector("#connection[data-state=open]", timeout=60_000)


def wait_until(page: Any, expression: str, seconds: float = 60.0) -> None:
    """Wait until an expression is true in the page; its policy allows no test run inside it."""
    until = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < until, f"not within {seconds:g} s: {expression}"
        page.wait_for_timeout(30)


@contextmanager
def studio_tab(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """Open the studio in a browser of its own kind; its console must stay without complaints."""
    shape = {"viewport": {"width": 1280, "height": 800}, **options}
    context = browser.new_context(**shape)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    try:
        page = open_studio(context, url)
        yield page
        assert not page.complaints
    finally:
        context.close()


def evaluate(page: Any, body: str, argument: Any = None) -> Any:
    """Run an async function's `body` in the page, with `studio` and `argument` at hand."""
    script = (
        "async (argument) => { const { studio: promise } = await import('/page/main.js');"
        f" const studio = await promise; {body} }}"
    )
    return page.evaluate(script, argument)


def wait_in_studio(page: Any, expression: str, argument: Any = None) -> None:
    """Wait until an expression is true that has the `studio` and an `argument` at hand."""
    until = time.monotonic() + 60.0
    while not evaluate(page, f"return Boolean({expression})", argument):
        assert time.monotonic() < until, f"not {expression}: {page.inner_text('.status')!r}"
        page.wait_for_timeout(30)


def _note(page: Any, message: Any) -> None:
    if message.type in ("error", "warning"):
        page.complaints.append(f"{message.type}: {message.text}")


LISTEN: Final = """
const { analyser, context } = studio.audio;
if (!analyser) return { rate: studio.audio.rateHz, samples: Array(4096).fill(0) };
const samples = new Float32Array(analyser.fftSize);
analyser.getFloatTimeDomainData(samples);
const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length;
return { rate: context.sampleRate, samples: Array.from(samples, (each) => each - mean) };
"""


STATE: Final = (
    "const { transport, audio } = studio; return { playing: transport.playing,"
    " beat: transport.beat, context: audio.context?.state, ...audio.state };"
)


@dataclass(frozen=True)
class Heard:
    """A moment of what the page's AnalyserNode gets: samples without their mean, and their rate."""

    samples: NDArray[np.float64]
    rate_hz: float

    @property
    def rms(self) -> float:
        """How loud it is, 1 being full scale."""
        return float(np.sqrt(np.mean(self.samples**2)))

    @property
    def pitch_hz(self) -> float:
        """The fundamental: where the autocorrelation has its first high peak; 0 if it has none."""
        spectrum = np.fft.rfft(self.samples, 2 * len(self.samples))
        likeness = np.fft.irfft(np.abs(spectrum) ** 2)[: len(self.samples) // 2]
        likeness /= np.arange(len(self.samples), len(self.samples) - len(likeness), -1)
        least = int(self.rate_hz / 5000)
        peaks = [
            k
            for k in range(least, len(likeness) - 1)
            if likeness[k - 1] < likeness[k] >= likeness[k + 1]
            and likeness[k] > 0.9 * likeness[least:].max()
        ]
        if not peaks:
            return 0.0
        period, many = float(peaks[0]), 1
        while period >= least - 1:  # over more and more periods, each time from a better guess
            k = round(period * many)
            if k + 5 > len(likeness):
                return float(self.rate_hz / period)
            k += int(np.argmax(likeness[k - 2 : k + 3])) - 2
            before, at, after = likeness[k - 1 : k + 2]
            period = (k + (before - after) / (2 * (before - 2 * at + after))) / many
            many *= 2
        return 0.0  # two sounds at once have none

    @property
    def brightness_hz(self) -> float:
        """The spectrum's centre of gravity; 0 in silence."""
        power = np.abs(np.fft.rfft(self.samples * np.hanning(len(self.samples)))) ** 2
        hz = np.fft.rfftfreq(len(self.samples), 1 / self.rate_hz)
        return float((power * hz).sum() / max(power.sum(), 1e-30))


def listen(page: Any) -> Heard:
    """Return what the page sounds like now."""
    found = evaluate(page, LISTEN)
    return Heard(np.array(found["samples"]), found["rate"])


def wait_heard(page: Any, wanted: Callable[[Heard], bool], seconds: float = 60.0) -> Heard:
    """Listen until it sounds as wanted, or fail."""
    until = time.monotonic() + seconds
    heard = listen(page)
    while not wanted(heard):
        assert time.monotonic() < until, (
            f"still rms {heard.rms:.4f}, {heard.pitch_hz:.1f} Hz after {seconds:g} s; "
            f"{page.inner_text('.status')!r}, {evaluate(page, STATE)}"
        )
        page.wait_for_timeout(30)
        heard = listen(page)
    return heard


KEPT: Final = """
const request = indexedDB.open("chipgen-studio");
const database = await new Promise((done) => { request.onsuccess = () => done(request.result); });
const table = database.transaction("works").objectStore("works");
const record = table.get(sessionStorage.getItem("chipgen-studio-work"));
await new Promise((done) => { record.onsuccess = done; });
database.close();
const { packed } = await import("/page/work-pack.js");
return JSON.stringify(record.result?.work) === JSON.stringify(packed(studio.store.work));
"""


def wait_kept(page: Any) -> None:
    """Wait until the browser has stored the work as it is now."""
    until = time.monotonic() + 60.0
    while not evaluate(page, KEPT):
        assert time.monotonic() < until, "the work is not kept"
        page.wait_for_timeout(30)


SPY: Final = """
window.sent = [];
const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (text) {
  window.sent.push([JSON.parse(text).type, text.length]);
  return send.call(this, text);
};
"""


def note_messages(page: Any) -> None:
    """Note what the page sends from now on; playwright itself would read all the sound, too."""
    evaluate(page, SPY)


def noted_messages(page: Any) -> list[tuple[str, int]]:
    """Return the kind and length of each message that was noted."""
    return [(kind, length) for kind, length in page.evaluate("window.sent")]


def load_example(page: Any, name: str = "seed") -> None:
    """Choose an example from the menu."""
    page.click("#examples-button")
    page.click(f"#examples [data-name={name}]")
    wait_until(page, f"document.querySelector('#name').value === '{name}'")
    wait_until(page, "document.querySelector('#empty').hidden")


def set_composing(
    page: Any, bars: int, *, seed: int | None = None, model: str = "", takes: int = 1
) -> None:
    """Set the controls of the composing panel."""
    page.fill("#bars", str(bars))
    page.select_option("#take-count", str(takes))
    page.evaluate("document.querySelector('#compose-details').open = true")
    if seed is not None:
        page.fill("#rng-seed", str(seed))
    if model:
        page.select_option("#model", model)


def press_until_closed(page: Any, dialog: str) -> None:
    """Press Escape, and wait until a dialog is gone."""
    page.keyboard.press("Escape")
    page.wait_for_selector(dialog, state="hidden")


def resize(page: Any, width: int, height: int) -> None:
    """Give the page so many pixels, and wait until it has taken them."""
    page.set_viewport_size({"width": width, "height": height})
    wait_until(page, f"innerWidth === {width} && innerHeight === {height}")


def choose_scheme(page: Any, scheme: str) -> None:
    """Let the system be light or dark, and wait until the page is."""
    page.emulate_media(color_scheme=scheme)
    wait_until(page, f"document.documentElement.dataset.theme === '{scheme}'")


def forgive(page: Any, words: str) -> None:
    """Wait for what the browser itself says of a refused request, and forget it."""
    until = time.monotonic() + 60.0
    while not any(words in line for line in page.complaints):
        assert time.monotonic() < until, f"no complaint has {words!r}: {page.complaints}"
        page.wait_for_timeout(30)
    page.complaints = [line for line in page.complaints if words not in line]


def set_loop(page: Any) -> None:
    """Let the piece go around, so that it sounds for as long as a busy machine needs."""
    page.click("#loop")


def wait_composed(page: Any) -> None:
    """Wait until the model is done."""
    button = "document.querySelector('#compose-go').textContent"
    wait_until(page, f"{button} === 'Continue' || document.querySelector('#alert').textContent")
    assert page.inner_text("#alert") == ""


def wait_preset(page: Any) -> None:
    """Wait until the controls of the chosen preset are there."""
    wait_until(page, "document.querySelector('#mixer').childElementCount > 0")
    wait_until(page, "document.querySelector('#knobs').childElementCount > 0")


def note_count(page: Any) -> int:
    """Return how many notes the take on the roll has."""
    count: int = evaluate(
        page, "return studio.store.score.tracks.reduce((sum, track) => sum + track.notes.length, 0)"
    )
    return count


def point_of(page: Any, beat: float, pitch: float) -> tuple[float, float]:
    """Return where on the screen a beat and the middle of a pitch's row are."""
    box = page.locator("#roll").bounding_box()
    x, y = evaluate(
        page,
        "const { view } = studio.roll;"
        " return [view.x(argument[0]), view.y(argument[1]) + view.pitchPx / 2]",
        [beat, pitch],
    )
    return box["x"] + x, box["y"] + y


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag with the mouse."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def draw_note(page: Any, pitch: int, start: float, end: float) -> None:
    """Draw a note with the mouse."""
    page.click("#tool-draw")
    drag(page, point_of(page, start + 0.02, pitch), point_of(page, end, pitch))


def draw_note_and_hear_it(page: Any, pitch: int, start: float, end: float) -> None:
    """Draw a note, which sounds until it is let go, and wait until it has sounded and is silent."""
    page.click("#tool-draw")
    page.mouse.move(*point_of(page, start + 0.02, pitch))
    page.mouse.down()
    wait_heard(page, lambda heard: heard.rms > 0.01)
    page.mouse.move(*point_of(page, end, pitch))
    page.mouse.up()
    wait_silent(page)


def wait_silent(page: Any) -> None:
    """Wait until nothing is heard any more, before something else is listened for."""
    wait_heard(page, lambda heard: heard.rms < 0.001)
