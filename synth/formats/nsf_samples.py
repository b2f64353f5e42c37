"""Collects the samples of an NSF that switches banks."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.formats.nsf_bus import BANK_BYTES
from synth.formats.sample_memory import FIRST, SampleMemory, span_of

FIRST_BANK_REGISTER: Final = 0x5000  # what is written below is sound

Kept = tuple[
    NDArray[np.int64],
    NDArray[np.uint16],
    NDArray[np.uint8],
    tuple[tuple[int, bytes], ...],
    tuple[str, ...],
]


def follow_samples(
    events: NDArray[np.int64],
    memory: NDArray[np.uint8],
    rom: NDArray[np.uint8],
    banked: bool,
) -> Kept:
    """Part sound writes from bank switches, and gather the samples that the DMC plays.

    Parameters
    ----------
    events
        Cycle, address and value of each write to a sound or bank register, shape (n, 3).
    memory
        The CPU's address space at the start, uint8, shape (65536,).
    rom
        The file's banks, uint8, shape (n_banks * 4096,).
    banked
        Whether bank switches do anything.

    Returns
    -------
    cycle, address, value
        The sound writes.
    memory
        The samples, as a log holds them.
    warnings
        If different samples stood at one address at different times.
    """
    cycle, register, value = (np.ascontiguousarray(events[:, column]) for column in range(3))
    samples, warnings = SampleMemory(), []
    changed = False
    plays = (value[register == 0x4015] & 0x10 != 0).any()  # or no sample is ever played
    for address, block in _starts(events, memory.copy(), rom, banked) if plays else ():
        # The DMC's address wraps from $FFFF to $8000.
        to_end = 0x1_0000 - address
        changed |= samples.load(address, block[:to_end])
        changed |= samples.load(FIRST, block[to_end:])
    if changed:
        warnings.append(
            "it keeps several samples at one address by switching banks; only the last are kept"
        )
    if register.max(initial=0) >= FIRST_BANK_REGISTER:
        sound = register < FIRST_BANK_REGISTER
        cycle, register, value = cycle[sound], register[sound], value[sound]
    return (
        cycle,
        register.astype(np.uint16),
        value.astype(np.uint8),
        samples.pieces(),
        tuple(warnings),
    )


def _starts(
    events: NDArray[np.int64], memory: NDArray[np.uint8], rom: NDArray[np.uint8], banked: bool
) -> Iterator[tuple[int, bytes]]:
    """Go through the writes that matter to the DMC; give each sample once for each banking."""
    of_interest = np.isin(events[:, 1], (0x4012, 0x4013, 0x4015)) | (
        events[:, 1] >= FIRST_BANK_REGISTER
    )
    address = length = 0
    enabled = False
    mapped: dict[int, int] = {}
    given: set[tuple[int, int]] = set()
    for _, register, value in events[of_interest].tolist():
        if register >= FIRST_BANK_REGISTER:
            start, to = value * BANK_BYTES, (register & 0xF) * BANK_BYTES
            here = banked and to >= FIRST and start + BANK_BYTES <= len(rom)
            if here and mapped.get(to) != value:
                mapped[to] = value
                memory[to : to + BANK_BYTES] = rom[start : start + BANK_BYTES]
                given.clear()
            continue
        if register == 0x4012:
            address = value
        elif register == 0x4013:
            length = value
        else:
            enabled = bool(value & 0x10)
        if enabled and (address, length) not in given:
            given.add((address, length))
            start, n_bytes = span_of(address, length)
            at = FIRST + (np.arange(start, start + n_bytes) - FIRST) % 0x8000
            yield start, memory[at].tobytes()
