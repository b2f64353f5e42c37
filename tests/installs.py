"""Folders of packages as an installation has them, made of links to those that are here."""

import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def link_packages(folder: Path, *extras: str) -> Path:
    """Link what the project needs with some extras, and what that needs, and nothing else.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If one of these packages is not installed here.
    """
    folder.mkdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    for extra in extras:
        waiting += [Requirement(text) for text in project["optional-dependencies"][extra]]
    done = set()
    while waiting:
        requirement = waiting.pop()
        key = requirement.name, tuple(sorted(requirement.extras))
        if key in done:
            continue
        done.add(key)
        if requirement.name == project["name"]:
            for extra in requirement.extras:
                texts = project["optional-dependencies"][extra]
                waiting += [Requirement(text) for text in texts]
            continue
        distribution = metadata.distribution(requirement.name)
        _link(distribution, folder)
        for text in distribution.requires or ():
            needed = Requirement(text)
            markers = [{"extra": name} for name in ("", *requirement.extras)]
            if needed.marker is None or any(needed.marker.evaluate(m) for m in markers):
                waiting.append(needed)
    return folder


def _link(distribution: metadata.Distribution, folder: Path) -> None:
    for name in {path.parts[0] for path in distribution.files or ()} - {"..", "__pycache__"}:
        link = folder / name
        if not link.exists():
            link.symlink_to(Path(str(distribution.locate_file(name))).resolve())


def run_python(packages: Path, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run Python with the project and these packages alone."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(packages), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-S", "-P", *arguments], cwd=cwd, env=environment, capture_output=True,
        text=True, check=False, timeout=600,
    )  # fmt: skip
