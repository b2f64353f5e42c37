"""Grammars: they say what was said, in fewer symbols, within the limits of the player."""

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.formats.grammar_compression import MAX_SYMBOLS, Grammar, find_grammar

parts = st.lists(st.integers(0, 5), max_size=300).map(lambda row: row * 3)


def waiting(grammar: Grammar, symbol: int) -> int:
    """How many symbols wait at most while one is expanded."""
    if symbol < len(grammar.values):
        return 0
    left, right = grammar.rules[symbol - len(grammar.values)]
    return max(waiting(grammar, left) + 1, waiting(grammar, right))


@settings(deadline=None)
@given(first=parts, second=parts, max_pending=st.integers(1, 8))
def test_a_grammar_says_the_same(first: list[int], second: list[int], max_pending: int) -> None:
    """Each part comes back, and no symbol needs more room than is allowed."""
    grammar = find_grammar((first, second), max_pending)
    expanded = [
        [value for symbol in part for value in grammar.expand(symbol)] for part in grammar.parts
    ]
    assert expanded == [first, second]
    symbols = range(len(grammar.values) + len(grammar.rules))
    assert all(waiting(grammar, symbol) <= max_pending for symbol in symbols)
    assert all(max(rule) < len(grammar.values) + at for at, rule in enumerate(grammar.rules))
    written = 2 * len(grammar.rules) + sum(map(len, grammar.parts))
    assert written <= len(first) + len(second)


def test_a_phrase_is_written_once() -> None:
    """Thirty rounds of forty values take little more than one round."""
    phrase = [(7 * n) % 40 for n in range(40)]
    grammar = find_grammar((phrase * 30,), 8)
    assert 2 * len(grammar.rules) + len(grammar.parts[0]) < 100


def test_symbols_are_bytes() -> None:
    """There are never more than 256, whatever the sequence."""
    row = [(n * n) % 251 for n in range(3000)]
    grammar = find_grammar((row,), 8)
    assert len(grammar.values) + len(grammar.rules) <= MAX_SYMBOLS
    assert [value for symbol in grammar.parts[0] for value in grammar.expand(symbol)] == row
