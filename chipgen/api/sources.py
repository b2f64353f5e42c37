"""Takes music as users have it: paths, bytes, open files, PrettyMIDI and mido objects."""

import io
import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Union

from chipgen.app.examples import PREFIX, example_path
from chipgen.errors import ChipgenError

if TYPE_CHECKING:
    import mido
    import pretty_midi

Source = Union[str, "os.PathLike[str]", bytes, BinaryIO, "pretty_midi.PrettyMIDI", "mido.MidiFile"]
"""Music: a path or ``example:NAME``, a file's bytes, an open binary file, or an object of a MIDI
library. Bytes and files can hold all that ``chipgen info`` knows, chip files too."""

DATA_NAME = "-"  # of what comes without a name, as on the command line


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
    folder: "_Folder | None" = None


class _Folder:
    """A new temporary folder that is removed when nobody holds this object any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="chipgen-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def source_file(source: Any) -> SourceFile:
    """Return a file that holds some music.

    Raises
    ------
    ChipgenError
        If it is nothing that music can come from, or does not exist.
    """
    if isinstance(source, str | os.PathLike):
        text = os.fspath(source)
        path = example_path(text) if str(text).startswith(PREFIX) else Path(text)
        if not path.is_file():
            raise ChipgenError(f"{path}: there is no such file; check the name")
        return SourceFile(path)
    data = _bytes_of(source)
    folder = _Folder()
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
            raise ChipgenError("the file is open for text; open it with mode 'rb'")
        return read
    if hasattr(source, "save") and hasattr(source, "tracks"):  # mido.MidiFile
        source.save(file=data)
    elif hasattr(source, "write") and hasattr(source, "instruments"):  # pretty_midi.PrettyMIDI
        source.write(data)
    else:
        raise ChipgenError(
            f"music cannot be read from {type(source).__name__}; give a path, bytes, an open "
            "binary file, a PrettyMIDI or a mido.MidiFile"
        )
    return data.getvalue()
