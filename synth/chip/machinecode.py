"""Machine code, kept on disk while it is true, becomes functions again without a compiler.

Stored code is named after everything that it depends on: the contents of the source files that are
linked together, the processor and its features, the versions of LLVM and numba, and numba's
settings. It lies beside the sources, or in the user's cache folder, or in a temporary folder of the
user's own; where none can be written, functions are compiled anew in each process.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import stat
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import llvmlite
from llvmlite import binding

from synth.chip.compiled import SYMBOL, CompiledEntry
from synth.errors import SynthError

SUFFIX: Final = ".code"

_CHIP: Final = Path(__file__).parent
_CACHE: Final = _CHIP / "__pycache__"
_DIGEST_BYTES: Final = 16
_PROTOTYPE: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)

# Of numba's settings, the one that says where code is kept rather than what it is.
_FOLDER_SETTING: Final = "NUMBA_CACHE_DIR"


def load(entry: CompiledEntry) -> Callable[[Any], int]:
    """Load what an earlier run compiled, or compile it and keep it for later ones."""
    name = stored_name(entry)
    for folder in _folders():
        object_code = _read(folder / name)
        if object_code is not None:
            with contextlib.suppress(RuntimeError):  # LLVM has no use for it: compile it anew
                return _link(object_code)
    from synth.chip.compiling import compile_entry

    address, object_code, owner = compile_entry(entry)
    if object_code is not None:
        _keep(name, object_code)
    return _function(address, owner)


def stored_name(entry: CompiledEntry) -> str:
    """Name the file of an entry's code: function, machine and sources."""
    own = Path(entry.function.__code__.co_filename)
    sources = _source_stamp(frozenset((_CHIP, own.parent)))
    return f"{own.stem}.{entry.function.__name__}-{_machine_stamp()}-{sources}{SUFFIX}"


def _link(object_code: bytes) -> Callable[[Any], int]:
    """Let LLVM put object code into memory."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(object_code))
    engine.finalize_object()
    address = engine.get_function_address(SYMBOL)
    if not address:
        raise RuntimeError(f"no {SYMBOL} in the stored code")
    return _function(address, engine)


def _function(address: int, owner: Any) -> Callable[[Any], int]:
    """Make code in memory callable; it stays there as long as its owner does."""
    function: Any = _PROTOTYPE(address)
    function.owner = owner
    return function  # type: ignore[no-any-return]


def _read(path: Path) -> bytes | None:
    """Read stored code, if it is there and whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, object_code = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    return object_code if digest == _digest(object_code) else None


def _keep(name: str, object_code: bytes) -> None:
    """Write code to the first folder that takes it, and remove what older sources left there."""
    from synth.files import write_bytes

    for folder in _folders():
        with contextlib.suppress(OSError, SynthError):
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / name, _digest(object_code) + object_code, overwrite=True)
            of_function_and_machine = name.rpartition("-")[0]
            for older in folder.glob(f"{of_function_and_machine}-*{SUFFIX}"):
                if older.name != name:
                    older.unlink(missing_ok=True)
            return


def _folders() -> Iterator[Path]:
    """Where code may lie, the best place first."""
    chosen = os.environ.get(_FOLDER_SETTING)
    if chosen:
        yield Path(chosen)
    yield _CACHE
    cache_home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    with contextlib.suppress(RuntimeError):  # nobody's home
        yield Path(cache_home) / "chipgen" if cache_home else Path.home() / ".cache" / "chipgen"
    temporary = _own_temporary_folder()
    if temporary is not None:
        yield temporary


def _own_temporary_folder() -> Path | None:
    """Return a temporary folder that nobody else can put code into, or None."""
    import tempfile

    if not hasattr(os, "getuid"):
        return None
    folder = Path(tempfile.gettempdir()) / f"chipgen-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    return folder if private and status.st_uid == os.getuid() else None


@cache
def _machine_stamp() -> str:
    """Name the processor, the compiler and its settings."""
    numba = importlib.util.find_spec("numba")
    version = Path(numba.origin).with_name("_version.py") if numba and numba.origin else None
    settings = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and name != _FOLDER_SETTING
    )
    described = (
        binding.get_process_triple(), binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(), binding.llvm_version_info,
        llvmlite.__version__, version.read_text() if version and version.exists() else "",
        sys.version_info[:2], settings,
    )  # fmt: skip
    return hashlib.blake2b(repr(described).encode(), digest_size=6).hexdigest()


@cache
def _source_stamp(folders: frozenset[Path]) -> str:
    """Name the contents of all files that are linked together."""
    state = hashlib.blake2b(digest_size=6)
    for path in sorted(path for folder in folders for path in folder.glob("*.py")):
        data = path.read_bytes()
        state.update(f"{path.name} {len(data)} ".encode() + data)
    return state.hexdigest()


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()
