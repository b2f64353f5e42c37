"""The compiled chip starts quickly, says so when it cannot, and is never older than its sources."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth.chip import blocks, compiled, stream


def imported_by(statement: str) -> set[str]:
    """Return the modules that a fresh process has after a statement."""
    script = f"{statement}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def test_logs_need_no_compiler() -> None:
    """Register logs and hardware tables come without numba, which takes time to import."""
    modules = imported_by("import synth.chip.registers, synth.chip.hardware")
    assert "numba" not in modules


def test_chip_starts_without_linear_algebra() -> None:
    """Neither import nor first samples load SciPy's linear algebra, which numba asks for."""
    modules = imported_by("import synth.chip.stream\nsynth.chip.stream.AudioStream().read(10)")
    assert "numba" in modules
    assert "scipy.linalg" not in modules


def test_other_users_of_numba_miss_nothing() -> None:
    """Functions of numba that need SciPy's linear algebra still compile afterwards."""
    script = (
        "import synth.chip.stream, numba, numpy as np\n"
        "print(numba.njit(lambda a: np.cov(a))(np.eye(3)).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "(3, 3)"


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
    made = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True, text=True, check=True, timeout=300, env=os.environ | settings,
            cwd=Path(__file__).parents[1],
        ).stdout
        for settings in ({}, plain)
    ]  # fmt: skip
    assert len(made[0]) == 65
    assert made[0] == made[1]


def test_stored_code_is_named_after_all_sources() -> None:
    """Machine code is found again only as long as no file of the chip has changed."""
    files = blocks.render_frames._cache._cache_file
    stamp = compiled._source_stamp(frozenset({compiled._CHIP}))
    assert files._index_name.startswith(stamp)
    assert files._data_name_pattern.startswith(stamp)
    assert files._source_stamp == stamp


@pytest.mark.parametrize(("takes_s", "said"), [(0.0, ""), (0.3, stream._COMPILE_NOTICE + "\n")])
def test_a_long_compilation_is_announced_once(
    takes_s: float, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on standard error if compiling takes a while, none if it does not."""

    class Slow:
        def _render(self, _: object) -> None:
            time.sleep(takes_s)

    monkeypatch.setattr(stream, "AudioStream", Slow)
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


def test_code_finds_a_place_without_a_home_folder(tmp_path: Path) -> None:
    """Where neither the package nor a home can be written, code is kept in a folder of one's own.

    Somebody else's folder, or one that others may write to, is not trusted with it.
    """
    script = (
        "import numba.core.caching as caching, tempfile\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "caching.CacheImpl._locator_classes = [caching.UserProvidedCacheLocator]\n"
        "from synth.chip.compiled import compiled_entry\n"
        "def double(x: int) -> int:\n"
        "    return 2 * x\n"
        "double.__code__ = double.__code__.replace(co_filename=sys_file)\n"
        "print(compiled_entry(double)(21))\n"
    ).replace("sys_file", repr(str(Path(compiled.__file__).with_name("mixer.py"))))
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "42\n"
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.rglob("*.nbc"))
    for stored in folder.rglob("*.nb?"):
        stored.unlink()
    folder.chmod(0o777)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "42\n"
    assert not list(folder.rglob("*.nbc"))
