"""Every level of the processor computes the same bits, and the best one that runs is taken."""

import ctypes
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth.kernels.library import Library, open_library
from synth.kernels.processor import BASELINE, LEVELS, best_level

SCRIPT = """
import hashlib
from benchmarks.chip_speed import busy_song
from synth.chip.render_log import render
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import write_nsf
from synth.kernels.library import open_library

log = busy_song(5.0)
state = hashlib.sha256(render(log).tobytes())
state.update(render(read_nsf(write_nsf(log)[0], "song", seconds=3.0).log).tobytes())
print(open_library().level, state.hexdigest())
"""


def library() -> Library:
    """Return the built library."""
    opened = open_library()
    assert isinstance(opened, Library), opened
    return opened


def test_all_levels_make_the_same_samples() -> None:
    """A busy song, and the same as an NSF, sound the same to the bit on each kind of processor."""
    best = library().level
    made = []
    for level in LEVELS[: LEVELS.index(best) + 1]:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
            env=os.environ | {"CHIPGEN_KERNELS": level}, cwd=Path(__file__).parents[3],
        )  # fmt: skip
        made.append(done.stdout.split())
    assert [level for level, _ in made] == list(LEVELS[: LEVELS.index(best) + 1])
    assert len({digest for _, digest in made}) == 1
    assert len(made[0][1]) == 2 * hashlib.sha256().digest_size


class Processor:
    """What the library asks, with other answers: by leaf, EAX to EDX; leaf 0 for XCR0."""

    def __init__(self, answers: dict[int, tuple[int, int, int, int]], xcr0: int) -> None:
        self.answers, self.xcr0 = answers, xcr0

    def cpuid(self, registers: "ctypes.Array[ctypes.c_int64]") -> None:
        """Answer for a leaf."""
        registers[:] = list(self.answers.get(registers[0], (0, 0, 0, 0)))

    def xgetbv(self, registers: "ctypes.Array[ctypes.c_int64]") -> None:
        """Answer which registers the system keeps."""
        registers[:] = [self.xcr0, 0, 0, 0]


ALL = 0xFFFF_FFFF
NEWEST = {
    0: (0x20, 0, 0, 0), 1: (0, 0, ALL, ALL), 7: (0, ALL, ALL, ALL),
    0x8000_0000: (0x8000_0008, 0, 0, 0), 0x8000_0001: (0, 0, ALL, ALL),
}  # fmt: skip
NO_AVX_512 = NEWEST | {7: (0, ALL & ~(1 << 16), 0, 0)}


@pytest.mark.parametrize(
    ("answers", "xcr0", "level"),
    [
        (NEWEST, 0xE7, "x86_64_v4"),
        (NEWEST, 0x07, "x86_64_v3"),
        (NEWEST, 0x01, BASELINE),
        (NO_AVX_512, 0xE7, "x86_64_v3"),
        (NEWEST | {0: (1, 0, 0, 0)}, 0xE7, BASELINE),
        (NEWEST | {1: (0, 0, ALL & ~(1 << 27), 0)}, 0xE7, BASELINE),
        (NEWEST | {0x8000_0000: (0, 0, 0, 0)}, 0xE7, BASELINE),
        ({}, 0, BASELINE),
    ],
    ids=["newest", "no AVX-512 state", "no AVX state", "no AVX-512", "no leaf 7", "no OSXSAVE",
         "no extended leaves", "oldest"],
)  # fmt: skip
def test_the_best_level_that_runs_is_taken(
    answers: dict[int, tuple[int, int, int, int]], xcr0: int, level: str
) -> None:
    """A level needs all of its instructions, and a system that keeps its registers."""
    processor = Processor(answers, xcr0)
    assert best_level(processor, LEVELS) == level
    assert best_level(processor, (BASELINE,)) == BASELINE
    assert best_level(processor, LEVELS, upto=BASELINE) == BASELINE
