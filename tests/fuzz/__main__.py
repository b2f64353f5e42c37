"""Runs a campaign of fuzzing: `python -m tests.fuzz --inputs 1000 --seed 1 midi vgm`.

What is found is written to `build/fuzz/`, input and trace; put the inputs into `tests/fuzz/found/`
once they are mended, where the suite feeds them for ever.
"""

import argparse
import sys
import time

from tests.fuzz.campaign import ROOT, run_target
from tests.fuzz.targets import all_targets


def main() -> int:
    """Run the targets that are named, or all; return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--inputs", type=int, default=200, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    folder, found = ROOT / "build" / "fuzz", 0
    for target in all_targets():
        if wanted.targets and target.name not in wanted.targets:
            continue
        if why := target.missing():
            print(f"{target.name:14} left out: {why}", flush=True)
            continue
        began = time.perf_counter()
        report = run_target(target, wanted.inputs, wanted.seed)
        kinds = {finding.what: finding for finding in report.findings}
        print(
            f"{target.name:14} {report.inputs:6} inputs, {report.refused:6} refused, "
            f"{report.lines:5} lines reached, {len(report.findings):3} found, "
            f"{time.perf_counter() - began:6.1f} s",
            flush=True,
        )
        for what, finding in kinds.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / finding.name).write_bytes(finding.data)
            (folder / f"{finding.name}.txt").write_text(f"{what}\n{finding.trace}")
            print(f"    {what}: build/fuzz/{finding.name}", flush=True)
        found += len(kinds)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
