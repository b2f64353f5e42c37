"""Kernels are built with numpy alone, and the library needs no other."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_kernels_are_built_with_numpy_alone() -> None:
    """The build has numba and its numpy; no module with kernels may import anything else."""
    script = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        top = name.partition('.')[0]\n"
        "        if top not in sys.stdlib_module_names | {'numpy', 'synth', 'chipgen'}:\n"
        "            raise ModuleNotFoundError(f'{name} is no part of the build')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from synth.kernels.build import all_kernels\n"
        "print(*(kernel.name for kernel in all_kernels()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}\n{script}"],
        capture_output=True, text=True, check=False, timeout=300, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "synth.chip.render_block.render_frames" in done.stdout
    assert "chipgen.models.row_transformer.kernels.read_rows" in done.stdout


@pytest.mark.skipif(shutil.which("nm") is None, reason="nm (binutils) lists what code calls")
def test_the_library_needs_no_other() -> None:
    """What it calls every process has: no C library of its own, no mathematics."""
    (library,) = (ROOT / "synth" / "kernels" / "built").glob("*.so")
    done = subprocess.run(
        ["nm", "--dynamic", "--undefined-only", library], capture_output=True, text=True, check=True
    )
    called = {line.split()[-1].partition("@")[0] for line in done.stdout.splitlines()}
    assert called <= {"memset", "memcpy", "memmove"}
