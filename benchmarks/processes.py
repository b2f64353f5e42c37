"""Runs whole programs and tells how long they took and how much memory they needed."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# A process's peak memory counts from its parent's at the moment it is forked, so programs are
# started by a small one of their own. They keep their bytecode, as installed programs do.
_STARTER: Final = """
import json, os, resource, subprocess, sys, time
os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
files = 0
while process.poll() is None:
    try:
        files = max(files, len(os.listdir(f'/proc/{process.pid}/fd')))
    except OSError:  # it has just ended, or there is no such folder
        pass
    time.sleep(0.005)
code = process.returncode
wall_s = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
scale = 1 if sys.platform == "darwin" else 1024
cpu_s, peak_mb = used.ru_utime + used.ru_stime, used.ru_maxrss * scale / 1e6
print(json.dumps([code, wall_s, cpu_s, peak_mb, files]))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a program used: seconds on the clock, seconds of processor, peak memory in MB.

    Open files are the most at once that were seen, 0 where `/proc` does not tell.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    open_files: int = 0


def run_program(command: Sequence[str], folder: Path | None = None) -> Run:
    """Run a program to its end, in a folder.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    done = subprocess.run(starter, check=True, capture_output=True, text=True, cwd=folder)
    code, wall_s, cpu_s, peak_mb, files = json.loads(done.stdout)
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return Run(wall_s, cpu_s, peak_mb, files)
