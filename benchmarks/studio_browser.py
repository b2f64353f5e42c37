"""Measures in a browser how fast the studio sounds, and writes the table of docs/studio.md.

Run as ``python -m benchmarks.studio_browser`` (a minute; ``--seconds`` lengthens the run that
counts gaps, of which `studio_gaps` tells more). Sound is seen where the page's AnalyserNode sees
it; what the sound card adds after that is told apart.
"""

import argparse
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.browser import (
    chromium,
    draw_note,
    evaluate,
    load_example,
    running_server,
    set_composing,
    set_loop,
    studio_tab,
    wait_until,
)

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "studio.md"
BEGIN: Final = "<!-- written by python -m benchmarks.studio_browser: begin -->"
END: Final = "<!-- written by python -m benchmarks.studio_browser: end -->"
ROUNDS: Final = 9
PAUSE_MS: Final = 400
HELD_BEATS: Final = 128.0
COMPOSED_BARS: Final = 16

# Clicks, and waits until the last 128 frames (2.7 ms) sound or are silent; milliseconds.
CLICK: Final = """
await studio.audio.start();
const { analyser } = studio.audio;
const samples = new Float32Array(analyser.fftSize);
const loud = () => {
  analyser.getFloatTimeDomainData(samples);
  const last = samples.subarray(samples.length - 128);
  return Math.max(...last) - Math.min(...last) > 0.01;
};
if (loud() === argument.loud) throw new Error("it is so before the click");
const began = performance.now();
document.getElementById(argument.id).click();
while (loud() !== argument.loud) {
  if (performance.now() - began > 5000) throw new Error("nothing changed within 5 s");
  await new Promise((done) => setTimeout(done, 0));
}
return performance.now() - began;
"""
COMPOSE: Final = """
const began = performance.now();
const first = new Promise((done) => studio.connection.on("passage", done));
const last = new Promise((done) => studio.connection.on("composed", done));
document.getElementById("compose-go").click();
await first;
const appeared = performance.now() - began;
await last;
return [appeared, performance.now() - began];
"""
HEAR: Final = """
await studio.audio.start();
const { analyser } = studio.audio;
const samples = new Float32Array(analyser.fftSize);
const loud = () => {
  analyser.getFloatTimeDomainData(samples);
  return Math.max(...samples) - Math.min(...samples) > 0.01;
};
const began = performance.now();
const first = new Promise((done) => studio.connection.on("passage", done));
document.getElementById("hear").click();
while (!loud()) await new Promise((done) => setTimeout(done, 2));
const sounded = performance.now() - began;
await first;
return [sounded, performance.now() - began];
"""
FRAMES: Final = """
let count = 0;
const began = performance.now();
while (performance.now() - began < 3000) {
  await new Promise((done) => requestAnimationFrame(done));
  count += 1;
}
return count / (performance.now() - began) * 1000;
"""

BIG: Final = """
const beats = 1252;
const tracks = studio.store.score.tracks.map((track, index) => ({ ...track,
  notes: Array.from({ length: 5000 }, (_, at) => [at * beats / 5000, 0.2,
    index === 3 ? [36, 38, 42, 46][at % 4] : 40 + 12 * (2 - index) + (at * 7) % 13, 90]) }));
studio.store.editScore("big", (score) => ({ ...score, tracks, end_beats: beats }));
studio.roll.fit();
"""
# Scrolls, and adds up what the page does for a frame: the wheel's event and all that is drawn.
SCROLL: Final = """
const { roll } = studio;
roll.view.zoom(argument, 60);
const real = requestAnimationFrame.bind(window);
let work = 0;
window.requestAnimationFrame = (draw) => real((now) => {
  const began = performance.now();
  draw(now);
  work += performance.now() - began;
});
const works = [];
const frames = [];
let last = await new Promise((done) => real(done));
for (let count = 0; count < 300; count += 1) {
  work = 0;
  const began = performance.now();
  const deltaX = count < 150 ? 60 : -60;
  roll.box.dispatchEvent(new WheelEvent("wheel", { deltaX, bubbles: true, cancelable: true }));
  work += performance.now() - began;
  const now = await new Promise((done) => real(done)); // of the picture: a picture left out counts
  await new Promise((done) => setTimeout(done, 0));
  works.push(work);
  frames.push(now - last);
  last = now;
}
window.requestAnimationFrame = real;
return [works, frames].map((times) => times.sort((one, other) => one - other)[285]);
"""

Rows = list[tuple[str, str]]


def main() -> None:
    """Measure, print, and put the table into the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the run that counts gaps")
    options = parser.parse_args()
    rows: Rows = []
    with running_server() as server, chromium() as browser:
        with studio_tab(browser, server.url) as page:
            rows += measure_clicks(page)
        with studio_tab(browser, server.url) as page:
            rows += measure_run(page, options.seconds)
        with studio_tab(browser, server.url) as page:
            rows += measure_scrolling(page)
        with studio_tab(browser, server.url) as page:
            rows += measure_example(page)
        for model in ("tonnetz-lstm", "row-transformer"):
            with studio_tab(browser, server.url) as page:
                rows += measure_composing(page, model)
        version = browser.version
    where = f"{os.cpu_count()} cores, Chromium {version} without a graphics card, "
    where += f"Python {platform.python_version()}. Medians of {ROUNDS}."
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        where += " The studio had priority over the other work of a busy machine (`chrt -r 1`)."
    lines = [
        "| what | figure |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in rows),
    ]
    before, rest = DOCUMENT.read_text().split(BEGIN)
    table = "\n".join([where, "", *lines])
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.split(END)[1]}")


def hold_note(page: Any) -> None:
    """Put a single long note on the roll, in the plain sound."""
    evaluate(page, "studio.store.editSound('preset', { preset: 'plain' })")
    draw_note(page, 69, 0, 4)
    evaluate(
        page,
        "studio.roll.selectAll(); studio.roll.alter('hold', (entries) =>"
        " entries.map(({ track }) => ({ track, note: [0, argument, 69, 100] })))",
        HELD_BEATS,
    )
    page.wait_for_timeout(1500)


def measure_clicks(page: Any) -> Rows:
    """Time buttons and knobs on a single long note."""
    hold_note(page)

    def again(prepare: Callable[[], None], argument: dict[str, Any]) -> str:
        times = []
        for _ in range(ROUNDS):
            prepare()
            page.wait_for_timeout(PAUSE_MS)
            times.append(evaluate(page, CLICK, argument))
        return tell(f"{statistics.median(times):.0f} ms (worst {max(times):.0f})")

    def rest() -> None:
        evaluate(page, "if (studio.transport.playing) studio.transport.stop()")
        evaluate(page, "studio.transport.seek(0)")

    def sounding() -> None:
        evaluate(page, "studio.store.editSound('mute', { muted: [] })")
        evaluate(page, "if (!studio.transport.playing) studio.transport.play(0)")

    def muted() -> None:
        evaluate(page, "studio.store.editSound('mute', { muted: ['pulse1'] })")

    rows = [
        ("play button to first sound", again(rest, {"id": "play", "loud": True})),
        ("mute button to silence, while playing",
         again(sounding, {"id": "mute-pulse1", "loud": False})),
        ("mute button to sound again", again(muted, {"id": "mute-pulse1", "loud": True})),
    ]  # fmt: skip
    card_s = evaluate(page, "return studio.audio.context.outputLatency")
    rows.append(("what this machine's sound output adds", tell(f"{1000 * card_s:.0f} ms")))
    return rows


def measure_run(page: Any, seconds: float) -> Rows:
    """Play a four-voice piece around and count gaps and drawn frames."""
    load_example(page, "nes")
    set_loop(page)
    evaluate(page, "studio.transport.play(0)")
    wait_until(page, "document.querySelector('#play').ariaLabel === 'Stop'")
    drawn = evaluate(page, FRAMES)
    page.wait_for_timeout(1000 * seconds)
    gaps = evaluate(page, "return studio.transport.gaps")
    return [
        (f"gaps in {seconds:g} s of a four-voice piece", tell(str(gaps))),
        ("pictures a second meanwhile, all scopes moving", tell(f"{drawn:.0f}")),
    ]


def measure_example(page: Any) -> Rows:
    """Time the button of the empty page."""
    sounded, composed = evaluate(page, HEAR)
    told = tell(f"{sounded / 1000:.1f} s to sound, {composed / 1000:.1f} s to composed notes")
    return [("Hear an example", told)]


def measure_scrolling(page: Any) -> Rows:
    """Scroll through 20,000 notes in 313 bars, near and far."""
    evaluate(page, BIG)
    page.wait_for_timeout(3000)
    rows = []
    for name, zoom in (("near", 40.0), ("far", 0.1)):
        work_ms, frame_ms = evaluate(page, SCROLL, zoom)
        told = tell(f"{work_ms:.1f} ms, frames every {frame_ms:.1f} ms")
        rows.append((f"scrolling 20,000 notes, {name}: work for a frame, p95", told))
    return rows


def measure_composing(page: Any, model: str) -> Rows:
    """Time the button that continues."""
    load_example(page)
    set_composing(page, COMPOSED_BARS, seed=1, model=model)
    appeared, done = evaluate(page, COMPOSE)
    return [
        (f"{model}: button to first composed notes on the roll", tell(f"{appeared / 1000:.1f} s")),
        (f"{model}: all {COMPOSED_BARS} bars", tell(f"{done / 1000:.1f} s")),
    ]


def tell(value: str) -> str:
    """Print a figure as it comes, and return it."""
    print(value)
    return value


if __name__ == "__main__":
    main()
