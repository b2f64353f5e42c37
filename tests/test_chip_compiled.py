"""The compiled chip starts quickly, says so when it cannot, and is never older than its sources."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from synth.chip import lanes, machinecode, stream
from synth.chip.blocks import render_frames
from synth.chip.compiled import compiled_entry
from synth.chip.filters import design_filter, parallel_form, settled_states
from synth.chip.stream import AudioStream

ENTRY = """
import sys
from typing import Any

from synth.chip.compiled import compiled, compiled_entry


@compiled
def weight(k: int) -> int:
    return k + 1


@compiled_entry(rows="float64[:,:]", sums="float64[:]")
def weigh(rows: Any, first: int, sums: Any) -> int:
    for row in range(first, rows.shape[0]):
        for column in range(rows.shape[1]):
            sums[row] += weight(column) * rows[row, column]
    return rows.shape[0] - first


if __name__ == "__main__":
    import numpy as np

    sums = np.zeros(3)
    print(weigh(np.arange(6.0).reshape(3, 2), 1, sums), sums.tolist(), "numba" in sys.modules)
"""
WEIGHED = "2 [0.0, 8.0, 14.0]"


def run_python(*arguments: str, **settings: str) -> str:
    """Run Python, from the repository's folder, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=300,
        env=os.environ | settings, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    return done.stdout


def modules_after(statement: str) -> set[str]:
    """Return the modules that a fresh process has after a statement."""
    return set(run_python("-c", f"{statement}\nimport sys\nprint(' '.join(sys.modules))").split())


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a file with an entry of its own, and nothing compiled."""
    path = tmp_path / "sources" / "weighing.py"
    path.parent.mkdir()
    path.write_text(ENTRY)
    return path


def run_entry(script: Path, folder: Path) -> str:
    """Run the entry in a fresh process that keeps its code in a folder."""
    return run_python(str(script), NUMBA_CACHE_DIR=str(folder), PYTHONPATH=str(Path.cwd())).strip()


def test_logs_need_no_compiler() -> None:
    """Register logs and hardware tables come without LLVM, which takes time to import."""
    modules = modules_after("import synth.chip.registers, synth.chip.hardware")
    assert not modules & {"numba", "llvmlite"}


def test_the_chip_starts_without_numba() -> None:
    """Once compiled, first samples need neither numba nor SciPy."""
    AudioStream().read(1)
    modules = modules_after("from synth.chip.stream import AudioStream\nAudioStream().read(10)")
    assert "llvmlite" in modules
    assert not modules & {"numba", "scipy"}


def test_other_users_of_numba_miss_nothing() -> None:
    """Functions of numba that need SciPy's linear algebra still compile after ours."""
    script = (
        "from synth.chip import compiling; compiling._numba()\n"
        "import numba, sys, numpy as np\n"
        "assert 'scipy.linalg' not in sys.modules\n"
        "print(numba.njit(lambda a: np.cov(a))(np.eye(3)).shape)"
    )
    assert run_python("-c", script).strip() == "(3, 3)"


def test_every_processor_makes_the_same_samples(tmp_path: Path) -> None:
    """Compiled for this machine's vectors or for the plainest of its kind: the same bits."""
    script = (
        "import hashlib\n"
        "from benchmarks.chip_speed import busy_song\n"
        "from synth.chip.stream import render\n"
        "print(hashlib.sha256(render(busy_song(5.0)).tobytes()).hexdigest())\n"
    )
    plain = {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    made = [run_python("-c", script, **settings) for settings in ({}, plain)]
    assert len(made[0]) == 65
    assert made[0] == made[1]
    (stored,) = tmp_path.glob(f"*{machinecode.SUFFIX}")
    assert stored.name != machinecode.stored_name(render_frames)


def test_code_is_compiled_once_and_loaded_without_numba(script: Path, tmp_path: Path) -> None:
    """What one process compiled the next one loads, with the same results."""
    assert run_entry(script, tmp_path) == f"{WEIGHED} True"
    assert len(list(tmp_path.glob("weighing.weigh-*"))) == 1
    assert run_entry(script, tmp_path) == f"{WEIGHED} False"


def test_code_is_never_older_than_its_sources(script: Path, tmp_path: Path) -> None:
    """A change of the source is compiled, and what the older one left is removed."""
    run_entry(script, tmp_path)
    script.write_text(ENTRY.replace("k + 1", "k + 2"))
    assert run_entry(script, tmp_path) == "2 [0.0, 13.0, 23.0] True"
    assert len(list(tmp_path.glob("weighing.weigh-*"))) == 1


def test_damaged_code_is_compiled_anew(script: Path, tmp_path: Path) -> None:
    """Stored code that is empty or changed by one bit is not run."""
    run_entry(script, tmp_path)
    (stored,) = tmp_path.glob("weighing.weigh-*")
    whole = stored.read_bytes()
    for damaged in (b"", whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:]):
        stored.write_bytes(damaged)
        assert run_entry(script, tmp_path) == f"{WEIGHED} True"
        assert len(stored.read_bytes()) == len(whole)
    assert run_entry(script, tmp_path) == f"{WEIGHED} False"


def test_processes_may_compile_at_the_same_time(script: Path, tmp_path: Path) -> None:
    """Two that find nothing stored both compile; either's code is whole, and there is one."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    both = [
        subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment)
        for _ in range(2)
    ]
    assert {process.communicate(timeout=120)[0].decode().strip() for process in both} <= {
        f"{WEIGHED} True", f"{WEIGHED} False",
    }  # fmt: skip
    assert [path.suffix for path in tmp_path.iterdir() if path.is_file()] == [machinecode.SUFFIX]
    assert run_entry(script, tmp_path) == f"{WEIGHED} False"


def test_code_is_named_after_machine_settings_and_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another processor, numba setting or source has code of its own."""
    name = machinecode.stored_name(render_frames)
    assert name.startswith("blocks.render_frames-")
    machinecode._machine_stamp.cache_clear()
    monkeypatch.setenv("NUMBA_OPT", "1")
    try:
        other = machinecode.stored_name(render_frames)
    finally:
        monkeypatch.undo()
        machinecode._machine_stamp.cache_clear()
    assert other.split("-")[2] == name.split("-")[2]
    assert other.split("-")[1] != name.split("-")[1]
    assert machinecode.stored_name(render_frames) == name
    source = tmp_path / "a.py"
    stamps = set()
    for text in ("a", "b"):
        source.write_text(text)
        machinecode._source_stamp.cache_clear()
        stamps.add(machinecode._source_stamp(frozenset((tmp_path,))))
    assert len(stamps) == 2


@pytest.mark.parametrize(
    "rows",
    [np.zeros((2, 2), dtype=np.float32), np.zeros(4), np.zeros((2, 4))[:, ::2]],
    ids=["type", "axes", "gaps"],
)
def test_an_entry_refuses_what_it_was_not_compiled_for(rows: np.ndarray) -> None:
    """Machine code trusts its addresses, so other types, axes or gaps are an error before it."""

    def count(rows: np.ndarray) -> int:
        return len(rows)

    with pytest.raises(TypeError, match="no contiguous float64"):
        compiled_entry(rows="float64[:,:]")(count)(rows)


def test_vectors_do_what_their_python_does() -> None:
    """The loops written in LLVM's vectors agree with the same in Python, bit for bit."""
    from synth.chip import compiling

    numba = compiling._numba()
    kinds = numba.types
    random = np.random.default_rng(5)
    stages = design_filter("nes", 44_100)
    table = parallel_form(stages)
    source = random.standard_normal(80)
    made = []
    vector = kinds.Array(kinds.float64, 1, "C")
    samples = kinds.Array(kinds.float32, 1, "C")
    signature = kinds.void(vector, kinds.int64, vector, vector, kinds.float64, samples)
    filter_groups = lanes.filter_groups

    def run(source, groups, table, states, rounding, out):  # type: ignore[no-untyped-def]
        filter_groups(source, groups, table, states, rounding, out)

    for function in (run, numba.njit(signature)(run)):
        states = settled_states(stages, 0.25) + 0.125
        out = np.zeros(80, dtype=np.float32)
        function(source, 10, table, states, 1.5 * 2.0**29, out)
        made.append((out.tobytes(), states.tobytes()))
    assert made[0] == made[1]
    assert np.ptp(np.frombuffer(made[0][0], dtype=np.float32)) > 0.1


@pytest.mark.parametrize(("takes_s", "said"), [(0.0, ""), (0.3, stream._COMPILE_NOTICE + "\n")])
def test_a_long_compilation_is_announced_once(
    takes_s: float, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on standard error if compiling takes a while, none if it does not."""

    class Slow:
        @staticmethod
        def load() -> None:
            time.sleep(takes_s)

    monkeypatch.setattr(stream, "render_frames", Slow)
    monkeypatch.setattr(stream, "_NOTICE_AFTER_S", 0.1)
    stream._prepare.cache_clear()
    try:
        stream._prepare()
        stream._prepare()
    finally:
        stream._prepare.cache_clear()
    output = capsys.readouterr()
    assert output.err == said
    assert output.out == ""


def test_code_finds_a_place_without_a_home_folder(script: Path, tmp_path: Path) -> None:
    """Where neither the package nor a home can be written, code is kept in a folder of one's own.

    Somebody else's folder, or one that others may write to, is not trusted with it.
    """
    unwritable = tmp_path / "file"
    unwritable.touch()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    launcher = (
        "import pathlib, runpy, sys\n"
        "from synth.chip import machinecode\n"
        f"machinecode._CACHE = pathlib.Path({str(unwritable)!r})\n"
        f"runpy.run_path({str(script)!r}, run_name='__main__')\n"
    )
    settings = {"XDG_CACHE_HOME": str(unwritable), "TMPDIR": str(temporary)}
    assert run_python("-c", launcher, **settings).strip() == f"{WEIGHED} True"
    (folder,) = temporary.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert run_python("-c", launcher, **settings).strip() == f"{WEIGHED} False"
    folder.chmod(0o777)
    assert run_python("-c", launcher, **settings).strip() == f"{WEIGHED} True"
