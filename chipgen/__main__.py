"""Runs the command line as `python -m chipgen`."""

# Nothing more is imported before Ctrl-C is taken: Python itself would answer it with a traceback.
import os
import signal

_STOPPED = 130


def main() -> None:
    """Load and run the command line; this is the console script, and ``python -m chipgen``."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, _stop)
    from chipgen.cli.main import main as run

    try:
        run()
    except SystemExit as end:
        if end.code == _STOPPED:
            # Python would end itself by the signal where it had met it in code made by exec().
            os._exit(_STOPPED)
        raise
    finally:
        if is_ours:  # all is done; Python's end takes a while, and would be killed without a word
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _stop(*_: object) -> None:
    """End at once: nothing has been begun."""
    os.write(2, b"chipgen: stopped\n")
    os._exit(_STOPPED)


if __name__ == "__main__":
    main()
