"""Finds out what a source holds, and names the files of its songs."""

from pathlib import Path
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music import formats
from synth.fileformat import ending_of, suffixes_of
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
    suffix = ending_of(target, suffixes_of(formats.all_formats())) or target.suffix
    paths = []
    for place, track in enumerate(tracks, start=1):
        title = "".join("_" if char in '<>:"/\\|?*' else char for char in track.title).strip(" .")
        named = (target.name.removesuffix(suffix), f"{place:02d}", title[:MAX_TITLE_CHARS])
        paths.append((track.number, target.with_name(" ".join(filter(None, named)) + suffix)))
    return paths


def kind_of(source: Path | None) -> str:
    """Return which of `chipgen.request.field.SOURCES` a source is; None is no file."""
    if source is None:
        return "nothing"
    return formats.source_format(source).reads
