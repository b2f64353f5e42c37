"""`import chipgen`: light, typed, and nothing private in sight."""

import ast
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
    assert listed == sorted(name for name in chipgen.__all__ if name != "__version__")
    for name in listed:
        assert getattr(chipgen, name) is not None
    stub = ast.parse((ROOT / "__init__.pyi").read_text())
    stubbed = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom)
               for alias in node.names}  # fmt: skip
    assert stubbed == set(listed)
    assert (ROOT / "py.typed").exists()


def test_functions_stay_where_packages_have_their_names() -> None:
    """`chipgen.compose` is the function, before and after the package inside is imported."""
    script = (
        "import chipgen, chipgen.compose, chipgen.arrange\n"
        "from chipgen.compose.dispatch import make_piece\n"
        "import chipgen.arrange.arranger\n"
        "assert chipgen.compose.__name__ == 'compose', chipgen.compose\n"
        "assert callable(chipgen.arrange) and callable(chipgen.compose)\n"
        "from chipgen import compose\n"
        "assert compose is chipgen.compose\n"
        "print('right')\n"
    )
    assert in_fresh_python(script) == "right"
