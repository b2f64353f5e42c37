"""Imports a corpus: its songs as MIDI in train/, valid/ and test/ of a folder.

What is imported is a data set like any other, for `chipgen train --data`. Each song is written down
in a journal when it is done, so that an import that was stopped resumes where it was.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tqdm import tqdm

from chipgen.dataset.corpora import CORPORA, Corpus
from chipgen.dataset.parallel import map_files
from chipgen.dataset.splits import SPLITS
from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from chipgen.music.score import Score
from synth.atomic_write import write_bytes
from synth.temporary_files import sweep_folder

JOURNAL: Final = "import.jsonl"
UNREADABLE, EMPTY, REPEATED = "cannot be read", "holds no note", "has the notes of another song"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Imported:
    """What became of a song.

    Attributes
    ----------
    song
        Its name.
    split
        It belongs to.
    left_out
        Why it was; empty if it was written.
    error
        What was said where it could not be read.
    notes
        A digest of all its notes.
    """

    song: str
    split: str
    left_out: str = ""
    error: str = ""
    notes: str = ""


def import_corpus(
    name: str, folder: Path, source: Path | None = None, *, progress: bool = False
) -> dict[str, Counter[str]]:
    """Write a corpus as MIDI into train/, valid/ and test/ of a folder, or go on doing so.

    Of songs with the same notes, the first is written.

    Parameters
    ----------
    name
        A row of `CORPORA`.
    folder
        Empty, new, or one that an import of the same corpus was stopped in.
    source
        Where the corpus is, if it does not come with a package.
    progress
        Whether a bar is drawn on standard error.

    Returns
    -------
    dict
        Of each split, how many songs were ``written``, and how many were left out, by reason.

    Raises
    ------
    ChipgenError
        If the folder holds something else, or the corpus is not there.
    """
    corpus = CORPORA[name]
    if corpus.needs_source != (source is not None):
        need = "needs --source DIR, the folder that holds it" if corpus.needs_source else (
            "comes with a package; leave out --source"
        )  # fmt: skip
        raise ChipgenError(f"{name} {need}")
    journal = folder / JOURNAL
    sweep_folder(folder)  # a killed import may have left no more than this
    if folder.exists() and not journal.is_file() and not _is_empty(folder):
        raise ChipgenError(f"{folder} is there already; name a new folder")
    done = [
        song
        for song in read_journal(journal, name)
        if song.left_out or (folder / song.split / f"{song.song}.mid").is_file()
    ]
    paths = corpus.files(source)
    lines = [json.dumps({"corpus": name}), *(json.dumps(asdict(song)) for song in done)]
    folder.mkdir(parents=True, exist_ok=True)
    # The journal comes first: by it the next import knows the folder.
    write_bytes(journal, "".join(f"{line}\n" for line in lines).encode(), overwrite=True)
    for split in SPLITS:
        (folder / split).mkdir(exist_ok=True)
    names = {song.song for song in done}
    left = [path for path in paths if corpus.name(path) not in names]
    hide = None if progress else True
    with (
        journal.open("a", encoding="utf-8") as stream,
        tqdm(total=len(paths), initial=len(done), desc=name, unit="song", disable=hide) as bar,
    ):
        for song in _import_songs(name, folder, left, {song.notes for song in done if song.notes}):
            stream.write(json.dumps(asdict(song)) + "\n")
            stream.flush()
            done.append(song)
            bar.update()
    return {
        split: Counter(song.left_out or "written" for song in done if song.split == split)
        for split in SPLITS
    }


def format_import(counts: dict[str, Counter[str]]) -> str:
    """Return what was imported as a table, and why songs were left out.

    Examples
    --------
    >>> print(format_import({"train": Counter(written=3), "valid": Counter({EMPTY: 1})}))
    split   songs  left out
    train       3         0
    valid       0         1
    1 left out: holds no note
    """
    lines = [f"{'split':<6}{'songs':>7}{'left out':>10}"]
    for split, count in counts.items():
        lines.append(f"{split:<6}{count['written']:7,}{count.total() - count['written']:10,}")
    total = sum(counts.values(), Counter[str]())
    reasons = sorted((reason, many) for reason, many in total.items() if reason != "written")
    return "\n".join([*lines, *(f"{many:,} left out: {reason}" for reason, many in reasons)])


def _import_songs(
    name: str, folder: Path, paths: list[Path], heard: set[str]
) -> Iterator[_Imported]:
    """Write songs, and take those away again whose notes are `heard`."""
    for path, song in zip(
        paths, map_files(partial(_import_song, name, folder), paths, chunk=1), strict=True
    ):
        if song.notes and song.notes in heard:
            (folder / song.split / f"{song.song}.mid").unlink()
            yield _Imported(song.song, song.split, REPEATED, notes=song.notes)
            continue
        if song.notes:
            heard.add(song.notes)
        if song.left_out:
            _LOG.warning("left out: %s", song.error or f"{path.name} {song.left_out}")
        yield song


def _import_song(name: str, folder: Path, path: Path) -> _Imported:
    """Write a song, if it can be."""
    corpus = CORPORA[name]
    song, split = corpus.name(path), corpus.split(path)
    try:
        score = _read(corpus, path)
        if not any(track.notes for track in score.tracks):
            return _Imported(song, split, EMPTY)
        target = folder / split / f"{song}.mid"
        write_score(score, target, overwrite=True)
        return _Imported(song, split, notes=_digest(score))
    except ChipgenError as error:
        return _Imported(song, split, UNREADABLE, str(error))


def _read(corpus: Corpus, path: Path) -> Score:
    """Read a song; no song that is damaged ends the import of the others.

    Raises
    ------
    ChipgenError
        Whatever is wrong with it.
    """
    try:
        return corpus.read(path)
    except ChipgenError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise ChipgenError(f"{path} cannot be read ({reason})") from error


def _digest(score: Score) -> str:
    """Return what is equal for songs whose notes begin and sound alike, whatever their tracks."""
    notes = sorted(
        (round(note.onset_beats, 3), note.pitch, round(note.duration_beats, 3))
        for track in score.tracks
        for note in track.notes
    )
    return hashlib.sha256(json.dumps(notes).encode()).hexdigest()[:32]


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def read_journal(journal: Path, name: str) -> list[_Imported]:
    """Return what an import has done; a last line that was cut short counts as not written.

    Raises
    ------
    ChipgenError
        If it is of another corpus, or no journal.
    """
    if not journal.is_file():
        return []
    try:
        first, *others = journal.read_text(encoding="utf-8").split("\n")[:-1]
        told = json.loads(first)["corpus"]
        done = [_Imported(**json.loads(line)) for line in others]
        if not all(isinstance(value, str) for song in done for value in asdict(song).values()):
            raise TypeError("what it says of a song is no text")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ChipgenError(
            f"{journal} is no journal of an import, or damaged; name a new folder"
        ) from error
    if told != name:
        raise ChipgenError(f"{journal.parent} holds an import of {told}; name a new folder")
    return done
