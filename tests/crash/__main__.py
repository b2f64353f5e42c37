"""Stops every command at many points: `python -m tests.crash --points 150 --stop full`."""

import argparse
import sys
import time

from tests.crash.commands import COMMANDS
from tests.crash.harness import STOPS, check_command, running


def main() -> int:
    """Return 1 if anything was lost or left."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--points", type=int, default=150, help="for each command, at most")
    parser.add_argument("--only", default="", help="part of a command's name")
    parser.add_argument("--stop", choices=STOPS, action="append", help="how; all if not given")
    wanted = parser.parse_args()
    count, wrong = 0, list[str]()
    with running() as runner:
        for command in COMMANDS:
            for stop in wanted.stop or STOPS:
                if wanted.only in command.name:
                    began = time.perf_counter()
                    tried, found = check_command(command, wanted.points, runner, stop)
                    took_s = time.perf_counter() - began
                    print(
                        f"{command.name:20} {stop:9} {tried:4} points, {len(found)} wrong, "
                        f"{took_s:.0f} s",
                        flush=True,
                    )
                    print("".join(f"    {text}\n" for text in found), end="", flush=True)
                    count, wrong = count + tried, wrong + found
    print(f"{count} points in all")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
