"""Codes symbols by what followed in several contexts at once: a bound that needs no training."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

_NEW: Final = 0.5  # weight of what the more general context says, in counts
_DISCOUNT: Final = 0.3  # taken off each count, for symbols that are seen once and never again
_FADES: Final = 0.98  # of a weight's logarithm that is kept from symbol to symbol
_LEAST: Final = 1e-4  # of a weight


@dataclass(slots=True)
class _Counts:
    total: float = 0.0
    of: dict[int, float] = field(default_factory=dict)


class ContextMixing:
    """Probabilities of symbols, adapted as they are told.

    In each context counts are kept, and what was seen in a special one is smoothed with what the
    more general ones before it say. The levels are mixed; their weights follow how well each told
    the symbols so far, apart for contexts that were seen seldom and often.

    Parameters
    ----------
    symbols
        How many there are.
    """

    def __init__(self, symbols: int) -> None:
        self._symbols = symbols
        self._seen: defaultdict[Hashable, _Counts] = defaultdict(_Counts)
        self._weights: dict[tuple[int, ...], list[float]] = {}

    def tell(self, symbol: int, *contexts: Hashable) -> float:
        """Return the nats of a symbol, and count it.

        Parameters
        ----------
        symbol
            Any whole number; there are to be no more different ones than `symbols`.
        contexts
            From general to special; always as many.
        """
        share, shares = 1.0 / self._symbols, []
        seen = [self._seen[level, context] for level, context in enumerate((None, *contexts))]
        for counts in seen:
            own = max(0.0, counts.of.get(symbol, 0.0) - _DISCOUNT)
            rest = _NEW + _DISCOUNT * len(counts.of)
            share = (own + rest * share) / (counts.total + _NEW)
            shares.append(share)
        how = tuple(
            4 * min(3, int(counts.total).bit_length()) + min(3, len(counts.of))
            for counts in seen[1:]
        )
        weights = self._weights.get(how, [1.0] * len(shares))
        told = [weight * share for weight, share in zip(weights, shares, strict=True)]
        mixed = sum(told) / sum(weights)
        self._weights[how] = [max(_LEAST, (each / sum(told)) ** _FADES) for each in told]
        for counts in seen:
            counts.total += 1.0
            counts.of[symbol] = counts.of.get(symbol, 0.0) + 1.0
        return -float(np.log(mixed))
