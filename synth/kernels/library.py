"""Loads kernels from the library that was built with the package.

The library is loaded if it is intact and only this user and root can change it; a kernel
is taken from it if it was built from these very sources. If not, numba compiles the kernel in this
process, and nothing is written to disk.
"""

import ctypes
import importlib.util
import json
import os
import platform
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from synth.errors import SynthError
from synth.kernels.processor import LEVELS, best_level
from synth.kernels.signature import JIT, VARIABLE, Entry, mode, native
from synth.kernels.stamps import PACKAGES, digest, is_current

FOLDER: Final = Path(__file__).parent / "built"
NAME: Final = f"kernels-{sys.platform}-{platform.machine().lower()}"
# Names the library, and lists its sources.
MANIFEST: Final = FOLDER / f"{NAME}.json"


@dataclass(frozen=True, slots=True)
class Library:
    """The built library, open.

    Attributes
    ----------
    code
        Its functions.
    manifest
        What it was built from, as `synth.kernels.build` writes it.
    level
        The best that it has and this processor runs.
    """

    code: Any
    manifest: dict[str, Any]
    level: str


class UnusableError(Exception):
    """Says why the built library, or its code of one kernel, is not used."""


def load(kernel: Entry) -> Callable[[Any], int]:
    """Return a kernel's machine code: from the library, else from numba.

    Raises
    ------
    SynthError
        If there is neither.
    """
    if mode() == JIT:
        return _compile(kernel, "")
    if kernel.name.partition(".")[0] not in PACKAGES:  # those are not built
        return _compile(kernel, "")
    try:
        return built(kernel)
    except UnusableError as reason:
        return _compile(kernel, str(reason))


def built(kernel: Entry) -> Callable[[Any], int]:
    """Return a kernel's machine code from the library.

    Raises
    ------
    UnusableError
        If the library is missing, damaged or others can change it, or if it was built from other
        sources.
    """
    opened = open_library()
    if isinstance(opened, str):
        raise UnusableError(opened)
    if not is_current(kernel, opened.manifest):
        raise UnusableError(f"{FOLDER} was built from other sources")
    function = getattr(opened.code, f"{symbol_of(kernel)}__{opened.level}")
    return native(ctypes.cast(function, ctypes.c_void_p).value or 0)


@cache
def open_library() -> Library | str:
    """Open the library, or report why it cannot be used."""
    try:
        described = json.loads(_read(MANIFEST))
        path = FOLDER / described["library"]
        if digest(_read(path)) != described["digest"]:
            return f"{path} is damaged"
        library = ctypes.CDLL(str(path))
        upto = mode() if mode() in LEVELS else LEVELS[-1]
        return Library(library, described, best_level(library, described["levels"], upto))
    except UnusableError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename or path} cannot be read ({error.strerror or error})"
    except (ValueError, KeyError, TypeError):
        return f"{MANIFEST} is damaged"


def _read(path: Path) -> bytes:
    """Return the bytes of a file that only this user and root can change."""
    writable = other_writer(path)
    if writable is not None:
        raise UnusableError(f"{writable} can be changed by other users than you and root")
    return path.read_bytes()


def symbol_of(kernel: Entry) -> str:
    """Return the name of a kernel's function in the library, without the level."""
    return kernel.name.replace(".", "_")


def other_writer(path: Path) -> Path | None:
    """Return the file, or the folder above it, that others than this user and root can change.

    Where others can write but not replace what is not theirs, as in /tmp, nothing is lost.
    """
    if not hasattr(os, "geteuid"):
        return None
    trusted = {0, os.geteuid()}
    for place in (path, *path.resolve().parents):
        status = place.stat()
        keeps_strangers_off = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
        shared = status.st_mode & stat.S_IWOTH or (
            status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid)
        )
        if status.st_uid not in trusted or (shared and not keeps_strangers_off):
            return place
    return None


@cache
def _is_private_group(gid: int) -> bool:
    """Whether a group has no members but this user and root, as on systems of private groups."""
    import grp
    import pwd

    trusted = {0, os.geteuid()}
    try:
        members = {pwd.getpwnam(name).pw_uid for name in grp.getgrgid(gid).gr_mem}
    except KeyError:
        return False
    return members | {user.pw_uid for user in pwd.getpwall() if user.pw_gid == gid} <= trusted


def _compile(kernel: Entry, why: str) -> Callable[[Any], int]:
    """Let numba compile a kernel in this process."""
    if importlib.util.find_spec("numba") is None:
        raise SynthError(
            f"{why or f'{VARIABLE}={JIT} needs numba'}; reinstall chipgen, or install numba"
        )
    if why:
        _say(f"{why}; compiling in this process, which takes a while (make kernels, or reinstall)")
    from synth.kernels.jit import compile_kernel

    return compile_kernel(kernel)


@cache
def _say(line: str) -> None:
    """Say something once."""
    print(line, file=sys.stderr, flush=True)
