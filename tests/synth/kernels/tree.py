"""A package of two kernels, and all that it takes to build and run them, in a folder of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import synth.kernels

CONSTANTS: Final = "STEP = 1\n"
KERNELS: Final = '''"""Weighs rows."""

import sys
from typing import Any

import numpy as np

from synth.constants import STEP
from synth.kernels import compiled, kernel


@compiled
def weight(k: int) -> int:
    """Return a column's weight."""
    return k + STEP


@kernel(rows="float64[:,:]", sums="float64[:]")
def weigh(rows: Any, first: int, factor: float, sums: Any) -> int:
    for row in range(first, rows.shape[0]):
        for column in range(rows.shape[1]):
            sums[row] += factor * weight(column) * rows[row, column]
    return rows.shape[0] - first


@kernel(rows="float64[:,:]")
def half(rows: Any, place: int) -> float:
    return rows[place, 0] / 2.0


def main() -> None:
    sums = np.zeros(3)
    rows = np.arange(6.0).reshape(3, 2)
    print(weigh(rows, 1, 0.5, sums), sums.tolist(), half(rows, 1), "numba" in sys.modules)
'''
WEIGHED: Final = "2 [0.0, 4.0, 7.0] 1.0"


@dataclass(frozen=True, slots=True)
class Tree:
    """The folder."""

    root: Path

    @property
    def kernels(self) -> Path:
        """The module of the kernels."""
        return self.root / "synth" / "weighing.py"

    @property
    def built(self) -> Path:
        """Where the library is built."""
        return self.root / "synth" / "kernels" / "built"

    @property
    def library(self) -> Path:
        """The one library."""
        (library,) = self.built.glob("*.so")
        return library

    @property
    def manifest(self) -> Path:
        """The one manifest."""
        (manifest,) = self.built.glob("*.json")
        return manifest

    def python(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the folder."""
        return subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=300,
            env=os.environ | {"PYTHONPATH": str(self.root)} | settings, cwd=self.root,
        )  # fmt: skip

    def build(self) -> str:
        """Build the library, and return its name."""
        done = self.python("-m", "synth.kernels.build")
        assert done.returncode == 0, done.stderr
        return self.library.name

    def run(self, **settings: str) -> tuple[str, str]:
        """Run the kernels; return what is printed and what is said on standard error."""
        done = self.python("-c", "from synth.weighing import main; main()", **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), done.stderr

    def copy(self, root: Path) -> "Tree":
        """Return another of these, as it is now."""
        shutil.copytree(self.root, root)
        return Tree(root)


def plant(root: Path, source: str = KERNELS) -> Tree:
    """Write the package; nothing is built."""
    tree = Tree(root)
    package = root / "synth"
    shutil.copytree(
        Path(synth.kernels.__file__).parent, package / "kernels",
        ignore=shutil.ignore_patterns("built", "__pycache__"),
    )  # fmt: skip
    (package / "__init__.py").touch()
    shutil.copy(Path(synth.kernels.__file__).parents[1] / "errors.py", package)
    (package / "constants.py").write_text(CONSTANTS)
    tree.kernels.write_text(source)
    return tree
