"""Comments recompile nothing; a changed constant does."""

import pytest

from tests.synth.kernels.tree import CONSTANTS, KERNELS, WEIGHED, Tree

BUILT = (f"{WEIGHED} False", "")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"""Weighs rows."""', '"""Weighs rows by their columns."""'),
        ("    return k + STEP", "    # One more than the column.\n\n    return k + STEP  # so"),
        ('    """Return a column\'s weight."""\n', ""),
        ("def main() -> None:\n", "def main() -> None:\n    assert True\n"),
    ],
    ids=["module's docstring", "comments", "docstring", "other code"],
)
def test_comments_recompile_nothing(was: str, becomes: str, tree: Tree) -> None:
    """What is no part of a kernel's code leaves the library true."""
    assert was in KERNELS
    tree.kernels.write_text(KERNELS.replace(was, becomes))
    assert tree.run() == BUILT
    name, time = tree.library.name, tree.library.stat().st_mtime_ns
    assert tree.build() == name
    assert tree.library.stat().st_mtime_ns == time


@pytest.mark.parametrize(
    ("was", "becomes", "weighed"),
    [
        ("k + STEP", "k + 2 * STEP", "2 [0.0, 6.5, 11.5] 1.0"),
        ("factor: float", "factor: int", "2 [0.0, 0.0, 0.0] 1.0"),
        ("rows[place, 0] / 2.0", "rows[place, 0] / 4.0", "2 [0.0, 4.0, 7.0] 0.5"),
    ],
    ids=["called function", "type", "kernel"],
)
def test_code_is_never_older_than_its_sources(
    was: str, becomes: str, weighed: str, tree: Tree
) -> None:
    """What is changed is compiled anew, until the library is built again."""
    tree.kernels.write_text(KERNELS.replace(was, becomes))
    printed, said = tree.run()
    assert printed == f"{weighed} True"
    assert "other sources" in said
    tree.build()
    assert tree.run() == (f"{weighed} False", "")


def test_a_constant_of_another_module_is_part_of_the_code(tree: Tree) -> None:
    """A kernel is as old as the constants that it was built with."""
    (tree.root / "synth" / "constants.py").write_text(f"# Changed.\n{CONSTANTS}")
    assert tree.run() == BUILT
    (tree.root / "synth" / "constants.py").write_text("STEP = 2\n")
    assert tree.run()[0] == "2 [0.0, 6.5, 11.5] 1.0 True"
