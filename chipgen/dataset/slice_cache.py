"""Cuts a folder of MIDI into slices, and caches them for training.

The file is a safetensors archive: no pickles, its description (settings, fingerprint, what was
left out and why) as JSON in the header. Slices are stored as bits.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save
from tqdm import tqdm

from chipgen.dataset.clean_score import CleanConfig, clean_score
from chipgen.dataset.parallel import MAX_PROCESSES, map_files
from chipgen.dataset.splits import content_digest, split_files
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score
from chipgen.music.note_grid import SLICE_S, slice_score, slice_seconds
from chipgen.music.tonnetz import PITCHES
from synth.atomic_write import check_writable, write_bytes
from synth.errors import SynthError
from synth.fileformat import check_regular

CACHE_VERSION: Final = 1
_HEADER: Final = "chipgen-slices"
_DIGEST: Final = "sha256"
_MOST_BYTES: Final = 8_000_000_000
_HEAD_BYTES: Final = 4_000_000  # in which a cache's header says what it is

Songs = list[NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """How a folder of MIDI becomes slices.

    Attributes
    ----------
    clean
        Which notes are kept.
    step_beats
        Length of a slice in quarter notes; in NES-MDB, whose tempo is nominal, 1.0 is 0.5 s.
    step_s
        Length of a slice in seconds, instead: the "slices" task's 0.5, independent of tempo.
    """

    clean: CleanConfig = field(default_factory=CleanConfig)
    step_beats: float = 1.0
    step_s: float | None = None

    @property
    def is_half_second(self) -> bool:
        """Whether NES-MDB's slices come out as the "slices" task has them."""
        return self.step_s == SLICE_S or (self.step_s is None and self.step_beats == 1.0)


@dataclass(frozen=True, slots=True)
class SplitStats:
    """What became of one split's files.

    Attributes
    ----------
    files, kept
        How many there were, and how many songs are in the data.
    dropped
        Reason to count.
    slices, slices_over_16
        Slices in all, and songs longer than 16 of them, which the "slices" task scores.
    seconds
        Length of the kept songs.
    """

    files: int
    kept: int
    dropped: dict[str, int]
    slices: int
    slices_over_16: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SliceData:
    """The prepared songs of every split, with how they came about.

    Attributes
    ----------
    songs
        Split to songs; a song is boolean, shape (slices, 88).
    names
        Split to file names, in the songs' order.
    stats
        Split to what was kept.
    config
        The settings used.
    fingerprint
        Hex digest over files, settings and cache version.
    """

    songs: dict[str, Songs]
    names: dict[str, list[str]]
    stats: dict[str, SplitStats]
    config: DatasetConfig
    fingerprint: str

    def split(self, name: str) -> Songs:
        """Return a split's songs, or say which there are."""
        if name not in self.songs:
            there = ", ".join(self.songs)
            raise ChipgenError(f"the data has no split '{name}'; it has {there}")
        return self.songs[name]


def fingerprint_files(splits: dict[str, list[Path]], config: DatasetConfig) -> str:
    """Return a digest that changes with any file's content, the settings or the version."""
    digest = hashlib.sha256(json.dumps([CACHE_VERSION, asdict(config)]).encode())
    for split, files in splits.items():
        for path in files:
            digest.update(os.fsencode(f"{split}/{path.name}\0"))
            digest.update(content_digest(path))
    return digest.hexdigest()


def prepare(
    folder: Path,
    config: DatasetConfig,
    *,
    processes: int = MAX_PROCESSES,
    progress: bool = False,
    splits: dict[str, list[Path]] | None = None,
) -> SliceData:
    """Read, clean and slice every song under `folder`.

    Parameters
    ----------
    folder
        Holds train/, valid/ and test/, those that exist.
    processes
        1–2; the answer does not depend on it.
    progress
        Whether a bar is drawn on standard error.
    splits
        The files of each split, where the folder's own folders do not say.

    Raises
    ------
    ChipgenError
        If there is no MIDI file, or none of them can be used.
    """
    if not config.step_beats > 0:
        raise ChipgenError(f"a slice of {config.step_beats} beats: give more than 0, such as 1.0")
    splits = splits or split_files(folder)
    songs: dict[str, Songs] = {}
    names: dict[str, list[str]] = {}
    stats: dict[str, SplitStats] = {}
    total = sum(len(files) for files in splits.values())
    with tqdm(total=total, desc="reading", unit="file", disable=None if progress else True) as bar:
        for split, files in splits.items():
            kept, dropped = [], Counter[str]()
            work = partial(_read_song, config=config)
            for path, song in zip(files, map_files(work, files, processes), strict=True):
                bar.update()
                if song.reason:
                    dropped[song.reason] += 1
                else:
                    kept.append((path.name, song))
            songs[split] = [song.slices for _, song in kept]
            names[split] = [name for name, _ in kept]
            stats[split] = SplitStats(
                files=len(files),
                kept=len(kept),
                dropped=dict(sorted(dropped.items())),
                slices=sum(len(song.slices) for _, song in kept),
                slices_over_16=sum(len(song.slices) > 16 for _, song in kept),
                seconds=round(sum(song.duration_s for _, song in kept), 3),
            )
    if not any(songs.values()):
        raise ChipgenError(f"{folder}: no song could be used; see `chipgen dataset stats`")
    return SliceData(songs, names, stats, config, fingerprint_files(splits, config))


def save_cache(data: SliceData, path: Path, *, overwrite: bool) -> None:
    """Write prepared data, whole or not at all."""
    arrays: dict[str, NDArray[Any]] = {}
    for split, songs in data.songs.items():
        flat = np.concatenate([*songs, np.zeros((0, PITCHES), np.bool_)])
        arrays[f"{split}.bits"] = np.packbits(flat, axis=1)
        arrays[f"{split}.lengths"] = np.array([len(song) for song in songs], dtype=np.int64)
    description = {
        "version": CACHE_VERSION,
        "fingerprint": data.fingerprint,
        "config": asdict(data.config),
        "names": data.names,
        "stats": {split: asdict(stats) for split, stats in data.stats.items()},
    }
    text = json.dumps(description)
    # `save_file` would make a temporary file of its own, which a kill would leave behind.
    write_bytes(path, save(arrays, cache_header(text, arrays)), overwrite=overwrite)


def cache_header(description: str, arrays: dict[str, NDArray[Any]]) -> dict[str, str]:
    """Return the header of a cache file: its description, as JSON, and the checksum of it all."""
    return {_HEADER: description, _DIGEST: _digest(description, arrays)}


def check_replaceable(path: Path) -> None:
    """Refuse a file that is no cache, not even a damaged one, and must not be lost.

    Raises
    ------
    ChipgenError
        As said.
    """
    if not path.is_file():
        return
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if head and _HEADER.encode() not in head:
        raise ChipgenError(f"{path} is not a data cache; name another folder, or remove it")


def load_cache(path: Path) -> SliceData:
    """Read what `save_cache` wrote.

    Raises
    ------
    ChipgenError
        If the file is missing, not a cache, or from another version.
    """
    if not path.exists():
        raise ChipgenError(f"{path}: no such cache; make it with `chipgen dataset prepare`")
    check_regular(path, "data cache", _MOST_BYTES)
    description, arrays = _read_archive(path)
    if not isinstance(description, dict):
        raise _damaged(path, ValueError("it describes nothing"))
    if description.get("version") != CACHE_VERSION:
        raise ChipgenError(
            f"{path} is of another version of chipgen; run `chipgen dataset prepare` again"
        )
    try:
        return _data_of(description, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from error


def _data_of(description: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> SliceData:
    """Return the data of a cache.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        If its description and arrays are none, or not of each other.
    """
    config = description["config"]
    songs = {}
    for split, names in description["names"].items():
        bits, lengths = arrays[f"{split}.bits"], arrays[f"{split}.lengths"]
        if bits.dtype != np.uint8 or bits.shape[1:] != (-(-PITCHES // 8),):
            raise ValueError(f"the slices of {split} are of another form")
        if (
            lengths.dtype != np.int64
            or lengths.shape != (len(names),)
            or lengths.min(initial=0) < 0
        ):
            raise ValueError(f"the songs of {split} have no lengths")
        if int(lengths.sum()) != len(bits):
            raise ValueError(f"the songs of {split} are not as long as their slices")
        flat = np.unpackbits(bits, axis=1, count=PITCHES).astype(np.bool_)
        songs[split] = np.split(flat, np.cumsum(lengths)[:-1]) if len(lengths) else []
    return SliceData(
        songs=songs,
        names=description["names"],
        stats={split: SplitStats(**stats) for split, stats in description["stats"].items()},
        config=DatasetConfig(
            CleanConfig(**config["clean"]), config["step_beats"], config["step_s"]
        ),
        fingerprint=description["fingerprint"],
    )


def load_data(
    path: Path, config: DatasetConfig | None = None, *, progress: bool = False
) -> SliceData:
    """Load a cache file, or prepare a folder of MIDI in memory."""
    if path.is_dir():
        return prepare(path, config or DatasetConfig(), progress=progress)
    return load_cache(path)


def update_cache(
    folder: Path,
    path: Path,
    config: DatasetConfig,
    *,
    overwrite: bool,
    progress: bool,
    splits: dict[str, list[Path]] | None = None,
) -> tuple[SliceData, bool]:
    """Prepare `folder` into the file `path` unless it is up to date already.

    Returns
    -------
    tuple
        The data, and whether it had to be made.
    """
    splits = splits or split_files(folder)
    if path.is_file():
        try:
            data = load_cache(path)
        except SynthError:
            data = None
        if data is not None and data.fingerprint == fingerprint_files(splits, config):
            return data, False
    check_writable(path, overwrite=overwrite)
    data = prepare(folder, config, progress=progress, splits=splits)
    save_cache(data, path, overwrite=overwrite)
    return data, True


@dataclass(frozen=True, slots=True)
class _Song:
    """One file's slices, or the reason why there are none."""

    slices: NDArray[np.bool_]
    duration_s: float = 0.0
    reason: str = ""


def _read_song(path: Path, config: DatasetConfig) -> _Song:
    nothing = np.zeros((0, PITCHES), np.bool_)
    try:
        score = read_score(path)
    except SynthError:
        return _Song(nothing, reason="unreadable")
    if not any(track.notes for track in score.tracks):
        return _Song(nothing, reason="no notes")
    cleaned = clean_score(score, config.clean)
    if cleaned is None:
        short = score.duration_s < config.clean.min_track_s
        return _Song(nothing, reason="too short" if short else "no pitched note long enough")
    if config.step_s is None:
        slices = slice_score(cleaned, config.step_beats).slices
    else:
        slices = slice_seconds(cleaned, config.step_s)
    if not len(slices):
        return _Song(nothing, reason="no note in the pitch range 21-108")
    return _Song(slices, score.duration_s)


def _read_archive(path: Path) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Return what a cache says of itself and its arrays, as they were written."""
    try:
        with safe_open(path, framework="numpy") as archive:
            header = archive.metadata() or {}
            if _HEADER not in header:
                raise ChipgenError(
                    f"{path} is not a data cache; make one with `chipgen dataset prepare`"
                )
            names: Iterable[str] = archive.keys()
            arrays = {name: archive.get_tensor(name) for name in names}
        if _DIGEST not in header:
            raise ChipgenError(
                f"{path} is of another version of chipgen; run `chipgen dataset prepare` again"
            )
        if header[_DIGEST] != _digest(header[_HEADER], arrays):
            raise ValueError("its checksum is not that of what it holds")
        return json.loads(header[_HEADER]), arrays
    except ChipgenError:
        raise
    except Exception as error:  # damage causes errors of many kinds
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ChipgenError:
    reason = " ".join(str(error).split())[:120]
    return ChipgenError(
        f"{path} is not a data cache, or damaged ({reason}); rebuild it with "
        "`chipgen dataset prepare --force`"
    )


def _digest(text: str, arrays: dict[str, NDArray[Any]]) -> str:
    """Return the checksum of a cache: of its description, and its arrays with their names."""
    digest = hashlib.sha256(text.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
