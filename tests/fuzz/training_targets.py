"""Targets of the fuzzer that learning and its results bring.

They are settings, songs to learn from, corpora, caches, states, journals, checkpoints and weights.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from chipgen.errors import ChipgenError
from tests.fuzz.mutate import (
    mutate_json_lines,
    mutate_midi,
    mutate_safetensors,
    mutate_text,
)
from tests.fuzz.structured import mutate_slice_cache, mutate_zip
from tests.fuzz.target import Target

_EXAMPLES: Final = Path(__file__).parents[2] / "examples"
_BETWEEN: Final = b"\n=====\n"  # texts of an input that become files of their own


def _take_settings(path: Path) -> None:
    """Load the settings of a training, of every kind."""
    from chipgen.training.rows_settings import RowTransformerSettings
    from chipgen.training.slices_settings import TonnetzLstmSettings
    from chipgen.training.train_chords import ChordSettings
    from chipgen.training.train_performer import PerformerSettings
    from chipgen.training.train_separator import SeparatorSettings
    from chipgen.training.training_settings import load_settings

    for kind in (RowTransformerSettings, ChordSettings, PerformerSettings, SeparatorSettings):
        with contextlib.suppress(ChipgenError):
            load_settings(path, kind)
    load_settings(path, TonnetzLstmSettings)


def _settings_seeds() -> list[bytes]:
    from chipgen.models.registry import settings_file, trained_names

    return [settings_file(name).read_bytes() for name in trained_names()]


def _take_checkpoint(path: Path) -> None:
    """Compose a bar with a checkpoint."""
    from chipgen.composing import make_piece
    from chipgen.music.formats import read_score
    from chipgen.request import Request

    seed = read_score(_EXAMPLES / "seed.mid")
    make_piece(seed, Request(bars=1, model=str(path)))


def _checkpoint_seeds() -> list[bytes]:
    from tests.models.test_checkpoint_header import SMALL, small_arrays, write

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in SMALL:
            path = write(Path(folder, "a.safetensors"), name, small_arrays(name))
            found.append(path.read_bytes())
    return found


def _take_dataset_cache(path: Path) -> None:
    from chipgen.dataset.slice_cache import load_cache

    load_cache(path)


def _dataset_cache_seeds() -> list[bytes]:
    from chipgen.dataset.slice_cache import save_cache
    from tests.tunes import make_data

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.cache")
        save_cache(make_data(2, 1), path, overwrite=False)
        return [path.read_bytes()]


def _take_rows_cache(path: Path) -> None:
    from chipgen.training.rows_cache import load_rows

    load_rows([_EXAMPLES / "folk.mid"], path)


def _rows_cache_seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.npz")
        _take_rows_cache(path)
        return [path.read_bytes()]


def _take_state(path: Path) -> None:
    from chipgen.training.run_state import load_state

    load_state(path)


def _state_seeds() -> list[bytes]:
    from chipgen.training.run_state import save_state
    from tests.training.test_zip_integrity import small_state

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.pt")
        save_state(path, small_state())
        return [path.read_bytes()]


def _take_weights(path: Path) -> None:
    """Read weights as each network has them, and let one that takes them say something."""
    from chipgen.arranging import note_features, separator, voice_features
    from chipgen.declared_arrays import read_arrays
    from chipgen.labels import chords
    from chipgen.performer import network
    from chipgen.performer.note_features import NOTE_FEATURES, PAIR_FEATURES

    rng = np.random.default_rng(0)
    with contextlib.suppress(ChipgenError):
        pairs = rng.random((3, 4, PAIR_FEATURES), dtype=np.float32)
        notes = rng.random((3, NOTE_FEATURES), dtype=np.float32)
        network.score_notes(network.read_weights(path), pairs, notes, 0)
    with contextlib.suppress(ChipgenError):
        weights = read_arrays(path, separator.array_shapes, "separator", separator.LARGEST)
        start_s, pitch = np.arange(8.0), np.full(8, 60, np.float32)
        features = note_features.measure_notes(start_s, start_s + 1.0, pitch)
        separator.judge_notes(weights, features, separator.may_follow(start_s, start_s + 1.0))
        streams = np.ones((voice_features.STREAMS, voice_features.VOICE_FEATURES), np.float32)
        separator.judge_streams(weights, streams)
    found = read_arrays(path, lambda _: chords.SHAPES, "chords", chords.LARGEST)
    doubled = {name: array.astype(np.float64) for name, array in found.items()}
    turned, plain = rng.random((6, chords.GROUPS, 12)), rng.random((6, chords.PLAIN))
    chords.smooth(chords.chord_scores(turned, plain, doubled), doubled)


def _weights_seeds() -> list[bytes]:
    from importlib import resources

    places = (
        ("chipgen.labels", "chords"), ("chipgen.performer", "performer"),
        ("chipgen.arranging", "separator"),
    )  # fmt: skip
    return [
        (resources.files(package) / f"{name}.safetensors").read_bytes() for package, name in places
    ]


def _take_training_song(path: Path) -> None:
    """Learn from a song in each way there is: slices, rows, tables, voices."""
    from chipgen.dataset.measure_songs import measure_song
    from chipgen.dataset.slice_cache import DatasetConfig, prepare
    from chipgen.training.performer_data import read_played_song
    from chipgen.training.rows_cache import prepare_rows
    from chipgen.training.separator_data import read_voiced_song

    measure_song(path, "train")
    with contextlib.suppress(ChipgenError):
        prepare(path.parent, DatasetConfig(), processes=1, splits={"train": [path]})
    read_played_song(path)
    read_voiced_song(path)
    for task in ("rows", "frames12"):
        with contextlib.suppress(ChipgenError):
            prepare_rows([path], task, labelled=task == "rows")


def _training_song_seeds() -> list[bytes]:
    from tests.songs import write_song

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.mid")
        write_song(path, 1)
        return [path.read_bytes(), (_EXAMPLES / "folk.mid").read_bytes()]


def _take_pop909(path: Path) -> None:
    """Read a song of POP909 whose beats, chords and keys are damaged."""
    from chipgen.dataset.pop909 import read_pop909

    texts = path.read_bytes().split(_BETWEEN)
    path.unlink()
    folder = path.parent
    try:
        shutil.copyfile(_EXAMPLES / "folk.mid", folder / "001.mid")
        for kind, text in zip(("beats", "chord", "key"), texts, strict=False):
            (folder / f"001.{kind}.txt").write_bytes(text)
        read_pop909(folder / "001.mid")
    finally:
        for left in folder.glob("001.*"):
            left.unlink()


def _pop909_seeds() -> list[bytes]:
    beats = "".join(f"{0.5 * k} 1.0 {float(k % 4 == 0)}\n" for k in range(24))
    chords = "0.0 1.5 N\n1.5 4.0 C:maj/3\n4.0 9.0 Bb:min7/b7\n"
    keys = "0.0 12.0 C:maj\n12.0 20.0 A:min\n"
    return [_BETWEEN.join(text.encode() for text in (beats, chords, keys))]


def _take_import_journal(path: Path) -> None:
    from chipgen.dataset.import_corpus import read_journal

    read_journal(path, "pop909")


def _import_journal_seeds() -> list[bytes]:
    lines = (
        '{"corpus": "pop909"}',
        '{"song": "001", "split": "train", "left_out": "", "error": "", "notes": "0f"}',
        '{"song": "002", "split": "valid", "left_out": "holds no note", "error": "", "notes": ""}',
    )
    return ["".join(f"{line}\n" for line in lines).encode()]


def _take_metrics(path: Path) -> None:
    """Read a run's figures, and compare them as the curves do."""
    from chipgen.training.curves import read_metrics

    place = path.with_name("metrics.jsonl")
    path.rename(place)
    try:
        entries = read_metrics(path.parent)
        sum(entry["step"] <= 3 and entry["stage"] != "a" for entry in entries)
        max((entry.get("valid_loss", 0) for entry in entries), default=0)
    finally:
        place.unlink()


def _metrics_seeds() -> list[bytes]:
    return [b'{"stage": "a", "step": 1, "valid_loss": 2.5}\n{"stage": "a", "step": 2}\n']


def _take_rows_table(path: Path) -> None:
    from chipgen.dataset.musical_time_table import read_rows

    read_rows(path)


def _rows_table_seeds() -> list[bytes]:
    from chipgen.dataset.musical_time_table import RowEntry, write_rows

    entry = RowEntry("train", "a.mid", "rows", 0.9, 12, 3.5, row_frames=(6, 7), bpm=120.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        write_rows([entry], path, overwrite=False)
        return [path.read_bytes()]


def _without_torch() -> str:
    try:
        import torch  # noqa: F401
    except ImportError:
        return "torch is not installed"
    return ""


TARGETS: Final[tuple[Target, ...]] = (
    Target("settings", _settings_seeds, _take_settings, mutate_text, ".yaml", _without_torch),
    Target("checkpoint", _checkpoint_seeds, _take_checkpoint, mutate_safetensors, ".safetensors"),
    Target("weights", _weights_seeds, _take_weights, mutate_safetensors, ".safetensors"),
    Target(
        "dataset-cache", _dataset_cache_seeds, _take_dataset_cache, mutate_slice_cache, ".cache"
    ),
    Target("rows-cache", _rows_cache_seeds, _take_rows_cache, mutate_zip, ".npz", _without_torch),
    Target("state", _state_seeds, _take_state, mutate_zip, ".state.pt", _without_torch),
    Target(
        "training-song", _training_song_seeds, _take_training_song, mutate_midi, ".mid",
        _without_torch,
    ),
    Target("pop909", _pop909_seeds, _take_pop909, mutate_text, ".txt"),
    Target("import-journal", _import_journal_seeds, _take_import_journal, mutate_json_lines),
    Target("metrics", _metrics_seeds, _take_metrics, mutate_json_lines, ".jsonl", _without_torch),
    Target("rows-table", _rows_table_seeds, _take_rows_table, mutate_json_lines, ".jsonl"),
)  # fmt: skip
