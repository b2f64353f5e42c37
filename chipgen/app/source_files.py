"""Finds out what a source holds, and names the files of its songs."""

from pathlib import Path
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music import formats
from synth.fileformat import formats_by_suffix, suffixes_of
from synth.formats.chip_formats import chip_tracks
from synth.formats.chipfile import Track

MAX_TITLE_CHARS: Final = 80  # of a file's name


def is_chip_file(path: Path) -> bool:
    """Return whether a source holds the chip's writes or notes rather than a score.

    Raises
    ------
    ChipgenError
        If it is of no format that is read.
    """
    return formats.source_format(path).reads in formats.CHIP


def list_tracks(source: Path) -> tuple[Track, ...]:
    """Return a source's songs, in the order they are to be played.

    Raises
    ------
    SynthError
        If it cannot be read.
    """
    logs = formats.source_format(source).reads in ("log", "playlist")
    return chip_tracks(source) if logs else formats.score_songs(source)


def track_paths(source: Path, target: Path) -> list[tuple[int, Path]]:
    """Return the number of each of a source's tracks and the file that it is to be written to.

    Parameters
    ----------
    source
        A file that holds several songs, or a playlist.
    target
        What the files are named after: ``album.wav`` gives ``album 01 Title.wav``, and
        ``album.famistudio.txt`` gives ``album 01 Title.famistudio.txt``.

    Raises
    ------
    ChipgenError
        If the source is of no format that is read, or holds one score.
    SynthError
        If it is broken.
    """
    tracks = list_tracks(source)
    if len(tracks) < 2 and not is_chip_file(source):
        raise ChipgenError(f"{source} holds one score; leave out --track all")
    suffix = _suffix(target)
    paths = []
    for place, track in enumerate(tracks, start=1):
        title = "".join("_" if char in '<>:"/\\|?*' else char for char in track.title).strip(" .")
        named = (target.name.removesuffix(suffix), f"{place:02d}", title[:MAX_TITLE_CHARS])
        paths.append((track.number, target.with_name(" ".join(filter(None, named)) + suffix)))
    return paths


def _suffix(path: Path) -> str:
    """Return the ending of a file's name that tells its format, its last one if none does."""
    known = suffixes_of(formats_by_suffix(path, formats.all_formats()))
    fitting = [suffix for suffix in known if path.name.lower().endswith(suffix)]
    longest = max(map(len, fitting), default=0)
    return path.name[-longest:] if longest else path.suffix


def kind_of(source: Path | None) -> str:
    """Return which of `chipgen.request.field.SOURCES` a source is; None is no file."""
    if source is None:
        return "nothing"
    return formats.source_format(source).reads
