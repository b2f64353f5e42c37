"""Takes music as users have it: paths, bytes, open files, PrettyMIDI and mido objects."""

import io
import os
import re
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Union

from chipgen.app.examples import PREFIX, example_path
from chipgen.errors import ChipgenError, RequestError

if TYPE_CHECKING:
    import mido
    import pretty_midi

Source = Union[str, "os.PathLike[str]", bytes, BinaryIO, "pretty_midi.PrettyMIDI", "mido.MidiFile"]
"""Music: a path or ``example:NAME``, a file's bytes, an open binary file, or an object of a MIDI
library. Bytes and files can hold all that ``chipgen info`` knows, chip files too."""

DATA_NAME: Final = "-"  # of what comes without a name, as on the command line


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read.

    Attributes
    ----------
    path
        Where it lies.
    folder
        The temporary folder that holds it, removed with this object; None for a user's own file.
    """

    path: Path
    folder: "DataFolder | None" = None


class DataFolder:
    """A new temporary folder that is removed when nobody holds this object any more.

    Attributes
    ----------
    path
        Where it lies.
    called
        What messages call the file in it.
    """

    def __init__(self, called: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="chipgen-"))
        self.called = called
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        _folders.add(self)


_folders: "weakref.WeakSet[DataFolder]" = weakref.WeakSet()


def without_folders(text: str) -> str:
    """Return a message in which files of a `DataFolder` have the names that a user knows."""
    for folder in [*_folders]:
        text = re.sub(rf"{re.escape(str(folder.path))}[\\/][^\s:,;]*", folder.called, text)
    return text


def source_file(source: Any) -> SourceFile:
    """Return a file that holds some music.

    Raises
    ------
    RequestError
        If it is nothing that music can come from.
    ChipgenError
        If it does not exist.
    """
    if isinstance(source, str | os.PathLike):
        text = os.fsdecode(source)
        path = example_path(text) if text.startswith(PREFIX) else Path(text)
        if path.is_dir():
            raise ChipgenError(f"{path} is a folder; name a file, or call chipgen.batch()")
        if not path.is_file():
            raise ChipgenError(f"{path}: there is no such file; check the name")
        return SourceFile(path)
    data = _bytes_of(source)
    folder = DataFolder("the source")
    path = folder.path / DATA_NAME
    path.write_bytes(data)
    return SourceFile(path, folder)


def _bytes_of(source: Any) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    data = io.BytesIO()
    if hasattr(source, "read"):
        read = source.read()
        if not isinstance(read, bytes):
            raise RequestError("source: the file is open for text; open it with mode 'rb'")
        return read
    if hasattr(source, "save") and hasattr(source, "tracks"):  # mido.MidiFile
        source.save(file=data)
    elif hasattr(source, "write") and hasattr(source, "instruments"):  # pretty_midi.PrettyMIDI
        source.write(data)
    else:
        raise RequestError(
            f"source: music cannot be read from {type(source).__name__}; give a path, bytes, an "
            "open binary file, a PrettyMIDI or a mido.MidiFile"
        )
    return data.getvalue()
