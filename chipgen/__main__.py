"""Runs the command line as `python -m chipgen`."""

import os
import signal
from typing import Any


def main() -> None:
    """Load and run the command line; this is the console script, and ``python -m chipgen``."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    from chipgen.cli.main import main as run

    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, before)
    run()


def _stop(*_: Any) -> None:
    """End at once: nothing has been begun."""
    os.write(2, b"chipgen: stopped\n")
    os._exit(130)


if __name__ == "__main__":
    main()
