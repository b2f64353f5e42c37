"""The same input gives the same bytes whatever the machine does: hashes, threads, processors."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"
SURROUNDINGS = {
    "plain": {},
    "hashes": {"PYTHONHASHSEED": "12345"},
    "threads": {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "PYTHONHASHSEED": "1"},
    "an old processor": {"CHIPGEN_KERNELS": "baseline", "OPENBLAS_CORETYPE": "Prescott"},
    "a newer processor": {"CHIPGEN_KERNELS": "x86_64_v3", "OPENBLAS_CORETYPE": "Haswell"},
    "NumPy without vectors": {"NPY_DISABLE_CPU_FEATURES": "AVX2 AVX512F FMA3"},
}


def make(folder: Path, surroundings: dict[str, str]) -> dict[str, str]:
    """Compose a bar and write it as notes, sound and writes; return the files' digests."""
    folder.mkdir()
    for words in (
        ("generate", SEED, "-o", "take.mid", "--bars", "1"),
        ("render", "take.mid", "-o", "take.wav", "--as-is", "--rate", "8000"),
        ("export", "take.mid", "-o", "take.vgm"),
    ):
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "chipgen", *map(str, words)],
            cwd=folder, env={**os.environ, **surroundings}, check=True, capture_output=True,
            timeout=600,
        )  # fmt: skip
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a folder and what is made there without anything special."""
    folder = tmp_path_factory.mktemp("same") / "plain"
    return folder, make(folder, {})


@pytest.mark.parametrize("name", list(SURROUNDINGS)[1:])
def test_surroundings_change_no_byte(
    name: str, plain: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Neither hash seeds nor threads nor the levels of a processor are heard."""
    assert make(tmp_path / "there", SURROUNDINGS[name]) == plain[1]


def test_a_batch_makes_what_render_makes(plain: tuple[Path, dict[str, str]]) -> None:
    """One file or a folder of them: the same sound."""
    folder, made = plain
    songs = folder.parent / "songs"
    songs.mkdir()
    (songs / "take.mid").write_bytes((folder / "take.mid").read_bytes())
    subprocess.run(
        [sys.executable, "-m", "chipgen", "batch", str(songs), "-o", str(folder.parent / "out"),
         "--as-is", "--rate", "8000"],
        check=True, capture_output=True, timeout=600,
    )  # fmt: skip
    sound = (folder.parent / "out" / "take.wav").read_bytes()
    assert hashlib.sha256(sound).hexdigest() == made["take.wav"]
