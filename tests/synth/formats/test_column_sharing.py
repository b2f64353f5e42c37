"""Columns that follow others say the same values, and take less."""

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.formats.column_sharing import Parts, Place, Shared, share
from synth.formats.grammar_compression import Grammar

# What stands together: a value of the first column, and of the second or none.
together = st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 200)), max_size=40)


def columns_of(
    parts: tuple[list[tuple[int, int | None]], ...],
) -> tuple[list[Parts], dict[tuple[int, int], list[Place]]]:
    """Return two columns, and which of their values stand together."""
    first: Parts = ([a for a, _ in parts[0]], [a for a, _ in parts[1]])
    second: Parts = ([], [])
    links: list[Place] = []
    for at, part in enumerate(parts):
        second[at].extend(b for _, b in part if b is not None)
        links.extend((at, place) for place, (_, b) in enumerate(part) if b is not None)
    return [first, second], {(0, 1): links}


def played(shared: Shared, parts: tuple[list[tuple[int, int | None]], ...]) -> list[list[int]]:
    """Return the values of both columns as a player finds them, one after the other."""
    said: list[list[int]] = [[], []]
    for at, part in enumerate(parts):
        ways = [
            iter([] if column in shared.follows else symbols_of(grammar, at))
            for column, grammar in enumerate(shared.grammars)
        ]
        for _, b in part:
            symbol = next(ways[0])
            said[0].append(shared.grammars[0].values[symbol])
            if b is not None:
                symbol = symbol if 1 in shared.follows else next(ways[1])
                said[1].append(shared.grammars[1].values[symbol])
    return said


def symbols_of(grammar: Grammar, part: int) -> list[int]:
    """Return the symbols of a part that stand for one value each."""
    numbered = Grammar(tuple(range(len(grammar.values))), grammar.rules, grammar.parts)
    return [each for symbol in grammar.parts[part] for each in numbered.expand(symbol)]


@settings(deadline=None)
@given(first=together, second=together, repeats=st.integers(1, 6))
def test_columns_that_share_say_the_same(
    first: list[tuple[int, int | None]], second: list[tuple[int, int | None]], repeats: int
) -> None:
    """Each value comes back, whether the second column follows the first or not."""
    parts = first * repeats, second * repeats
    columns, links = columns_of(parts)
    said = played(share(columns, links, 7), parts)
    assert said == [[*column[0], *column[1]] for column in columns]


def test_a_column_that_another_one_tells_has_no_sequence() -> None:
    """Where pitches decide the octave, only the pitches are written."""
    notes: list[tuple[int, int | None]] = [(at % 23, at % 23 // 12) for at in range(120)]
    columns, links = columns_of((notes, []))
    shared = share(columns, links, 7)
    assert shared.follows == {1: 0}
    assert shared.grammars[1] == Grammar((0,) * 12 + (1,) * 11, (), ())


def test_a_column_that_is_written_alone_follows_none() -> None:
    """A value that has none of the other column beside it needs a sequence of its own."""
    columns: list[Parts] = [([1, 2] * 20, []), ([3, 4] * 20, [])]
    links: dict[tuple[int, int], list[Place]] = {(0, 1): [(0, at) for at in range(39)]}
    assert not share(columns, links, 7).follows
