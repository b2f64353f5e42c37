"""Modules of the page, run by Node instead of a browser."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "chipgen" / "studio" / "page"
NODE = shutil.which("node")


def told_by(script: str, modules: tuple[str, ...], folder: Path) -> Any:
    """Return the JSON that a script writes, run beside some of the page's modules."""
    if NODE is None:
        pytest.skip("needs Node")
    for name in modules:
        shutil.copy(PAGE / name, folder / name)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "main.js").write_text(script)
    done = subprocess.run(
        [NODE, "main.js"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
