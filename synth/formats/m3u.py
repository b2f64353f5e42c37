"""Reads M3U playlists of chip files.

The extended m3u that chip players share has, on a line, ``file::NSF,track,title,time,loop,fade``.
Of a plain line only the file is taken.

References
----------
NEZplug's description of its extended m3u, version 0.9.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from synth.errors import SynthError
from synth.formats.chipfile import Track, clean_text

MAX_ENTRIES: Final = 10_000
_ENTRY: Final = re.compile(r"(?P<file>.*?)(?:::(?P<kind>\w+))(?:,(?P<rest>.*))?$")
_TIME: Final = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)-?$")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a playlist: a file, which may not exist, and facts about one of its tracks."""

    file: Path
    track: Track


def read_m3u(data: bytes, name: str) -> tuple[Entry, ...]:
    r"""Read a playlist.

    Parameters
    ----------
    data
        The whole file, in UTF-8 or Latin-1.
    name
        Its path; the files it lists are sought beside it.

    Raises
    ------
    SynthError
        If it lists nothing, or a line cannot be understood.

    Examples
    --------
    >>> [entry] = read_m3u(rb"game.nsf::NSF,3,Title\, part 2,1:05,,10", "folder/game.m3u")
    >>> entry.track
    Track(number=3, title='Title, part 2', artist='', length_s=65.0, fade_s=10.0)
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = [line.strip() for line in text.splitlines()]
    entries = tuple(
        _read_line(line, number, name)
        for number, line in enumerate(lines[:MAX_ENTRIES], start=1)
        if line and not line.startswith("#")
    )
    if not entries:
        raise SynthError(f"{name}: the playlist lists no file")
    return entries


def find_file(path: Path) -> Path:
    """Return the path of a file that a playlist names, in whatever case: they come from Windows."""
    if path.exists() or not path.parent.is_dir():
        return path
    name = path.name.casefold()
    alike = [each for each in path.parent.iterdir() if each.name.casefold() == name]
    return min(alike, default=path)


def _read_line(line: str, number: int, name: str) -> Entry:
    folder = Path(name).parent
    found = _ENTRY.fullmatch(line)
    if found is None:
        return Entry(folder / line.replace("\\", "/"), Track(1))
    # A comma of a title has a backslash before it.
    fields = [
        re.sub(r"\\(.)", r"\1", field).strip()
        for field in re.split(r"(?<!\\),", found["rest"] or "")
    ]
    track, title, time, _, fade = [*fields, *[""] * 5][:5]
    said = f"{name}, line {number}"
    try:
        if track.startswith("$"):
            place = int(track[1:], 16) + 1
        else:  # of NSFs alone, the first is called 1
            place = int(track or 1) + (found["kind"].upper() not in ("NSF", "NSFE") and bool(track))
    except ValueError:
        raise SynthError(f"{said}: {clean_text(track)!r} is no track number") from None
    fade_s = _seconds(fade, said)
    file = re.sub(
        r"\\(.)", lambda pair: pair[1] if pair[1] in ",\\" else f"/{pair[1]}", found["file"]
    )
    return Entry(
        folder / file,
        Track(place, clean_text(title), length_s=_seconds(time, said) or None, fade_s=fade_s),
    )


def _seconds(text: str, said: str) -> float:
    """Read ``h:m:s``, ``m:s`` or ``s``; nothing is 0."""
    if not text:
        return 0.0
    found = _TIME.fullmatch(text)
    if found is None:
        raise SynthError(f"{said}: {clean_text(text)!r} is no time; write it as 1:30")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds
