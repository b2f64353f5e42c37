"""Machine code is taken from the built library if that is whole, true and nobody else's to change.

If it is not, the same comes out, by way of numba.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.kernels.library import other_writer
from synth.kernels.stamps import digest
from tests.synth.kernels.tree import KERNELS, WEIGHED, Tree

BUILT = (f"{WEIGHED} False", "")

only_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else"
)


def assert_compiled(tree: Tree, why: str) -> None:
    """Check that the same comes out of numba, and that one line says why."""
    printed, said = tree.run()
    assert printed == f"{WEIGHED} True"
    assert why in said
    assert said.count("\n") == 1


def test_the_library_runs_without_numba(tree: Tree) -> None:
    """What was built needs no compiler, and says nothing."""
    assert tree.run() == BUILT
    assert tree.python("-c", "import synth.weighing, sys; print(*sys.modules)").returncode == 0


@pytest.mark.parametrize("which", ["library", "manifest"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        lambda path: path.write_bytes(path.read_bytes().replace(b"weigh", b"weigg")),
        lambda path: path.unlink(),
    ],
    ids=["emptied", "truncated", "zeroed", "changed", "removed"],
)
def test_damaged_files_change_nothing(
    which: str, damage: Callable[[Path], object], tree: Tree
) -> None:
    """Whatever happened to a file of compiled code, the same comes out."""
    damage(getattr(tree, which))
    assert_compiled(tree, str(tree.built))


def test_files_that_cannot_be_written_are_no_matter(tree: Tree) -> None:
    """Nothing is ever written where the library is, nor anywhere else."""
    for path in (tree.library, tree.manifest, tree.built):
        path.chmod(0o555)
    before = sorted((path, path.stat().st_mtime_ns) for path in tree.built.iterdir())
    assert tree.run() == BUILT
    assert sorted((path, path.stat().st_mtime_ns) for path in tree.built.iterdir()) == before
    tree.built.chmod(0o755)


@pytest.mark.parametrize("which", ["library", "manifest", "built"])
def test_what_others_can_write_is_not_loaded(which: str, tree: Tree) -> None:
    """A file or folder that everybody can write to is not trusted with machine code."""
    path: Path = getattr(tree, which)
    path.chmod(path.stat().st_mode | 0o002)
    assert_compiled(tree, f"{path} can be changed by other users")


@only_root
@pytest.mark.parametrize("which", ["library", "manifest", "built", "root"])
def test_what_belongs_to_others_is_not_loaded(which: str, tree: Tree) -> None:
    """An owner can always write to what is his."""
    path: Path = getattr(tree, which)
    os.chown(path, 12_345, 0)
    assert_compiled(tree, f"{path} can be changed by other users")


@only_root
def test_a_group_may_write_if_it_is_nobody_else(tree: Tree) -> None:
    """Where each user has a group of his own, files that it can write to are his alone."""
    tree.library.chmod(0o664)
    os.chown(tree.library, 0, 0)
    assert other_writer(tree.library) is None
    os.chown(tree.library, 0, 12_345)
    assert other_writer(tree.library) == tree.library


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("others_can_write", [False, True])
def test_planted_code_never_runs(others_can_write: bool, tree: Tree) -> None:
    """A library that somebody put in a shared folder is not even opened."""
    source = tree.root / "planted.c"
    source.write_text(
        "#include <stdio.h>\n"
        f'__attribute__((constructor)) void run(void) {{ fclose(fopen("{tree.root}/ran", "w")); }}'
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tree.library, source], check=True)
    described = json.loads(tree.manifest.read_text())
    described["digest"] = digest(tree.library.read_bytes())
    tree.manifest.write_text(json.dumps(described))
    if others_can_write:
        tree.built.chmod(0o777)
        assert_compiled(tree, "can be changed by other users")
    else:
        tree.python("-c", "from synth.weighing import main; main()")
    assert (tree.root / "ran").exists() is not others_can_write


def test_versions_keep_their_own_code(tree: Tree, tmp_path: Path) -> None:
    """Another version beside this one, built and run, takes nothing from it."""
    other = tree.copy(tmp_path / "other")
    other.kernels.write_text(KERNELS.replace("k + STEP", "k + 2 * STEP"))
    other.build()
    assert other.run()[0] == "2 [0.0, 6.5, 11.5] 1.0 False"
    assert tree.run() == BUILT


def test_without_library_and_numba_one_line_says_what_to_do(tree: Tree) -> None:
    """There is nothing to run: the error names the file and the way out."""
    tree.library.write_bytes(b"")
    done = tree.python(
        "-c", "import sys; sys.modules['numba'] = None; from synth.weighing import main; main()"
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == (
        f"synth.errors.SynthError: {tree.library} is damaged; reinstall chipgen, or install numba"
    )
