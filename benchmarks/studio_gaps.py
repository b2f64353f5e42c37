"""Counts gaps in the studio's sound while it composes on a busy machine, and times the mute button.

Run as ``python -m benchmarks.studio_gaps`` (eleven minutes; ``--seconds`` shortens the run).
A browser plays a four-voice piece around while takes of it are composed without a pause, beside two
processes that do nothing but count. Before that, on the quiet machine, mute is pressed again and
again while a long note sounds. Of each gap it is told how long before it the page got sound and
each kind of message.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.studio_browser import CLICK, hold_note
from tests.browser import (
    chromium,
    evaluate,
    load_example,
    running_server,
    set_composing,
    set_loop,
    studio_tab,
    wait_heard,
)

BUSY: Final = 2
ROUNDS: Final = 40
PAUSE_MS: Final = 500
TAKE_BARS: Final = 16

COMPOSE: Final = """
window.takes = 0;
const again = () => {
  window.takes += 1;
  const seed = studio.store.work.takes.slice(0, 1);
  studio.store.amend((work) => ({ ...work, takes: seed, current: seed[0].id }));
  studio.composer.continue();
};
studio.connection.on("composed", () => setTimeout(again, 200));
again();
"""


# What came before each gap: the age of the last of each kind of message, and of a picture.
WATCH: Final = """
window.gaps = [];
const last = {};
for (const kind of ["block", "playing", "waiting", "stopped", "passage", "composed", "voices"]) {
  studio.connection.on(kind, () => { last[kind] = performance.now(); });
}
const draw = () => { last.picture = performance.now(); requestAnimationFrame(draw); };
draw();
let known = studio.audio.state.underruns;
studio.audio.on("report", ({ underruns, position, upto }) => {
  if (underruns === known) return;
  known = underruns;
  const now = performance.now();
  const ages = Object.entries(last).map(([kind, at]) => `${kind} ${Math.round(now - at)}`);
  window.gaps.push(`beat ${studio.transport.beat.toFixed(2)}: ${ages.join(", ")} ms before`);
});
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="length of the busy run")
    parser.add_argument("--busy", type=int, default=BUSY, help="processes that count beside it")
    options = parser.parse_args()
    with running_server() as server, chromium() as browser:
        with studio_tab(browser, server.url) as page:
            times = time_mute(page)
        tenths = statistics.quantiles(times, n=10)
        print(
            f"mute to silence: median {statistics.median(times):.0f} ms, p90 {tenths[-1]:.0f} ms, "
            f"worst {max(times):.0f} ms of {ROUNDS}", flush=True,
        )  # fmt: skip
        for loop in (True, False):
            with studio_tab(browser, server.url) as page, busy_loops(options.busy):
                takes, gaps = run_busy(page, options.seconds / 2, loop=loop)
                before = evaluate(page, "return window.gaps")
            print(
                f"{options.seconds / 2:.0f} s {'looping' if loop else 'playing on'} and composing "
                f"({takes} takes of {TAKE_BARS} bars) "
                f"beside {options.busy} busy loops: {gaps} gaps",
                *before,
                sep="\n  ",
                flush=True,
            )


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep processes busy while the block lasts."""
    words = [sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(words, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def time_mute(page: Any) -> list[float]:
    """Return how long the mute button takes to silence a note, in milliseconds, again and again."""
    hold_note(page)
    times = []
    for _ in range(ROUNDS):
        evaluate(page, "studio.store.editSound('mute', { muted: [] })")
        evaluate(page, "if (!studio.transport.playing) studio.transport.play(0)")
        wait_heard(page, lambda heard: heard.rms > 0.01)
        page.wait_for_timeout(PAUSE_MS)
        times.append(evaluate(page, CLICK, {"id": "mute-pulse1", "loud": False}))
    return times


def run_busy(page: Any, seconds: float, *, loop: bool) -> tuple[int, int]:
    """Play and compose, and return how many takes were composed and how many gaps there were."""
    load_example(page, "nes")
    set_composing(page, bars=TAKE_BARS, model="row-transformer")
    if loop:
        set_loop(page)
    evaluate(page, "studio.transport.play(0)")
    page.wait_for_timeout(3000)
    evaluate(page, WATCH)
    evaluate(page, COMPOSE)
    gaps, waited = 0, 0.0
    while waited < seconds:
        page.wait_for_timeout(5000)
        waited += 5
        counted = evaluate(page, AGAIN)
        gaps += counted
    return evaluate(page, "return window.takes"), gaps


# Play again where it has ended, and return the gaps since the last time.
AGAIN: Final = """
const { transport, audio } = studio;
const now = audio.state.underruns;
const gaps = now - (window.counted ?? 0);
window.counted = now;
if (!transport.playing) transport.play(0);
return gaps;
"""


if __name__ == "__main__":
    main()
