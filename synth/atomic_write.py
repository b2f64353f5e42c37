"""Writes a file whole or not at all, and never over another unasked."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from synth.errors import SynthError


def check_writable(path: Path, *, overwrite: bool) -> None:
    """Refuse a path that cannot or should not be written, before any long work begins.

    Parameters
    ----------
    path
        The file that is going to be written.
    overwrite
        Whether the user asked for an existing file to be replaced.

    Raises
    ------
    SynthError
        If the folder does not exist or may not be written to, the path is a folder, or the file
        exists and `overwrite` is false.
    """
    if path.is_dir():
        raise SynthError(f"{path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise SynthError(f"{path}: the folder {path.parent} does not exist; make it first")
    if not os.access(path.parent, os.W_OK):
        raise SynthError(f"{path}: nothing may be written to the folder {path.parent}")
    if path.exists() and not overwrite:
        raise SynthError(f"{path} exists; add --force to replace it, or name another file")


@contextlib.contextmanager
def atomic_path(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block succeeds.

    The temporary file keeps the suffix of `path`, so that writers which choose a format by suffix
    choose the right one. If the block fails it is removed and `path` is left as it was.

    Parameters
    ----------
    path
        The file to be written.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    SynthError
        As `check_writable`, or if the system will not have it written: no space, no permission.
    """
    check_writable(path, overwrite=overwrite)
    temporary: Path | None = None
    real = path.resolve()  # a link stays a link; what it points to is replaced
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=real.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(real)
    except OSError as error:
        raise SynthError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write `data` to `path`, whole or not at all (see `atomic_path`)."""
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)
