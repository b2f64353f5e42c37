"""What is installed is locked whole, with hashes, and is what the project declares."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_build import KernelsHook

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))?(?: \\)?")


def pins(lock: str) -> dict[str, set[str]]:
    """Return the versions of each package in a lock; more than one where machines differ."""
    found: dict[str, set[str]] = {}
    for line in (LOCKS / lock).read_text().splitlines():
        if match := PIN.fullmatch(line):
            found.setdefault(match["name"], set()).add(match["version"])
    return found


def declared(*extras: str) -> list[Requirement]:
    """Return what the project asks for with some extras, those that they name among them."""
    table = PROJECT["project"]
    asked = [Requirement(text) for text in table["dependencies"]]
    waiting = list(extras)
    while waiting:
        for text in table["optional-dependencies"][waiting.pop()]:
            requirement = Requirement(text)
            if requirement.name == table["name"]:
                waiting += requirement.extras
            else:
                asked.append(requirement)
    return asked


BUILD = [Requirement(text) for text in PROJECT["dependency-groups"]["build"]]


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("demo.txt", declared()),
        ("dev.txt", declared("dev")),
        ("lowest.txt", declared("test")),
        ("corpora.txt", declared("corpora")),
        ("build.txt", BUILD),
        ("linker.txt", [Requirement(text) for text in PROJECT["dependency-groups"]["linker"]]),
    ],
)
def test_a_lock_is_of_what_is_declared(lock: str, asked: list[Requirement]) -> None:
    """Every requirement has a version that it allows; if not, `make lock` makes the lock anew."""
    locked = pins(lock) | pins("torch.txt")
    for requirement in asked:
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{lock} lacks {requirement}"
        assert all(version in requirement.specifier for version in versions), requirement


@pytest.mark.parametrize("lock", sorted(path.name for path in LOCKS.glob("*.txt")))
def test_locks_name_files_by_their_hashes_and_no_place(lock: str) -> None:
    """Whatever index or folder a machine has, it installs the same files; torch stands apart."""
    text = (LOCKS / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^-|^[^#\s]*/", text, re.MULTILINE)
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert PIN.fullmatch(entry.splitlines()[0]), entry[:60]
        assert ("--hash=sha256:" in entry) == (lock != "torch.txt"), entry[:60]


def test_the_lowest_versions_are_the_declared_bounds() -> None:
    """What the project asks for itself is tried at the very bound."""
    locked = pins("lowest.txt")
    for requirement in declared("test"):
        bounds = {s.version for s in requirement.specifier if s.operator == ">="}
        if requirement.name != "torch":
            assert len(bounds) == 1, f"{requirement} has no lower bound"
            (version,) = locked[canonicalize_name(requirement.name)]
            assert version in Requirement(f"{requirement.name}=={bounds.pop()}").specifier


def test_users_are_kept_from_versions_that_nobody_has_tried() -> None:
    """What an installation brings has an upper bound, where a new major may break things."""
    for requirement in declared("live", "loudness", "plot", "studio", "train"):
        assert any(part.operator == "<" for part in requirement.specifier), str(requirement)


def test_what_builds_the_project_is_locked() -> None:
    """What the build system and its hook ask for is in the group that the lock is made of."""
    names = {requirement.name for requirement in BUILD}
    asked = [Requirement(text) for text in PROJECT["build-system"]["requires"]]
    hook = KernelsHook.dependencies(object.__new__(KernelsHook))
    asked += [Requirement(text) for text in hook if not text.startswith("ziglang")]
    assert {requirement.name for requirement in asked} <= names
