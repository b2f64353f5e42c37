"""A folder of MIDI becomes one file that holds the same slices, and knows what it was made of."""

import os
from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.cache import (
    DatasetConfig,
    fingerprint_files,
    load_cache,
    load_data,
    prepare,
    save_cache,
    update_cache,
)
from chipgen.dataset.clean import CleanConfig, clean_score, is_auxiliary
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Tempo, Track


def tune(pitch: int, beats: int = 40) -> Score:
    """Return a tune of one-beat notes over a held bass, at 120 beats a minute."""
    lead = tuple(Note(float(k), 1.0, pitch + k % 5) for k in range(beats))
    return Score(
        tracks=(Track("lead", 0, 80, lead), Track("bass", 1, 38, (Note(0, beats, 36),))),
        tempos=(Tempo(0, 120),),
        end_beats=float(beats),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three songs to train on and one to validate with."""
    for split, pitches in {"train": (50, 60, 70), "valid": (55,)}.items():
        (tmp_path / "midi" / split).mkdir(parents=True)
        for pitch in pitches:
            write_score(tune(pitch), tmp_path / "midi" / split / f"{pitch}.mid", overwrite=False)
    return tmp_path / "midi"


def test_slices_are_the_notes(folder: Path) -> None:
    """A song's slices hold its pitches, a beat each, under its file's name."""
    data = prepare(folder, DatasetConfig())
    assert data.names == {"train": ["50.mid", "60.mid", "70.mid"], "valid": ["55.mid"]}
    song = data.songs["train"][1]
    assert song.shape == (40, 88)
    assert [int(p) + 21 for p in np.flatnonzero(song[3])] == [36, 63]


def test_what_is_stored_comes_back(folder: Path, tmp_path: Path) -> None:
    """A cache read again is the data that was written."""
    data = prepare(folder, DatasetConfig())
    save_cache(data, tmp_path / "c.cache", overwrite=False)
    back = load_cache(tmp_path / "c.cache")
    assert back.fingerprint == data.fingerprint
    assert (back.names, back.stats, back.config) == (data.names, data.stats, data.config)
    for split, songs in data.songs.items():
        assert all((a == b).all() for a, b in zip(songs, back.songs[split], strict=True))


def test_a_cache_is_made_once_and_again_when_anything_changes(folder: Path, tmp_path: Path) -> None:
    """The fingerprint covers files and settings; a stale cache is replaced only when asked."""
    path = tmp_path / "c.cache"
    config = DatasetConfig()
    assert update_cache(folder, path, config, overwrite=False, progress=False)[1]
    assert not update_cache(folder, path, config, overwrite=False, progress=False)[1]
    write_score(tune(52), folder / "train" / "60.mid", overwrite=True)
    with pytest.raises(Exception, match="--force"):
        update_cache(folder, path, config, overwrite=False, progress=False)
    assert update_cache(folder, path, config, overwrite=True, progress=False)[1]
    assert not update_cache(folder, path, config, overwrite=False, progress=False)[1]
    other = DatasetConfig(step_beats=0.5)
    assert fingerprint_files(split_files(folder), other) != load_cache(path).fingerprint


def test_reasons_for_leaving_songs_out_are_counted(folder: Path) -> None:
    """Too short, empty, only drums, unreadable: each file is accounted for."""
    train = folder / "train"
    write_score(tune(60, beats=4), train / "short.mid", overwrite=False)
    drums = Track("kit", 9, 0, tuple(Note(float(k), 0.5, 38) for k in range(20)))
    write_score(Score(tracks=(drums,), end_beats=20.0), train / "drums.mid", overwrite=False)
    (train / "broken.mid").write_bytes(b"MThd but no more")
    stats = prepare(folder, DatasetConfig()).stats["train"]
    assert (stats.files, stats.kept) == (6, 3)
    assert stats.dropped == {"no pitched note long enough": 1, "too short": 1, "unreadable": 1}


def test_the_number_of_processes_does_not_matter(folder: Path) -> None:
    """Two processes give what one gives (a pool is used from 32 files on)."""
    for k in range(30):
        write_score(tune(40 + k), folder / "train" / f"more-{k}.mid", overwrite=False)
    one = prepare(folder, DatasetConfig(), processes=1)
    two = prepare(folder, DatasetConfig(), processes=2)
    assert one.fingerprint == two.fingerprint
    assert all((a == b).all() for a, b in zip(one.songs["train"], two.songs["train"], strict=True))


def test_resolutions() -> None:
    """Only slices of one beat or of half a second are the evaluation's."""
    assert DatasetConfig().is_half_second
    assert DatasetConfig(step_beats=0.5, step_s=0.5).is_half_second
    assert not DatasetConfig(step_beats=0.5).is_half_second


def test_cleaning_keeps_long_enough_pitched_notes() -> None:
    """Short notes, percussion and breath noise go; a short piece goes as a whole."""
    notes = (Note(0, 0.12, 60), Note(1, 0.13, 62), Note(2, 8, 64))
    score = Score(
        tracks=(
            Track("lead", 0, 80, notes),
            Track("no", 9, 121, (Note(0, 9, 5),), role="no"),
            Track("breath", 2, 121, (Note(0, 9, 70),)),
            Track("kit", 9, 0, (Note(0, 9, 38),)),
        ),
        end_beats=10.0,
    )
    cleaned = clean_score(score, CleanConfig())
    assert cleaned is not None
    assert [note.pitch for track in cleaned.tracks for note in track.notes] == [62, 64]
    assert [is_auxiliary(track) for track in score.tracks] == [False, True, True, True]
    assert clean_score(score, CleanConfig(min_track_s=5.1)) is None
    everything = clean_score(score, CleanConfig(min_note_s=0, drop_auxiliary=False))
    assert everything is not None
    assert len(everything.tracks) == 4


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\x10" + b"\0" * 40])
def test_a_damaged_cache_is_named(tmp_path: Path, content: bytes) -> None:
    """Whatever lies in the file, the error is one line with its name."""
    path = tmp_path / "c.cache"
    path.write_bytes(content)
    with pytest.raises(ChipgenError, match=r"c\.cache"):
        load_cache(path)


def test_missing_data_is_said(tmp_path: Path) -> None:
    """No folder, a folder without splits, no cache: each message says what to do."""
    with pytest.raises(ChipgenError, match="train/"):
        prepare(tmp_path, DatasetConfig())
    with pytest.raises(ChipgenError, match="chipgen dataset prepare"):
        load_data(tmp_path / "nothing.cache")


@pytest.mark.data
@pytest.mark.skipif("CHIPGEN_NESMDB" not in os.environ, reason="CHIPGEN_NESMDB is not set")
def test_nesmdb_valid_songs_kept(tmp_path: Path) -> None:
    """Of NES-MDB's 403 valid files 371 pass, 268 of them longer than 16 slices."""
    (tmp_path / "valid").symlink_to(Path(os.environ["CHIPGEN_NESMDB"]) / "valid")
    stats = prepare(tmp_path, DatasetConfig()).stats["valid"]
    assert (stats.files, stats.kept, stats.slices_over_16) == (403, 371, 268)
