"""Lists the songs of a tracker's text, and picks one of them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from synth.errors import SynthError
from synth.formats.chipfile import Track, clean_text

Song = TypeVar("Song")


def list_songs(names: Iterable[str]) -> tuple[Track, ...]:
    """Return songs of these names, numbered from 1.

    Examples
    --------
    >>> [(song.number, song.title) for song in list_songs(["Title", "Game over"])]
    [(1, 'Title'), (2, 'Game over')]
    """
    return tuple(Track(number, clean_text(name)) for number, name in enumerate(names, 1))


def pick_song(songs: Sequence[Song], track: int, name: str) -> Song:
    """Return a song by its number, counted from 1, of a file called `name`.

    Raises
    ------
    SynthError
        If there is no such song.
    """
    if not 1 <= track <= len(songs):
        raise SynthError(f"{name} has songs 1 to {len(songs)}; there is no song {track}")
    return songs[track - 1]
