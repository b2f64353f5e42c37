"""Writes docs/modules.md, the list of all modules, from their docstrings.

python -m benchmarks.module_lists
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LIST: Final = ROOT / "docs" / "modules.md"
PACKAGES: Final = ("chipgen", "synth")
_HEAD: Final = """# All modules

`python -m benchmarks.module_lists` writes this list from the modules' docstrings; a test fails
where it is out of date. [architecture.md](architecture.md) says how packages depend on each other.
"""


def main() -> None:
    """Write the list."""
    LIST.write_text(module_lists())


def module_lists() -> str:
    """Return the text of docs/modules.md."""
    sections = [_HEAD]
    for folder in package_folders():
        rows = [
            f"| `{path.name}` | {first_line(path)} |"
            for path in sorted(folder.glob("*.py"))
            if path.name != "__init__.py"
        ]
        name = folder.relative_to(ROOT).as_posix()
        sections.append(f"## `{name}/`\n\n{first_line(folder / '__init__.py')}\n")
        if rows:
            sections.append("\n".join(["| module | what it does |", "| --- | --- |", *rows, ""]))
    return "\n".join(sections)


def package_folders() -> Iterator[Path]:
    """Yield the folders of all packages, each before those inside it."""
    for package in PACKAGES:
        yield from sorted(path.parent for path in (ROOT / package).rglob("__init__.py"))


def first_line(path: Path) -> str:
    """Return the first paragraph of a module's docstring in one line."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
