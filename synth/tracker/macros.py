"""Makes sequences of the trackers' envelopes and macros."""

from synth.instrument.macro_sequence import Sequence


def envelope(values: list[int], loop: int, release: int) -> Sequence:
    """Return a sequence from a tracker's loop and release points, -1 where there is none.

    A loop over the last value alone, and one behind the release point, are the value held.

    Examples
    --------
    >>> str(envelope([15, 9, 3, 0], loop=1, release=2))
    '15 9 | 3 0'
    """
    released = release if 0 < release < len(values) else None
    held = len(values) if released is None else released
    looped = loop if 0 <= loop < held - 1 else None
    return Sequence(tuple(values), looped, released)
