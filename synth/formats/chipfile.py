"""A chip file as it is read: the register log, its titles, and warnings."""

from dataclasses import dataclass, field
from typing import Final

from synth.chip.register_log import RegisterLog

# Characters without a shape of their own that Persian, Hindi and others are not written without.
_JOINERS: Final = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Titles:
    """The words a chip file carries about its music.

    Attributes
    ----------
    title, artist, album, copyright
        Any may be empty. `album` is the game a track was taken from; `copyright` often holds no
        more than a year.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    copyright: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """Information about one track of a chip file.

    Attributes
    ----------
    number
        From 1 on, as the file counts.
    title, artist
        Either may be empty.
    length_s, fade_s
        How long it is to be played, and how long it then fades out; a length of None is not stated.
    """

    number: int
    title: str = ""
    artist: str = ""
    length_s: float | None = None
    fade_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ChipFile:
    """One track of a chip file.

    Attributes
    ----------
    log
        The track's writes to the 2A03.
    second
        Its writes to a second 2A03 that sounds beside the first, or None.
    format
        Name and version of the file format, for people.
    titles
        The words the file carries.
    track, tracks
        Number of this track and how many there are, both counted from 1.
    length_s, fade_s
        How long the file says that the track is to be played, and how long it then fades out; None
        where it does not say so, or another length was asked for.
    playlist
        Information about the file's tracks, in playing order.
    chips
        Every sound chip the file names, those we do not play included.
    warnings
        One line for each thing that was left out or had to be guessed.
    """

    log: RegisterLog
    format: str
    titles: Titles = field(default=Titles())
    track: int = 1
    tracks: int = 1
    length_s: float | None = None
    fade_s: float = 0.0
    playlist: tuple[Track, ...] = ()
    second: RegisterLog | None = None
    chips: tuple[str, ...] = ("2A03",)
    warnings: tuple[str, ...] = ()


def clean_text(text: str) -> str:
    r"""Return a text as one printable line, so that it can do no harm on a terminal.

    Examples
    --------
    >>> clean_text(" Song\x1b[2J of\tstorms ")
    'Song [2J of storms'
    """
    return " ".join("".join(c if c.isprintable() or c in _JOINERS else " " for c in text).split())
