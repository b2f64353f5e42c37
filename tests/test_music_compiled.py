"""Functions of the music house are compiled when they are called, and numba loaded no sooner."""

import subprocess
import sys
from pathlib import Path


def modules_after(statement: str) -> set[str]:
    """Return the modules that a fresh process has after a statement."""
    script = f"{statement}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def test_the_pipeline_is_imported_without_numba() -> None:
    """What plays a song as it is needs no compiler, which takes longer to import than to play."""
    assert not modules_after("import chipgen.app.pipeline") & {"numba", "torch", "scipy"}


def test_rendering_a_song_as_it_is_loads_no_numba(tmp_path: Path) -> None:
    """A whole `render --as-is`, to its file, runs on stored machine code alone."""
    from synth.chip.stream import AudioStream

    AudioStream().read(1)  # compiled and stored, if it was not
    seed = Path(__file__).parents[1] / "examples" / "seed.mid"
    command = ["render", str(seed), "-o", str(tmp_path / "out.wav"), "--as-is"]
    statement = (
        f"import contextlib, sys\nsys.argv = ['chipgen', *{command!r}]\n"
        "from chipgen.cli.main import main\nwith contextlib.suppress(SystemExit):\n    main()"
    )
    assert not modules_after(statement) & {"numba", "torch"}
    assert (tmp_path / "out.wav").stat().st_size > 1_000_000


def test_compiled_functions_call_each_other() -> None:
    """A function compiled by another's call gives what Python gives."""
    script = (
        "import sys\n"
        "from chipgen.music.compiled import njit\n"
        "@njit(cache=False)\n"
        "def double(x: int) -> int:\n"
        "    return 2 * x\n"
        "@njit(cache=False)\n"
        "def add(n: int) -> int:\n"
        "    total = 0\n"
        "    for k in range(n):\n"
        "        total += double(k)\n"
        "    return total\n"
        "assert 'numba' not in sys.modules\n"
        "print(add(5), double(4), 'numba' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["20", "8", "True"]
