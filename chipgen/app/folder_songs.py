"""Finds the songs of a folder, and says what else lies there."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from chipgen.app import source_files
from chipgen.errors import ChipgenError
from chipgen.music import formats
from chipgen.request import Request
from chipgen.request.values import ALL_TRACKS
from synth.errors import SynthError
from synth.temporary_files import PREFIX


@dataclass(frozen=True, slots=True)
class Song:
    """A song that was found in a folder.

    Attributes
    ----------
    source
        Its file.
    track
        Its number in the file; None where the request says which.
    place
        Name of what is made of it, below the folder of results.
    """

    source: Path
    track: int | None
    place: Path

    def request(self, request: Request) -> Request:
        """Return what is asked of this song where all songs of a file are asked for."""
        if request.track != ALL_TRACKS:
            return request
        fields = request.model_dump(exclude_unset=True)
        del fields["track"]
        return Request(**fields) if self.track is None else Request(**fields, track=self.track)


def find_songs(
    folder: Path, out: Path, suffix: str, track: int
) -> tuple[list[Song], dict[Path, str]]:
    """Return the songs of all scores under a folder, and why each other file is none.

    Parameters
    ----------
    folder
        Searched with its sub-folders, but for `out`.
    out
        Where results go.
    suffix
        Suffix of the results.
    track
        Which song of a file, or `ALL_TRACKS`.

    Raises
    ------
    ChipgenError
        If there is none.
    """
    sources, others = _find_sources(folder, out, suffix)
    if not sources:
        suffixes = ", ".join(formats.read_suffixes("score"))
        raise ChipgenError(f"{folder} holds no scores ({suffixes})")
    songs = [
        Song(path, number, place)
        for path in sources
        for number, place in _songs(path, path.relative_to(folder).with_suffix(suffix), track)
    ]
    return songs, others


def _find_sources(folder: Path, out: Path, made: str) -> tuple[list[Path], dict[Path, str]]:
    """Return the scores under a folder, and why each other file that it shows is none.

    What an earlier run made beside its sources, of the suffix `made`, is neither.
    """
    made_here, here = out.resolve(), folder.resolve()
    ours = made_here == here
    holds = ours or made_here in here.parents  # else what lies in `out` is no source
    sources: list[Path] = []
    others: dict[Path, str] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(PREFIX) for part in parts):  # ours, and not finished
            continue
        hidden = any(part.startswith(".") for part in parts)
        if not path.is_file() or (not holds and made_here in path.resolve().parents):
            continue
        try:
            row = formats.source_format(path)
        except SynthError:
            row = None
        if row is not None and row.reads == "score":
            sources.append(path)
        elif not hidden and not (ours and path.name.endswith(made)):
            why = "it holds register writes" if row is not None else "it is of no format here"
            others[path] = f"left out, as {why}, not a score"
    return sources, others


def _songs(source: Path, place: Path, track: int) -> list[tuple[int | None, Path]]:
    """Return the track and place of each song of a file; None is the one that there is.

    A file that cannot be read is one song, which will fail with the reason.
    """
    if track == ALL_TRACKS:
        with contextlib.suppress(SynthError):
            return [*source_files.track_paths(source, place)]
    return [(None if track == ALL_TRACKS else track, place)]
