"""The changes that `make mutation` tries are changes, each of one place."""

import ast

from tests.mutation import MODULES, ROOT, changes_of


def test_a_function_is_changed_in_each_of_its_places() -> None:
    """Comparisons, sums, conditions and numbers; texts and types stay."""
    source = 'def f(a: int = 3) -> bool:\n    """Tell 5."""\n    return a + 2 < 1 and a == 0\n'
    made = {(change.before, change.after) for change in changes_of(source)}
    assert made == {
        ("a + 2 < 1 and a == 0", "a + 2 < 1 or a == 0"), ("a + 2 < 1", "a + 2 <= 1"),
        ("a + 2", "a - 2"), ("2", "3"), ("1", "2"), ("a == 0", "a != 0"), ("0", "1"),
    }  # fmt: skip
    for change in changes_of(source):
        ast.parse(change.code)
        assert change.line == 3


def test_types_and_defaults_stay_and_inner_functions_are_changed_once() -> None:
    """A changed type changes nothing, and a place that comes twice would count twice."""
    source = (
        "A = 1 + 2\n"
        "def f():\n"
        "    b: int | None = None\n"
        "    def g(c: int | str = 3) -> int | str:\n"
        "        return max(c, 5)\n"
        "    return g(b)\n"
    )
    assert [(change.before, change.after) for change in changes_of(source)] == [("5", "6")]


def test_every_module_of_the_table_is_there() -> None:
    """Modules and tests are named as they are, and each module has something to change."""
    for module, tests in MODULES.values():
        assert any(changes_of((ROOT / f"{module.replace('.', '/')}.py").read_text()))
        assert all((ROOT / test).exists() for test in tests)
