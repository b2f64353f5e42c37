"""`import chipgen`: light, typed, and nothing private in sight."""

import ast
import builtins
import subprocess
import sys
from pathlib import Path

import chipgen

ROOT = Path(chipgen.__file__).parent


def in_fresh_python(script: str) -> str:
    """Return what a script prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_nothing_is_loaded_before_it_is_used() -> None:
    """Importing costs no library, and neither does listing the names."""
    loaded = in_fresh_python("import sys, chipgen; dir(chipgen); print(*sys.modules)").split()
    assert not {"numpy", "pydantic", "mido", "torch", "soundfile", "chipgen.api"} & set(loaded)


def test_nothing_private_leaks() -> None:
    """What is listed is what is meant, each can be had, and the stub says the same."""
    listed = [name for name in dir(chipgen) if not name.startswith("__")]
    assert {*listed, "__version__"} == {*chipgen.__all__, "open"}
    for name in listed:
        assert getattr(chipgen, name) is not None
    stub = ast.parse((ROOT / "__init__.pyi").read_text())
    stubbed = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom)
               for alias in node.names}  # fmt: skip
    assert stubbed == set(listed)
    assert (ROOT / "py.typed").exists()


def test_no_package_has_the_name_of_a_function() -> None:
    """So `import chipgen.x.y as z` works, whatever was imported or called before."""
    packages = {path.stem for path in ROOT.iterdir()}
    assert not packages & set(chipgen.__all__), "a function hides the package"


def test_python_s_own_names_stay() -> None:
    """`from chipgen import *` shadows nothing that Python has."""
    assert not set(chipgen.__all__) & set(vars(builtins))
