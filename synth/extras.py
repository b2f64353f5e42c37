"""Optional packages: which extra installs each, and the error where one is missing.

The table repeats the extras of ``pyproject.toml`` by the names of the modules that are imported.
"""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Final

from synth.errors import SynthError

EXTRAS: Final[dict[str, tuple[str, ...]]] = {
    "cluster": ("distributed",),
    "corpora": ("music21",),
    "live": ("rtmidi",),
    "loudness": ("pyloudnorm", "scipy"),
    "plot": ("matplotlib",),
    "scores": ("music21",),
    "studio": ("fastapi", "uvicorn", "websockets"),
    "train": ("torch", "lightning_fabric", "matplotlib", "tensorboard"),
}


class MissingExtraError(SynthError, ImportError):
    """Packages are needed that are not installed, or cannot be loaded."""


def require_extra(extra: str, purpose: str, *modules: str) -> None:
    """Import the packages of an extra, before any work that needs them begins.

    Parameters
    ----------
    extra
        A key of `EXTRAS`.
    purpose
        What needs them, such as ``"training"``: the subject of the error's sentence.
    modules
        Those that are needed; all modules of the extra if none is named.

    Raises
    ------
    MissingExtraError
        If one cannot be imported: one line that names the extra.

    Examples
    --------
    >>> require_extra("plot", "drawing")
    """
    with needs_extra(extra, purpose):
        for name in modules or EXTRAS[extra]:
            importlib.import_module(name)


@contextlib.contextmanager
def needs_extra(extra: str, purpose: str) -> Iterator[None]:
    """In the block, turn a failed import into an error that names the extra to install.

    Parameters
    ----------
    extra, purpose
        As for `require_extra`.

    Raises
    ------
    MissingExtraError
        In place of the block's ImportError, unless it is about a module of ours.
    """
    try:
        yield
    except ImportError as error:
        if isinstance(error, MissingExtraError) or _is_ours(error.name or ""):
            raise
        reason = " ".join(str(error).split())
        raise MissingExtraError(
            f"{purpose} needs a package that is missing here ({reason}): "
            f"pip install 'chipgen[{extra}]'"
        ) from error


def _is_ours(module: str) -> bool:
    return module.split(".")[0] in ("chipgen", "synth")
