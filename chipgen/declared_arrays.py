"""Reads the arrays of a safetensors file once their names, shapes and numbers are as declared."""

from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError

Shapes = Mapping[str, tuple[int, ...]]
_NUMBERS: Final = ("F32", "F16")


def read_arrays(
    path: Path, declare: Callable[[Shapes], Shapes], what: str, largest: float
) -> dict[str, NDArray[np.float32]]:
    """Read the arrays of a file, whose header says nothing, as float32.

    Parameters
    ----------
    path
        The file.
    declare
        Returns the shapes that there must be, given those that there are, from which it may take
        sizes; it may raise `KeyError` and `ValueError`.
    what
        What they are, for errors.
    largest
        No number may be greater, nor less than its negative.

    Raises
    ------
    ChipgenError
        If the file is damaged, or holds other arrays.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as archive:
            given = {
                name: tuple(archive.get_slice(name).get_shape())
                for name in archive.keys()  # noqa: SIM118 (no dict)
            }
            return read_declared(archive, declare(given), largest)
    except (SafetensorError, OSError, ValueError, TypeError, LookupError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ChipgenError(f"{path} holds no {what}, or is damaged ({reason})") from error


def read_shipped(
    package: str, name: str, declare: Callable[[Shapes], Shapes], what: str, largest: float
) -> dict[str, NDArray[np.float32]]:
    """Read weights that lie beside the modules of a package, as `read_arrays` does."""
    return read_arrays(Path(str(resources.files(package) / name)), declare, what, largest)


def read_declared(archive: Any, shapes: Shapes, largest: float) -> dict[str, NDArray[np.float32]]:
    """Read the arrays of an open archive, as float32.

    Raises
    ------
    ValueError
        Says what is missing, surplus, of another shape or kind, infinite or not a number.
    """
    stored = {name: archive.get_slice(name) for name in archive.keys()}  # noqa: SIM118 (no dict)
    check_shapes({name: tuple(each.get_shape()) for name, each in stored.items()}, shapes)
    arrays = {}
    for name in shapes:
        kind = stored[name].get_dtype()
        if kind not in _NUMBERS:
            raise ValueError(f"{name} holds {kind}; it may hold {', '.join(_NUMBERS)}")
        array = archive.get_tensor(name).astype(np.float32)
        if not (np.abs(array) <= largest).all():  # which nothing that is no number is
            raise ValueError(f"{name} holds numbers beyond ±{largest:g}, or what is no number")
        arrays[name] = array
    return arrays


def check_shapes(given: Shapes, declared: Shapes) -> None:
    """Check that arrays have the names and shapes that are declared, which compiled code trusts.

    Raises
    ------
    ValueError
        Names one that is missing, surplus or of another shape.
    """
    for what, found in (("lack", set(declared) - set(given)), ("add", set(given) - set(declared))):
        if found:
            raise ValueError(f"they {what} {min(found)[:60]!r}")
    for name, shape in declared.items():
        if given[name] != shape:
            raise ValueError(f"{name} has shape {given[name]} where {shape} is needed")
