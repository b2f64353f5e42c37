"""Checks that a zip archive, as torch and NumPy write them, is as it was written."""

import zipfile
import zlib
from pathlib import Path

from synth.fileformat import check_regular

MOST_MEMBERS = 100_000


def find_damage(path: Path) -> str:
    """Return what is damaged in an archive by its own checksums (CRC-32); empty if nothing is.

    torch and NumPy read the numbers of a damaged file without a word.

    Raises
    ------
    OSError
        If it cannot be opened.
    SynthError
        If it is no file.
    """
    check_regular(path, "data")
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.namelist()) > MOST_MEMBERS:
                return "it has too many parts"
            if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
                return "it is compressed, which ours never are"
            name = archive.testzip()
            return "" if name is None else f"{name[:60]!r} is not as it was written"
    except OSError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        return " ".join(str(error).split())[:120]
    except Exception as error:  # a damaged directory can name anything
        return f"{type(error).__name__}: {error}"[:120]
