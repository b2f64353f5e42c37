"""Shows how far long work is: a bar on a terminal, a line now and then elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from chipgen.cli.command import is_quiet
from chipgen.printable import echo, printable

if TYPE_CHECKING:
    from chipgen.app.sound import Progress

FIRST_LINE_S: Final = 5.0
NEXT_LINE_S: Final = 15.0


@contextlib.contextmanager
def progress_bar(label: str, unit: str = "frame") -> Iterator["Progress"]:
    """Show how far work is that takes longer than a second; nothing with ``-q``.

    It begins to count with the first report, so that loading does not spoil the estimate. Where
    standard error is no terminal a line is printed after `FIRST_LINE_S`, and then one every
    `NEXT_LINE_S`.

    Parameters
    ----------
    label
        What is made.
    unit
        What is counted, in the singular.
    """
    if is_quiet():
        yield lambda _done, _total: None
        return
    if not sys.stderr.isatty():
        yield _line_printer(label, unit)
        return
    from tqdm import tqdm

    with contextlib.ExitStack() as stack:
        bar: Any = None

        def report(done: int, total: int) -> None:
            nonlocal bar
            if bar is None:
                bar = stack.enter_context(
                    tqdm(
                        desc=printable(label), total=total, initial=done, unit=unit,
                        unit_scale=True, delay=1, leave=False,
                    )
                )  # fmt: skip
            bar.update(done - bar.n)

        yield report


def _line_printer(label: str, unit: str) -> Callable[[int, int], None]:
    began = time.monotonic()
    due = began + FIRST_LINE_S

    def report(done: int, total: int) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due and done < total:
            due = now + NEXT_LINE_S
            spent_s = now - began
            rest = f", about {spent_s * (total - done) / done:.0f} s to go" if done else ""
            echo(f"{label}: {done:,} of {total:,} {unit}s after {spent_s:.0f} s{rest}", err=True)

    return report
