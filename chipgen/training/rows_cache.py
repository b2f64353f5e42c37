"""Reads MIDI files as described rows, and caches them."""

import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from chipgen.dataset.nesmdb import is_nesmdb_file, read_voice_notes
from chipgen.dataset.splits import content_digest
from chipgen.errors import ChipgenError
from chipgen.labels.label_piece import label_prompt, label_song
from chipgen.labels.label_table import LABELS_VERSION, LabelTable
from chipgen.labels.plan import plan_of
from chipgen.labels.row_labels import RowLabels
from chipgen.rows.plan_features import encode_plan
from chipgen.rows.quantise import FEWEST_ONSETS, RowSong, count_onset_times, frames12_of, rows_of
from chipgen.rows.row_features import COLUMNS, describe_rows_all
from chipgen.rows.row_fit import GridFit, describe_rows, measure_fit
from chipgen.rows.row_inference import TempoConfig
from chipgen.rows.row_states import Rows
from chipgen.rows.score_conversion import folded_into_ranges
from chipgen.rows.voice_notes import TICKS_A_SECOND
from chipgen.training.half_rows import are_long, halve_labels, halve_rows
from chipgen.training.user_dataset import MOST_ROWS, encode_song
from chipgen.training.zip_integrity import find_damage
from synth.atomic_write import atomic_path
from synth.errors import UnknownNameError
from synth.fileformat import check_regular

_VERSION: Final = 9
_LABELS: Final = "label."  # before the names of their arrays in a cache
SHORTEST_SONG_S: Final = 2.5  # frames12 scores files at least this long
_HEAD_BYTES: Final = 256  # in which the name of a cache's first part stands

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class RowSplit:
    """The songs of one split, one after the other.

    Attributes
    ----------
    codes
        What precedes each row, from `describe_rows_all`; uint8, shape (rows, COLUMNS).
    rows
        What each row is.
    offsets
        First row of each song, and the number of rows; int64, shape (songs + 1,).
    seconds, confidence
        Length, and how well the rows fit, by song; float64.
    names
        File names.
    fit
        How well the grids fit, over all songs.
    grid_nats
        Nats that encode all songs' row lengths, from `describe_rows`.
    key
        Digest of files and settings.
    plan
        Of each row, from `encode_plan`; uint8, shape (rows, PLAN_COLUMNS). None: not asked for.
    labels
        What is known of each row: bars, chords, keys, sections. None: not asked for.
    weights
        How often each song is heard in an epoch, in the mean; float64, shape (songs,). None: once.
    """

    codes: NDArray[np.uint8]
    rows: Rows
    offsets: NDArray[np.int64]
    seconds: NDArray[np.float64]
    confidence: NDArray[np.float64]
    names: list[str]
    fit: GridFit
    grid_nats: float
    key: str
    plan: NDArray[np.uint8] | None = None
    labels: LabelTable | None = None
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def span(self, song: int) -> slice:
        """Return which rows are a song's."""
        return slice(int(self.offsets[song]), int(self.offsets[song + 1]))


def prepare_rows(
    files: list[Path],
    task: str = "rows",
    config: TempoConfig | None = None,
    *,
    labelled: bool = False,
    halved: bool = False,
    progress: bool = False,
) -> RowSplit:
    """Read songs and put them on their rows, or on frames of 1/12 s.

    Files that are not NES-MDB's are heard in four voices on their own tempo map.

    Parameters
    ----------
    files
        Each a song.
    task
        ``"rows"`` (songs with at least 24 distinct onset times) or ``"frames12"`` (songs of at
        least 2.5 s and over 16 frames).
    config
        How rows are inferred.
    labelled
        Whether rows get labels and plans, which training with plans needs and scoring does not;
        some 30 ms a song.
    halved
        Whether songs of ordinary MIDI on long rows come a second time, on rows half as long.
    progress
        Whether a bar is drawn on standard error.

    Raises
    ------
    ChipgenError
        If no song can be used, or frames are to be labelled.
    """
    if task not in {"rows", "frames12"}:
        raise ChipgenError(f"no task is called '{task}'; give rows or frames12")
    if labelled and task != "rows":
        raise ChipgenError(f"only rows are labelled, not the task '{task}'")
    songs: list[RowSong] = []
    labels: list[RowLabels] = []
    plans: list[NDArray[np.uint8]] = []
    names: list[str] = []
    fit = GridFit()
    for path in tqdm(files, desc="reading", unit="file", disable=None if progress else True):
        read = _read_song(path, task, config, labelled=labelled)
        for found in () if read is None else _with_half_rows(read, halved=halved):
            songs.append(found.song)
            fit += found.fit
            if found.labels is not None:
                labels.append(found.labels)
                plan = plan_of(found.labels, found.song.rows)
                plans.append(encode_plan(plan, found.song.rows.states))
            names.append(path.name)
    if not songs:
        raise ChipgenError(f"none of {len(files)} files has enough notes for the task '{task}'")
    lengths = np.array([len(song) for song in songs])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    codes = np.empty((int(offsets[-1]), COLUMNS), dtype=np.uint8)
    for song, begin in zip(songs, offsets[:-1].tolist(), strict=True):
        codes[begin : begin + len(song)] = describe_rows_all(song.rows)
    return RowSplit(
        codes=codes,
        rows=Rows(
            np.concatenate([song.rows.states for song in songs]),
            np.concatenate([song.rows.volume for song in songs]),
            np.concatenate([song.rows.timbre for song in songs]),
            np.concatenate([song.rows.frames for song in songs]),
        ),
        offsets=offsets,
        seconds=np.array([song.seconds for song in songs]),
        confidence=np.array([song.grid.confidence for song in songs]),
        names=names,
        fit=fit,
        grid_nats=sum(describe_rows(song.grid.frames) for song in songs),
        key=_fingerprint(files, task, config, halved=halved),
        plan=np.concatenate(plans) if plans else None,
        labels=LabelTable.of(labels) if labels else None,
    )


def load_rows(
    files: list[Path],
    cache: Path | None,
    task: str = "rows",
    config: TempoConfig | None = None,
    *,
    labelled: bool = False,
    halved: bool = False,
    progress: bool = False,
) -> RowSplit:
    """Prepare rows, or read them from `cache` if nothing they depend on has changed.

    A cache that is damaged, of other files, or without labels that are needed is rebuilt.

    Raises
    ------
    ChipgenError
        If `cache` is a file that holds something else.
    """
    key = _fingerprint(files, task, config, halved=halved)
    stored = None if cache is None else _read_cache(cache, key)
    if stored is not None and (stored.labels is not None or not labelled):
        return stored
    split = prepare_rows(files, task, config, labelled=labelled, halved=halved, progress=progress)
    if cache is not None:
        f, rows = split.fit, split.rows
        labels = {} if split.labels is None else split.labels.arrays
        plan = {} if split.plan is None else {"plan": split.plan}
        with atomic_path(cache, overwrite=True) as temporary, temporary.open("wb") as stream:
            arrays: dict[str, Any] = {
                "key": np.array(key),
                "codes": split.codes,
                "states": rows.states,
                "volume": rows.volume,
                "timbre": rows.timbre,
                "frames": rows.frames,
                "offsets": split.offsets,
                "seconds": split.seconds,
                "confidence": split.confidence,
                "names": np.array(split.names),
                "grid_nats": np.array(split.grid_nats),
                "fit": np.array(
                    [f.onsets, f.near_onsets, f.long_notes, f.kept_notes, f.rows, f.seconds]
                ),
                **plan,
                **{_LABELS + name: array for name, array in labels.items()},
            }
            np.savez(stream, **arrays)
    return split


def _read_cache(cache: Path, key: str) -> RowSplit | None:
    """Return the rows that a cache holds; None if there is none, or it has to be rebuilt.

    Raises
    ------
    ChipgenError
        If it is no cache: it must not be lost.
    """
    try:
        check_regular(cache, "cache")
        with cache.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except (UnknownNameError, FileNotFoundError):
        return None
    except OSError as error:
        raise ChipgenError(f"{cache} cannot be read ({error.strerror})") from error
    if head and not (head.startswith(b"PK") and b"key.npy" in head):
        raise ChipgenError(f"{cache} is not a cache of rows; name another file, or remove it")
    try:
        if find_damage(cache):
            raise ValueError("damaged")
        with np.load(cache, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            onsets, near, long_notes, kept, count, seconds = stored["fit"].tolist()
            return RowSplit(
                codes=stored["codes"],
                rows=Rows(*(stored[name] for name in ("states", "volume", "timbre", "frames"))),
                offsets=stored["offsets"],
                seconds=stored["seconds"],
                confidence=stored["confidence"],
                names=stored["names"].tolist(),
                fit=GridFit(
                    int(onsets), int(near), int(long_notes), int(kept), int(count), seconds
                ),
                grid_nats=float(stored["grid_nats"]),
                key=key,
                plan=stored.get("plan"),
                labels=_stored_labels(stored),
            )
    except Exception:  # damage causes errors of many kinds
        _logger.warning("%s is damaged and is rebuilt", cache)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A song on its rows, how they fit, and what is known of them."""

    song: RowSong
    fit: GridFit
    labels: RowLabels | None
    ordinary: bool = False


def _with_half_rows(found: _Found, *, halved: bool) -> list[_Found]:
    """Return a song, and the same on rows half as long if it is ordinary MIDI on long rows."""
    rows = found.song.rows
    if not halved or not found.ordinary or not are_long(rows):
        return [found]
    fine = RowSong.plain(halve_rows(rows))
    labels = None if found.labels is None else halve_labels(found.labels)
    fit = GridFit(rows=len(fine), seconds=fine.seconds)
    return [found, _Found(fine, fit, labels, ordinary=True)]


def _read_song(
    path: Path, task: str, config: TempoConfig | None, *, labelled: bool
) -> _Found | None:
    """Return a song on its rows, or nothing if it is too short for the task, or hours long."""
    if not is_nesmdb_file(path):
        if task != "rows":
            raise ChipgenError(f"{path} is not of NES-MDB, whose frames the task '{task}' counts")
        own = encode_song(path)
        if own is None:
            return None
        song, prompt = own
        fit = GridFit(rows=len(song), seconds=song.seconds)
        labels = label_prompt(prompt) if labelled else None
        return _Found(song, fit, labels, ordinary=True)
    notes, _ = folded_into_ranges(read_voice_notes(path))
    if task == "rows":
        if count_onset_times(notes) < FEWEST_ONSETS:
            return None
        song = rows_of(notes, config)
        if len(song) > MOST_ROWS:
            return None
    else:
        if notes.seconds < SHORTEST_SONG_S or not len(notes):
            return None
        song = frames12_of(notes)
        if len(song) <= 16:
            return None
    onsets_s = notes.start / TICKS_A_SECOND
    durations_s = (notes.end - notes.start) / TICKS_A_SECOND
    fit = measure_fit(song.grid, notes.voice, onsets_s, durations_s, notes.seconds)
    return _Found(song, fit, label_song(song) if labelled else None)


def _stored_labels(stored: Mapping[str, NDArray[Any]]) -> LabelTable | None:
    names = [name.removeprefix(_LABELS) for name in stored if name.startswith(_LABELS)]
    return LabelTable({name: stored[_LABELS + name] for name in names}) if names else None


def _fingerprint(files: list[Path], task: str, config: TempoConfig | None, *, halved: bool) -> str:
    digest = hashlib.sha256(
        f"{_VERSION} {LABELS_VERSION} {task} {config or TempoConfig()}{' halved' * halved}".encode()
    )
    for path in files:
        digest.update(os.fsencode(f"{path.name}\0"))
        digest.update(content_digest(path))
    return digest.hexdigest()
