"""Finds the files that are shipped with the packages."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path


def shipped_folder(package: str, name: str) -> Traversable:
    """Return a folder that the wheel installs inside a package (see ``pyproject.toml``).

    In a checkout, and so after an editable install, it is the repository's folder of that name.

    Examples
    --------
    >>> shipped_folder("synth", "presets").joinpath("plain.yaml").is_file()
    True
    """
    inside = resources.files(package) / name
    return inside if inside.is_dir() else Path(__file__).parents[1] / name
