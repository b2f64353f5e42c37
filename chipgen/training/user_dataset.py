"""User datasets: splits a folder of MIDI into training and validation songs, and encodes them."""

import logging
from pathlib import Path
from typing import Final

from chipgen.dataset.nesmdb import is_nesmdb_file, read_voice_notes
from chipgen.dataset.splits import SPLITS, content_digest, split_files
from chipgen.errors import ChipgenError
from chipgen.labels.label_piece import MOST_BARS
from chipgen.music.formats import read_score, read_suffixes
from chipgen.rows.coverage import measure_coverage
from chipgen.rows.prompt import Prompt
from chipgen.rows.quantise import FEWEST_ONSETS, RowSong, count_onset_times

VALID_SHARE: Final = 0.1  # of a folder's own songs that are kept to measure by
FEWEST_ROWS: Final = 32  # a song shorter than this has nothing to recall
MOST_ROWS: Final = 32_768  # half an hour of sixteenths at the fastest, an hour at 120
LEAST_BUSY: Final = 0.7  # of a song's rows; what is sparser would teach silence
LEAST_TUNE: Final = 0.95  # of the tune's notes

_LOG: Final = logging.getLogger(__name__)


def find_splits(
    folder: Path, *, needed: tuple[str, ...] = ("train", "valid")
) -> dict[str, list[Path]]:
    """List the songs to train on and to measure by.

    A folder with `train/` and `valid/` says itself which are which. In any other, also in its
    subfolders, a song's own content decides, so that a song stays where it is when others come or
    go; at least one of each is made sure of.

    Parameters
    ----------
    folder
        Holds MIDI files, or folders of them.
    needed
        The splits that a folder which chooses itself has to have.

    Returns
    -------
    dict
        "train" and "valid", and "test" where there is a folder of that name.

    Raises
    ------
    ChipgenError
        If the folder does not exist, or holds fewer than two different songs that can be used.
    """
    if not folder.is_dir():
        raise ChipgenError(f"{folder}: no such folder; name one with MIDI files")
    if any((folder / split).is_dir() for split in SPLITS):
        splits = split_files(folder)
        for split in needed:
            if split not in splits:
                raise ChipgenError(
                    f"{folder} has no split '{split}'; training needs MIDI in train/ and valid/"
                )
        return splits
    suffixes = read_suffixes("score")
    found = [path for path in sorted(folder.rglob("*")) if path.name.lower().endswith(suffixes)]
    splits = split_by_content([path for path in found if path.is_file() and _is_usable(path)])
    count = len(splits["train"]) + len(splits["valid"])
    if count < 2:
        raise ChipgenError(
            f"{folder}: {count} different songs of {len(found)} MIDI files can be used; training "
            "needs at least 2, one to learn from and one to be measured by"
        )
    return splits


def split_by_content(paths: list[Path]) -> dict[str, list[Path]]:
    """Part songs into "train" and "valid" by their own content; of equal files one is taken.

    A tenth is held out, and of two or more songs at least one, and not all.
    """
    chosen: dict[bytes, Path] = {}
    for path in paths:
        chosen.setdefault(content_digest(path), path)
    digests = sorted(chosen)
    held = {digest for digest in digests if digest[0] < VALID_SHARE * 256} or set(digests[:1])
    if len(held) == len(digests):
        held -= set(digests[-1:])
    return {
        "train": sorted(path for digest, path in chosen.items() if digest not in held),
        "valid": sorted(path for digest, path in chosen.items() if digest in held),
    }


def encode_song(path: Path) -> tuple[RowSong, Prompt] | None:
    """Put a MIDI file on rows, in four voices, as a seed is that is gone on from.

    A word goes to the log where less than `LEAST_TUNE` of the song's tune is on its rows.

    Returns
    -------
    tuple or None
        None, and a word to the log, if it cannot be read, has no pitched notes, is shorter than
        `FEWEST_ROWS` rows or longer than `MOST_ROWS`, or is silent in more than 1 − `LEAST_BUSY`
        of them.
    """
    prompt = _read_usable(path)
    if prompt is None:
        return None
    tune = measure_coverage(prompt).tune
    if tune < LEAST_TUNE:
        _LOG.warning(
            "%s: only %.0f %% of its tune is learned, less than %.0f %%; name the tune's track "
            "'Melody', or arrange the song yourself (chipgen arrange)",
            path.name, 100 * tune, 100 * LEAST_TUNE,
        )  # fmt: skip
    return RowSong.plain(prompt.encoded.rows), prompt


def _read_usable(path: Path) -> Prompt | None:
    """Read a song of ordinary MIDI if it has enough in it to learn from; if not, say so."""
    try:
        score = read_score(path)
        if _is_too_long(path, len(score.bar_starts_beats()), MOST_BARS, "bars"):
            return None
        prompt = Prompt.of(score)
        rows = prompt.encoded.rows
    except ChipgenError as error:
        _LOG.warning("%s is left out: %s", path.name, error)
        return None
    if _is_too_long(path, len(rows), MOST_ROWS, "rows"):
        return None
    if len(rows) < FEWEST_ROWS:
        _LOG.warning(
            "%s is left out: it has %d rows, fewer than %d", path.name, len(rows), FEWEST_ROWS
        )
        return None
    busy = measure_coverage(prompt).busy
    if busy < LEAST_BUSY:
        _LOG.warning(
            "%s is left out: a pulse or the triangle sounds in only %.0f %% of its rows, less than "
            "%.0f %%; cut its silence",
            path.name, 100 * busy, 100 * LEAST_BUSY,
        )  # fmt: skip
        return None
    return prompt


def _is_too_long(path: Path, count: int, most: int, what: str) -> bool:
    if count > most:
        _LOG.warning(
            "%s is left out: it has %d %s, more than %d; cut it", path.name, count, what, most
        )
    return count > most


def _is_usable(path: Path) -> bool:
    """Return whether a song of one's own has enough in it to learn from; if not, say so."""
    if not is_nesmdb_file(path):
        return _read_usable(path) is not None
    try:
        enough = count_onset_times(read_voice_notes(path)) >= FEWEST_ONSETS
    except ChipgenError as error:
        _LOG.warning("%s is left out: %s", path.name, error)
        return False
    if not enough:
        _LOG.warning("%s is left out: it has fewer than %d onsets", path.name, FEWEST_ONSETS)
    return enough
