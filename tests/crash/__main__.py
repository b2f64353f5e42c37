"""Kills every command at many points: `python -m tests.crash --points 150`."""

import argparse
import sys

from tests.crash.commands import COMMANDS
from tests.crash.harness import check_command


def main() -> int:
    """Return 1 if anything was lost or left."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--points", type=int, default=150, help="for each command, at most")
    parser.add_argument("--only", default="", help="part of a command's name")
    wanted = parser.parse_args()
    count, wrong = 0, list[str]()
    for command in COMMANDS:
        if wanted.only in command.name:
            tried, found = check_command(command, wanted.points)
            print(f"{command.name:16} {tried:4} kills, {len(found)} wrong", flush=True)
            print("".join(f"    {text}\n" for text in found), end="", flush=True)
            count, wrong = count + tried, wrong + found
    print(f"{count} kills in all")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
