"""Compresses a sequence into a grammar, whose rules stand for what is repeated (Re-Pair).

References
----------
N. J. Larsson and A. Moffat, "Offline dictionary-based compression", Proceedings of the IEEE 88
(2000): Re-Pair.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_SYMBOLS: Final = 256
MIN_USES: Final = 3  # a rule takes two bytes, and each use saves one
_GAP: Final = -1  # ends a part


@dataclass(frozen=True, slots=True)
class Grammar:
    """A sequence as symbols and rules.

    Attributes
    ----------
    values
        What the symbols from 0 on stand for.
    rules
        Pairs of symbols that the symbols after those stand for, each only of symbols before it.
    parts
        The sequence, in the parts that were given.
    """

    values: tuple[int, ...]
    rules: tuple[tuple[int, int], ...]
    parts: tuple[tuple[int, ...], ...]

    def expand(self, symbol: int) -> list[int]:
        """Return the values that a symbol stands for."""
        if symbol < len(self.values):
            return [self.values[symbol]]
        left, right = self.rules[symbol - len(self.values)]
        return [*self.expand(left), *self.expand(right)]


def find_grammar(parts: tuple[list[int], ...], max_pending: int) -> Grammar:
    """Find a grammar by making a rule of the commonest pair, again and again.

    Parameters
    ----------
    parts
        The sequence; no rule reaches across the bound between two parts.
    max_pending
        How many symbols may wait while another is expanded, left before right.

    Examples
    --------
    >>> grammar = find_grammar(([7, 8, 7, 8, 9, 7, 8],), 8)
    >>> grammar.values, grammar.rules, grammar.parts
    ((7, 8, 9), ((0, 1),), ((3, 3, 2, 3),))
    """
    values = tuple(sorted({value for part in parts for value in part}))
    number = {value: symbol for symbol, value in enumerate(values)}
    symbols = [symbol for part in parts for symbol in (*(number[value] for value in part), _GAP)]
    row = np.array(symbols, np.int64)
    pending = [0] * len(values)
    rules: list[tuple[int, int]] = []
    while len(pending) < MAX_SYMBOLS:
        pair = _commonest(row, np.array(pending), max_pending)
        if pair is None:
            break
        row = _replaced(row, pair, len(pending))
        rules.append(pair)
        pending.append(max(pending[pair[0]] + 1, pending[pair[1]]))
    rows = [part[part != _GAP].tolist() for part in np.split(row, np.nonzero(row == _GAP)[0])]
    return _trimmed(values, rules, rows[:-1])


def _commonest(
    row: NDArray[np.int64], pending: NDArray[np.int64], max_pending: int
) -> tuple[int, int] | None:
    """Return the pair that stands most often, without overlaps; of several, the first by number."""
    left, right = row[:-1], row[1:]
    same = left == right
    fits = (~same | _apart(same)) & (left != _GAP) & (right != _GAP)
    left, right = left[fits], right[fits]
    fits = (pending[left] < max_pending) & (pending[right] <= max_pending)
    counts = np.bincount(left[fits] * MAX_SYMBOLS + right[fits], minlength=1)
    best = int(counts.argmax())
    return divmod(best, MAX_SYMBOLS) if counts[best] >= MIN_USES else None


def _replaced(row: NDArray[np.int64], pair: tuple[int, int], symbol: int) -> NDArray[np.int64]:
    found = (row[:-1] == pair[0]) & (row[1:] == pair[1])
    if pair[0] == pair[1]:
        found = _apart(found)
    made: NDArray[np.int64] = np.where(np.append(found, [False]), symbol, row)
    kept: NDArray[np.int64] = made[np.append([True], ~found)]
    return kept


def _apart(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep every second place of each run of them, from its first on: pairs that do not overlap."""
    place = np.arange(len(found))
    start = np.maximum.accumulate(np.where(found, 0, place + 1))
    kept: NDArray[np.bool_] = found & ((place - start) % 2 == 0)
    return kept


def _trimmed(
    values: tuple[int, ...], rules: list[tuple[int, int]], rows: list[list[int]]
) -> Grammar:
    """Undo rules that later ones left with too few uses to pay off."""
    n_values = len(values)
    bodies: dict[int, list[int]] = {n_values + at: list(pair) for at, pair in enumerate(rules)}
    for symbol in reversed(bodies):
        uses = sum(row.count(symbol) for row in rows)
        uses += sum(body.count(symbol) for body in bodies.values())
        in_rule = any(symbol in body for body in bodies.values())
        if uses < MIN_USES and not in_rule:
            body = bodies.pop(symbol)
            rows = [[s for t in row for s in (body if t == symbol else [t])] for row in rows]
    order = {symbol: n_values + at for at, symbol in enumerate(bodies)}
    order |= {symbol: symbol for symbol in range(n_values)}
    return Grammar(
        values,
        tuple((order[left], order[right]) for left, right in bodies.values()),
        tuple(tuple(order[symbol] for symbol in row) for row in rows),
    )
