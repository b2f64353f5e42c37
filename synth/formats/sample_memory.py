"""The sample memory of a log: which bytes it brings, and which the DMC reads."""

from typing import Final

import numpy as np

from synth.chip.register_log import RegisterLog

FIRST: Final = 0x8000  # the DMC's address counter wraps from $FFFF to here (NESdev wiki: APU DMC)
SIZE: Final = 0x8000


class SampleMemory:
    """The 32 KB of cartridge space at $8000, byte by byte known or unknown."""

    def __init__(self, pieces: tuple[tuple[int, bytes], ...] = ()) -> None:
        self._image = bytearray(SIZE)
        self._known = bytearray(SIZE)
        for address, block in pieces:
            self.load(address, block)

    def load(self, address: int, block: bytes) -> bool:
        """Put `block` at CPU `address`; say whether a known byte changed.

        Parameters
        ----------
        address
            0–$FFFF. What falls outside $8000–$FFFF is left out, as the DMC cannot reach it.
        block
            The bytes.
        """
        block = block[max(0, FIRST - address) : FIRST + SIZE - address]
        start = max(address, FIRST) - FIRST
        end = start + len(block)
        old, known = self._image[start:end], self._known[start:end]
        changed = any(k and a != b for a, b, k in zip(old, block, known, strict=True))
        self._image[start:end] = block
        self._known[start:end] = b"\1" * len(block)
        return changed

    def pieces(self) -> tuple[tuple[int, bytes], ...]:
        """Return the known bytes as contiguous stretches: pairs of CPU address and bytes."""
        pieces = []
        start = self._known.find(1)
        while start >= 0:
            end = self._known.find(0, start)
            end = SIZE if end < 0 else end
            pieces.append((FIRST + start, bytes(self._image[start:end])))
            start = self._known.find(1, end)
        return tuple(pieces)

    def read(self, address: int, n_bytes: int) -> bytes | None:
        """Return `n_bytes` from `address` on as the DMC reads them, or None if any is unknown."""
        at = [(address - FIRST + i) % SIZE for i in range(n_bytes)]
        if not all(self._known[i] for i in at):
            return None
        return bytes(self._image[i] for i in at)


def span_of(address: int, length: int) -> tuple[int, int]:
    """Return the CPU address and number of bytes that $4012 and $4013 stand for.

    Examples
    --------
    >>> [hex(number) for number in span_of(0xFF, 0xFF)]
    ['0xffc0', '0xff1']
    """
    return 0xC000 + 64 * address, 16 * length + 1


def sample_spans(log: RegisterLog) -> tuple[tuple[int, int], ...]:
    """Every stretch of memory that the log lets the DMC play.

    Parameters
    ----------
    log
        Any log.

    Returns
    -------
    tuple of (int, int)
        Pairs of CPU address and number of bytes, sorted, each once.

    Notes
    -----
    Both registers are taken up when $4015 starts the DMC, and again whenever a looping sample
    comes round, so every pair that stands in them while bit 4 of $4015 is set counts.
    """
    of_interest = np.isin(log.address, (0x4012, 0x4013, 0x4015))
    address = length = 0
    enabled = False
    spans = set()
    for register, value in zip(
        log.address[of_interest].tolist(), log.value[of_interest].tolist(), strict=True
    ):
        if register == 0x4012:
            address = value
        elif register == 0x4013:
            length = value
        else:
            enabled = bool(value & 0x10)
        if enabled:
            spans.add(span_of(address, length))
    return tuple(sorted(spans))


def used_samples(log: RegisterLog) -> tuple[tuple[int, bytes], ...]:
    """Cut the log's memory to what its DMC can play: pairs of CPU address and bytes."""
    have, used = SampleMemory(log.memory), SampleMemory()
    for address, n_bytes in sample_spans(log):
        for i in range(n_bytes):
            at = FIRST + (address - FIRST + i) % SIZE
            byte = have.read(at, 1)
            if byte is not None:
                used.load(at, byte)
    return used.pieces()
