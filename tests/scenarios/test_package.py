"""The wheel holds all a user needs, and the import contract between the houses is kept."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.installs import ROOT, link_packages

MOST_MB = 250


@pytest.fixture(scope="module")
def installed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which a freshly built wheel was unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(folder), str(ROOT)],
        check=True,
    )  # fmt: skip
    (wheel,) = folder.glob("chipgen-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_works_far_from_the_repository(installed_wheel: Path, tmp_path: Path) -> None:
    """Installed elsewhere, chipgen composes, finds its presets and weights, and writes sound."""
    environment = {**os.environ, "PYTHONPATH": str(installed_wheel)}
    script = (
        "import chipgen, synth, sys\n"
        f"assert chipgen.__file__.startswith({str(installed_wheel)!r}), chipgen.__file__\n"
        "sys.argv = ['chipgen', *sys.argv[1:]]\n"
        "from chipgen.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "render", "example:seed", "-o",
         "out.wav", "--bars", "2"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 generated" in done.stderr
    assert (tmp_path / "out.wav").stat().st_size > 100_000


def test_the_wheel_says_it_is_typed_and_licensed(installed_wheel: Path) -> None:
    """Type checkers of users see our types, and the licence travels along."""
    for package in ("chipgen", "synth"):
        assert (installed_wheel / package / "py.typed").exists()
    assert list(installed_wheel.glob("chipgen-*.dist-info/licenses/LICENSE"))


def test_the_wheel_writes_two_packages(installed_wheel: Path) -> None:
    """No other top-level name is written; the timbres and the example seeds lie inside."""
    names = {path.name for path in installed_wheel.iterdir() if path.suffix != ".dist-info"}
    assert names == {"chipgen", "synth"}
    for source, installed in (
        (ROOT / "presets", installed_wheel / "synth" / "presets"),
        (ROOT / "examples", installed_wheel / "chipgen" / "examples"),
    ):
        files = [path for path in installed.rglob("*") if path.is_file()]
        found = {str(path.relative_to(installed)): path.read_bytes() for path in files}
        assert found
        assert all((source / name).read_bytes() == data for name, data in found.items())
    assert (installed_wheel / "synth" / "presets" / "plain.yaml").is_file()


def test_an_install_without_extras_is_small(installed_wheel: Path, tmp_path: Path) -> None:
    """The wheel and all packages that it needs take at most 250 MB of a disk."""
    packages = link_packages(tmp_path / "packages")
    roots = [installed_wheel, *(path.resolve() for path in packages.iterdir())]
    files = [path for root in roots for path in (root.rglob("*") if root.is_dir() else [root])]
    used = sum(path.lstat().st_blocks * 512 for path in files)
    assert used < MOST_MB * 1e6
