"""Lets columns of a song follow others, where that makes it smaller.

A column that follows another has no sequence: the symbol that the other one had in the same frame
says its value, too. So the volume of a note's first frame goes with the list of registers that
begin it, and the high byte of a period with the low one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from synth.formats.grammar_compression import Grammar, find_grammar

MAX_TOGETHER: Final = 200  # symbols of columns that go together; the rest of 256 are for rules

Parts = tuple[list[int], list[int]]
"""A column's values before the loop and in it."""

Place = tuple[int, int]
"""A value's part, and its place in it."""

Links = Mapping[tuple[int, int], Sequence[Place]]
"""By two columns: for each value of the second, the one of the first before it in its frame.

A second value without one is missing, so the sequence is shorter than the second column.
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """Columns as they are written.

    Attributes
    ----------
    grammars
        The columns' sequences; of a column that follows another only the values, by symbol.
    follows
        Columns that follow another, and which.
    """

    grammars: tuple[Grammar, ...]
    follows: Mapping[int, int]


def share(columns: Sequence[Parts], links: Links, max_pending: int) -> Shared:
    """Find grammars for columns, and which of them better follow others.

    Parameters
    ----------
    columns
        All columns. One may follow another with a smaller or larger number.
    links
        Which values stand together.
    max_pending
        As for `find_grammar`.
    """
    grammars = {at: find_grammar(parts, max_pending) for at, parts in enumerate(columns)}
    follows: dict[int, int] = {}
    for leader in range(len(columns)):
        chosen: list[int] = []
        while leader not in follows:
            free = set(grammars) - {leader, *follows, *follows.values()}
            made = _best(columns, links, (leader, *chosen), sorted(free), grammars, max_pending)
            if not made:
                break
            grammars |= made
            chosen += set(made) - {leader, *chosen}
            follows |= dict.fromkeys(chosen, leader)
    return Shared(tuple(grammars[at] for at in range(len(columns))), follows)


def _best(
    columns: Sequence[Parts],
    links: Links,
    group: tuple[int, ...],
    free: Sequence[int],
    grammars: Mapping[int, Grammar],
    max_pending: int,
) -> dict[int, Grammar]:
    """Return the grammars of a leader and its followers with one more, if that saves bytes.

    Of several, it is the one that saves most.
    """
    best: dict[int, Grammar] = {}
    most = 0
    for column in free:
        values = sum(map(len, columns[column]))
        places = links.get((group[0], column), ())
        if len(places) < values or len(set(places)) < values:
            continue  # it is written without the other one, or twice
        if _size(grammars[column]) <= len(grammars[group[0]].values):
            continue  # its table alone would be longer
        made = _together(columns, links, (*group, column), max_pending)
        saved = sum(_size(grammars[at]) - _size(grammar) for at, grammar in made.items())
        if saved > most:
            best, most = made, saved
    return best


def _together(
    columns: Sequence[Parts], links: Links, group: tuple[int, ...], max_pending: int
) -> dict[int, Grammar]:
    """Return the grammars of a leader, the first, and its followers; none if they do not fit."""
    leader, *followers = group
    rows = [[[value, *[-1] * len(followers)] for value in part] for part in columns[leader]]
    for at, column in enumerate(followers, start=1):
        values = [value for part in columns[column] for value in part]
        for (part, place), value in zip(links[leader, column], values, strict=True):
            rows[part][place][at] = value
        _fill(rows, at)
    known = sorted({tuple(row) for part in rows for row in part})
    if len(known) > MAX_TOGETHER:
        return {}
    symbol = {row: number for number, row in enumerate(known)}
    first, second = ([symbol[tuple(row)] for row in part] for part in rows)
    grammar = find_grammar((first, second), max_pending)
    leads, *tables = zip(*known, strict=True)
    made = {leader: replace(grammar, values=leads)}
    for column, table in zip(followers, tables, strict=True):
        made[column] = Grammar(tuple(max(value, 0) for value in table), (), ())
    return made


def _fill(rows: list[list[list[int]]], at: int) -> None:
    """Where a follower has no value, take the one it had last beside the same one of the leader."""
    last: dict[int, int] = {}
    for row in (row for part in rows for row in part):
        if row[at] >= 0:
            last.setdefault(row[0], row[at])
    for row in (row for part in rows for row in part):
        if row[at] < 0:
            row[at] = last.get(row[0], -1)
        else:
            last[row[0]] = row[at]


def _size(grammar: Grammar) -> int:
    """Return how many bytes a column takes; one that is always the same has none."""
    written = len(grammar.values) + 2 * len(grammar.rules) + sum(map(len, grammar.parts))
    return 0 if len(grammar.values) == 1 and grammar.parts else written
