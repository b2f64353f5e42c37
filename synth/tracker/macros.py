"""Makes sequences of the trackers' envelopes and macros."""

from itertools import accumulate
from typing import Final

from synth.instrument.macro_sequence import Sequence

LONGEST: Final = 1024  # values of a pitch that goes on moving; 17 seconds
FARTHEST: Final = 2047  # timer steps


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


def absolute(steps: Sequence) -> Sequence:
    """Return a relative pitch macro, whose values add up, as distances from the note.

    A loop whose values add up to nothing goes round; any other moves on for `LONGEST` frames. A
    release part is left out.

    Examples
    --------
    >>> str(absolute(Sequence((0, 2, -4, 4, -4), loop=3)))
    '0 2 -2 [2 -2]'
    """
    held = steps.values[: steps.held_length]
    if steps.loop is None or not sum(held[steps.loop :]):
        return _clipped(list(accumulate(held)), steps.loop)
    turn = held[steps.loop :]
    rounds = (LONGEST - len(held)) // len(turn) + 1
    return _clipped(list(accumulate([*held, *turn * max(rounds, 0)])), None)


def _clipped(values: list[int], loop: int | None) -> Sequence:
    return Sequence(tuple(min(max(v, -FARTHEST), FARTHEST) for v in values), loop)
