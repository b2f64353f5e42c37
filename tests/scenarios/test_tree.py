"""The tree is as the documents describe it: modules, packages, and the tests that mirror them."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from benchmarks.module_lists import LIST, PACKAGES, ROOT, module_lists, package_folders

LEAST_MIRRORED = 0.7
ARCHITECTURE = ROOT / "docs" / "architecture.md"


def modules() -> Iterator[Path]:
    """Yield all modules of the two packages, as paths from the root."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name not in ("__init__.py", "__main__.py"):
                yield path.relative_to(ROOT)


def holds_logic(module: Path) -> bool:
    """Return whether a module defines a function or a method."""
    tree = ast.parse((ROOT / module).read_text())
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


def mirror_of(module: Path) -> Path:
    """Return where a module's tests belong.

    Those of ``chipgen/a/b.py`` are in ``tests/a/test_b.py``, those of ``synth/a/b.py`` in
    ``tests/synth/a/test_b.py``.
    """
    inside = module.relative_to("chipgen") if module.parts[0] == "chipgen" else module
    return Path("tests") / inside.with_name(f"test_{module.name}")


def imports_of(path: Path, seen: set[str]) -> set[str]:
    """Return the modules that a test file imports, itself or through helpers of the tests."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in set(names) - seen:
            seen.add(name)
            helper = Path(*name.split(".")).with_suffix(".py")
            if name.startswith("tests.") and (ROOT / helper).exists():
                imports_of(helper, seen)
    return seen


def is_tested(module: Path) -> bool:
    """Return whether a module has tests in its place that use its package, or run its command."""
    test = mirror_of(module)
    if not (ROOT / test).exists() or "\ndef test_" not in (ROOT / test).read_text():
        return False
    package = ".".join(module.parent.parts)
    face = "tests.commandline" if package == "chipgen.cli" else package
    return any(
        name == package or name.startswith((f"{package}.", face))
        for name in imports_of(test, set())
    )


def test_most_modules_have_tests_where_they_are_looked_for() -> None:
    """At least 70 % of the modules that hold logic have a test file of their own in its place."""
    logic = [module for module in modules() if holds_logic(module)]
    missing = [str(module) for module in logic if not is_tested(module)]
    mirrored = 1 - len(missing) / len(logic)
    assert mirrored >= LEAST_MIRRORED, f"{mirrored:.0%}; without tests: " + ", ".join(missing)


def test_no_test_lies_in_the_open() -> None:
    """Test files are in folders, but for those of chipgen's own modules and of tests' helpers."""
    top = {module.name for module in modules() if len(module.parts) == 2}
    top |= {path.name for path in (ROOT / "tests").glob("*.py")} | {"init.py"}  # of the package
    for path in (ROOT / "tests").glob("test_*.py"):
        assert path.name.removeprefix("test_") in top, f"{path.name} has no module to mirror"


def test_the_list_of_modules_is_the_code() -> None:
    """docs/modules.md is up to date; `python -m benchmarks.module_lists` writes it."""
    assert LIST.read_text() == module_lists()


def test_every_module_says_what_it_does() -> None:
    """The first line of a module's docstring is one sentence."""
    for module in modules():
        text = ast.get_docstring(ast.parse((ROOT / module).read_text())) or ""
        assert text.split("\n\n")[0].endswith((".", "):")), module


def test_architecture_names_every_package_and_no_other() -> None:
    """The drawing of the packages has those that exist."""
    text = ARCHITECTURE.read_text()
    block = re.search(r"<!-- packages -->\n+```\n(.*?)```", text, re.DOTALL)
    assert block, "the drawing follows the mark <!-- packages -->"
    drawn: set[str] = set()
    top = ""
    for indent, name in re.findall(r"^( *)([a-z_]+)/", block[1], re.MULTILINE):
        top = top if indent else name
        drawn.add(f"{top}/{name}" if indent else name)
    real = {folder.relative_to(ROOT).as_posix() for folder in package_folders()}
    assert drawn == {name for name in real if name.count("/") < 2}


def test_architecture_names_every_shared_module() -> None:
    """The table of what lies beside the packages has those modules, and no other."""
    table = ARCHITECTURE.read_text().partition("<!-- shared modules -->")[2].partition("\n\n`")[0]
    named = set(re.findall(r"`((?:chipgen|synth)/\w+\.py)`", table.partition("\n\nPackages")[0]))
    assert named == {module.as_posix() for module in modules() if len(module.parts) == 2}


def test_architecture_names_every_folder_of_the_repository() -> None:
    """The first table has all folders that hold code, music or documents."""
    named = set(re.findall(r"^\| `(\w+)/` \|", ARCHITECTURE.read_text(), re.MULTILINE))
    real = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name.isidentifier()}
    assert named <= real
    assert {*PACKAGES, "presets", "tests", "examples", "benchmarks", "docs"} <= named
    built = {"build", "dist", "runs", "site"}  # by commands, outside of the repository
    for name in real - named - built:
        assert not any((ROOT / name).rglob("*.py")), f"{name}/ holds code and is not in the table"


def test_layers_are_those_of_the_import_contract() -> None:
    """The drawing of the layers is what `lint-imports` checks, in the same order."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    drawn = ARCHITECTURE.read_text().partition("<!-- layers -->")[2].split("```")[1].strip()
    for line in drawn.splitlines():
        package, _, order = line.partition(":")
        layers = [layer.strip() for layer in order.split(">")]
        assert layers in [
            [re.sub(rf"[()]|{package}\.", "", layer) for layer in contract["layers"]]
            for contract in contracts["contracts"]
            if contract["type"] == "layers"
        ], package


def test_paths_in_architecture_exist() -> None:
    """Every path that the document names is there, from the root or from one of the packages."""
    text = ARCHITECTURE.read_text()
    inside = [folder.relative_to(ROOT).as_posix() for folder in package_folders()]
    named = set(re.findall(r"`((?:[\w.]+/)*\w+\.(?:py|md|toml|yaml|js|s))`", text))
    named |= set(re.findall(r"`((?:chipgen|synth|tests|benchmarks|docs)/[\w./-]+)`", text))
    assert len(named) > 20
    for path in named:
        places = [ROOT / folder / path for folder in ("", *inside)]
        assert any(place.exists() for place in places), path


def test_names_in_architecture_exist() -> None:
    """Every dotted name of our code in the document can be imported, or is in such a module."""
    for name in re.findall(r"`((?:chipgen|synth)(?:\.\w+)+)`", ARCHITECTURE.read_text()):
        module, _, attribute = name.rpartition(".")
        try:
            importlib.import_module(name)
        except ImportError:
            assert hasattr(importlib.import_module(module), attribute), name
