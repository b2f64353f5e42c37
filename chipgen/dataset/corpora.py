"""The table of corpora, beside NES-MDB, that `chipgen dataset import` imports.

A corpus is a row of `CORPORA`: which files it has, what split each belongs to, and how it is read.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from chipgen.dataset.pop909 import list_pop909, read_pop909, split_of
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score
from chipgen.music.score import Score
from synth.extras import require_extra

_HELD: Final = 13  # of 256: the share of music21's pieces that is valid, and as much again is test
# Chorales, fiddle tunes and movements of string quartets, by folder of music21's corpus. Whole
# quartets in one file are left: each takes minutes to read.
_MUSIC21: Final = (
    "bach/**/*.mxl", "ryansMammoth/*.abc", "beethoven/*/*.mxl", "haydn/**/*.mxl", "mozart/**/*.mxl"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Corpus:
    """Music to learn from.

    Attributes
    ----------
    summary
        What it is, and under which licence.
    needs_source
        Whether a folder that holds it has to be named.
    files
        Its songs, given that folder.
    name
        Of a song's file, without suffix.
    split
        The split of a song's file.
    read
        Reads it.
    """

    summary: str
    needs_source: bool
    files: Callable[[Path | None], list[Path]]
    name: Callable[[Path], str]
    split: Callable[[Path], str]
    read: Callable[[Path], Score]


def _music21_folder() -> Path:
    require_extra("corpora", "music21's corpus")
    spec = find_spec("music21")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "corpus"


def _music21_files(source: Path | None) -> list[Path]:
    del source
    folder = _music21_folder()
    found = sorted({path for pattern in _MUSIC21 for path in folder.glob(pattern)})
    if not found:
        raise ChipgenError(f"{folder} holds no music: this music21 came without its corpus")
    return found


def _music21_name(path: Path) -> str:
    """Return a name that includes the folder's.

    Examples
    --------
    >>> _music21_name(Path("x/corpus/haydn/opus74no1/movement3.mxl"))
    'haydn-opus74no1-movement3'
    """
    parts = path.with_suffix("").parts
    inside = parts[len(parts) - 1 - parts[::-1].index("corpus") + 1 :]
    return "-".join(inside)


def _music21_split(path: Path) -> str:
    digest = hashlib.sha256(_music21_name(path).encode()).digest()[0]
    return "valid" if digest < _HELD else "test" if digest < 2 * _HELD else "train"


def _pop909_files(source: Path | None) -> list[Path]:
    assert source is not None
    return list_pop909(source)


CORPORA: Final[dict[str, Corpus]] = {
    "pop909": Corpus(
        "909 pop songs in their true bars (MIT licence); numbers that end in 7 are the test split",
        True,
        _pop909_files,
        lambda path: path.stem,
        lambda path: split_of(path.stem),
        lambda path: read_pop909(path).score,
    ),
    "music21": Corpus(
        "Bach's chorales, 1,059 fiddle tunes and string quartets from music21's corpus (music out "
        "of copyright; encodings under the licences told in that corpus)",
        False,
        _music21_files,
        _music21_name,
        _music21_split,
        read_score,
    ),
}
