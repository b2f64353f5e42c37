"""Compresses a sequence into a grammar, whose rules stand for what is repeated (Re-Pair).

References
----------
N. J. Larsson and A. Moffat, "Offline dictionary-based compression", Proceedings of the IEEE 88
(2000): Re-Pair.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

MAX_SYMBOLS: Final = 256
MIN_USES: Final = 3  # a rule takes two bytes, and each use saves one


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
    rows = [[number[value] for value in part] for part in parts]
    pending = [0] * len(values)
    rules: list[tuple[int, int]] = []
    while len(pending) < MAX_SYMBOLS:
        pair = _commonest(rows, pending, max_pending)
        if pair is None:
            break
        rows = [_replaced(row, pair, len(pending)) for row in rows]
        rules.append(pair)
        pending.append(max(pending[pair[0]] + 1, pending[pair[1]]))
    return _trimmed(values, rules, rows)


def _commonest(
    rows: list[list[int]], pending: list[int], max_pending: int
) -> tuple[int, int] | None:
    """Return the pair that stands most often, without overlaps; of several, the first by number."""
    counts: Counter[tuple[int, int]] = Counter()
    for row in rows:
        last = -1
        for place in range(len(row) - 1):
            pair = row[place], row[place + 1]
            if pair[0] == pair[1] and last == place - 1:
                last = -1  # the middle of three alike has been counted
                continue
            last = place if pair[0] == pair[1] else -1
            counts[pair] += 1
    fitting = (
        (-count, pair)
        for pair, count in counts.items()
        if count >= MIN_USES and max(pending[pair[0]] + 1, pending[pair[1]]) <= max_pending
    )
    best = min(fitting, default=None)
    return None if best is None else best[1]


def _replaced(row: list[int], pair: tuple[int, int], symbol: int) -> list[int]:
    made: list[int] = []
    place = 0
    while place < len(row):
        if row[place] == pair[0] and place + 1 < len(row) and row[place + 1] == pair[1]:
            made.append(symbol)
            place += 2
        else:
            made.append(row[place])
            place += 1
    return made


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
