"""Imports other music than NES-MDB: each corpus to MIDI in train/, valid/ and test/.

A corpus is a row of `CORPORA`: which files it has, what split each belongs to, and how it is read.
What is imported is a data set like any other, for `chipgen train --data`.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tqdm import tqdm

from chipgen.dataset.parallel import map_files
from chipgen.dataset.pop909 import list_pop909, read_pop909, split_of
from chipgen.dataset.splits import SPLITS
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score, write_score
from chipgen.music.score import Score
from synth.extras import require_extra

_HELD: Final = 13  # of 256: the share of music21's pieces that is valid, and as much again is test
# Chorales, fiddle tunes and string quartets, by folder of music21's corpus.
_MUSIC21: Final = (
    "bach/**/*.mxl", "ryansMammoth/*.abc", "beethoven/**/*.mxl", "haydn/**/*.mxl", "mozart/**/*.mxl"
)  # fmt: skip
_LOG: Final = logging.getLogger(__name__)


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


def import_corpus(
    name: str, folder: Path, source: Path | None = None, *, progress: bool = False
) -> dict[str, Counter[str]]:
    """Write a corpus as MIDI into train/, valid/ and test/ of a folder.

    Parameters
    ----------
    name
        A row of `CORPORA`.
    folder
        Empty or new.
    source
        Where the corpus is, if it has to be told.
    progress
        Whether a bar is drawn on standard error.

    Returns
    -------
    dict
        Of each split, how many songs were ``written`` and how many ``left out``.

    Raises
    ------
    ChipgenError
        If the folder holds something, or the corpus is not there.
    """
    corpus = CORPORA[name]
    if corpus.needs_source != (source is not None):
        need = "needs --source DIR, the folder that holds it" if corpus.needs_source else (
            "comes with a package; leave out --source"
        )  # fmt: skip
        raise ChipgenError(f"{name} {need}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ChipgenError(f"{folder} is there already; name a new folder")
    paths = corpus.files(source)
    for split in SPLITS:
        (folder / split).mkdir(parents=True, exist_ok=True)
    counts = {split: Counter[str]() for split in SPLITS}
    work = map_files(partial(_import_song, name, folder), paths)
    hide = None if progress else True
    for path, error in zip(
        paths, tqdm(work, total=len(paths), desc=name, unit="song", disable=hide), strict=True
    ):
        if error:
            _LOG.warning("%s is left out: %s", path.name, error)
        counts[corpus.split(path)]["left out" if error else "written"] += 1
    return counts


def format_import(counts: dict[str, Counter[str]]) -> str:
    """Return what was imported as a table.

    Examples
    --------
    >>> print(format_import({"train": Counter(written=3), "valid": Counter({"left out": 1})}))
    split   songs  left out
    train       3         0
    valid       0         1
    """
    lines = [f"{'split':<6}{'songs':>7}{'left out':>10}"]
    for split, count in counts.items():
        lines.append(f"{split:<6}{count['written']:7,}{count['left out']:10,}")
    return "\n".join(lines)


def _import_song(name: str, folder: Path, path: Path) -> str:
    """Write a song; return why not, or nothing."""
    corpus = CORPORA[name]
    try:
        score = corpus.read(path)
        if not any(track.notes for track in score.tracks):
            return "it holds no note"
        target = folder / corpus.split(path) / f"{corpus.name(path)}.mid"
        write_score(score, target, overwrite=True)
    except ChipgenError as error:
        return str(error)
    return ""


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
    """Return a name that tells the folder, too.

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
