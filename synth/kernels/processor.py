"""Finds the best variant of the library that this processor runs.

References
----------
"System V Application Binary Interface, AMD64 Architecture Processor Supplement", section
"Micro-architecture levels"; Intel 64 and IA-32 manual, volume 2, instruction CPUID.
"""

import ctypes
from collections.abc import Iterable
from typing import Any, Final

BASELINE: Final = "baseline"

# What each level of x86-64 needs beyond the one before it: bits of CPUID (leaf, register from 0 to
# 3 for EAX to EDX, bit), and bits of XCR0: registers that the system keeps.
_NEEDS: Final = {
    BASELINE: ((), 0),
    "x86_64_v3": (
        (
            *((1, 2, bit) for bit in (12, 22, 27, 28, 29)),  # FMA, MOVBE, OSXSAVE, AVX, F16C
            *((7, 1, bit) for bit in (3, 5, 8)),  # BMI1, AVX2, BMI2
            (0x8000_0001, 2, 5),  # LZCNT
        ),
        0x06,
    ),
    # AVX-512: F, DQ, CD, BW, VL
    "x86_64_v4": (tuple((7, 1, bit) for bit in (16, 17, 28, 30, 31)), 0xE6),
}
LEVELS: Final = tuple(_NEEDS)


def best_level(library: Any, built: Iterable[str], upto: str = LEVELS[-1]) -> str:
    """Return the best level, `upto` at most, that a library has and this processor runs.

    Parameters
    ----------
    library
        From `ctypes`; where it has more levels than one, it has the functions `cpuid` and `xgetbv`
        too, which take four words: leaf and subleaf, which become EAX to EDX.
    built
        The levels that it has.
    """
    registers = (ctypes.c_int64 * 4)()

    def ask(function: str, number: int) -> tuple[int, ...]:
        registers[0], registers[1] = number, 0
        getattr(library, function)(registers)
        return tuple(registers)

    best = BASELINE
    for level in LEVELS[1 : LEVELS.index(upto) + 1]:
        bits, kept = _NEEDS[level]
        if level not in built:
            break
        # A leaf that the processor does not have answers for another one.
        if any(ask("cpuid", leaf & 0x8000_0000)[0] < leaf for leaf, _, _ in bits):
            break
        if not all(ask("cpuid", leaf)[register] >> bit & 1 for leaf, register, bit in bits):
            break
        if ask("xgetbv", 0)[0] & kept != kept:
            break
        best = level
    return best
