"""The wheel brings the seeds."""

import tomllib
from pathlib import Path

from chipgen.studio.examples import EXAMPLES

ROOT = Path(__file__).parents[2]


def test_the_wheel_brings_the_seeds() -> None:
    """Each example that the page offers is packed where the installed studio looks for it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for name in EXAMPLES:
        assert (ROOT / "examples" / f"{name}.mid").is_file()
        assert packed[f"examples/{name}.mid"] == f"chipgen/examples/{name}.mid"
