"""Training on rows: it learns, resumes, and its data and batches are what they claim to be."""

import struct

import numpy as np
import pytest
import torch

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model
from chipgen.models.row_features import HIGHEST, LOWEST, describe_rows_all
from chipgen.models.row_transformer import RowTransformerConfig
from chipgen.training.rows_data import AugmentConfig, draw_batches, load_rows, prepare_rows
from chipgen.training.rows_evaluate import score_counts, score_rows
from chipgen.training.rows_loop import RowTrainingConfig, train_rows
from chipgen.training.rows_report import report_rows
from chipgen.training.train_row_transformer import train_folder

SMALL = RowTransformerConfig(
    dim=32, layers=1, heads=1, head_dim=32, mlp=64, voice_dim=32, context=64, window=32
)
TICKS_A_FRAME = 44_100 / 60.0988


def write_song(path, seed):
    """Write an NES-MDB file: four voices that repeat a phrase of 16 rows of 7 frames."""
    rng = np.random.default_rng(seed)
    tracks = []
    for voice, (name, low) in enumerate([(b"p1", 60), (b"p2", 52), (b"tr", 40), (b"no", 2)]):
        phrase = rng.integers(0, 8, 16)
        events = []
        for row in range(96):
            if phrase[row % 16] < 5:
                pitch = low + int(phrase[row % 16])
                begin = round(row * 7 * TICKS_A_FRAME)
                events.append((begin, bytes([0x90 | voice, pitch, 10])))
                events.append((begin + round(6 * TICKS_A_FRAME), bytes([0x90 | voice, pitch, 0])))
        body, now = b"\x00\xff\x03\x02" + name, 0
        for tick, data in sorted(events):
            delta = tick - now
            number = [delta & 0x7F]
            while delta := delta >> 7:
                number.append(delta & 0x7F | 0x80)
            body += bytes(reversed(number)) + data
            now = tick
        body += b"\x00\xff\x2f\x00"
        tracks.append(b"MTrk" + struct.pack(">I", len(body)) + body)
    path.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), 22050) + b"".join(tracks))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder with a few invented songs in train/ and valid/."""
    folder = tmp_path_factory.mktemp("songs")
    for split, seeds in (("train", range(6)), ("valid", range(10, 12))):
        (folder / split).mkdir()
        for seed in seeds:
            write_song(folder / split / f"song{seed}.mid", seed)
    return folder


def files(folder, split):
    """Return a split's files."""
    return sorted((folder / split).glob("*.mid"))


def test_songs_become_described_rows(folder, tmp_path):
    """Songs lie one after the other, described each from its own beginning, the same from cache."""
    split = prepare_rows(files(folder, "train"))
    assert len(split) == 6
    assert split.fit.kept_share == 1.0
    assert split.fit.near_share == 1.0
    for song in range(len(split)):
        rows = split.rows(song)
        alone = describe_rows_all(
            split.states[rows], split.volume[rows], split.timbre[rows], split.frames[rows]
        )
        assert np.array_equal(alone, split.codes[rows])
    cache = tmp_path / "rows.npz"
    load_rows(files(folder, "train"), cache)
    again = load_rows(files(folder, "train"), cache)
    assert np.array_equal(again.codes, split.codes)
    assert again.fit == split.fit
    with pytest.raises(ChipgenError, match="bars"):
        prepare_rows(files(folder, "train"), "bars")


def test_batches_hold_every_row_and_stay_in_range(folder):
    """An epoch of batches has each song's rows, moved by one interval, in the voices' ranges."""
    split = prepare_rows(files(folder, "train"))
    augment = AugmentConfig(transpose=6, swap=0.5)
    batches = draw_batches(split, 256, 64, augment, np.random.default_rng(0))
    seen = 0
    while seen < 0.9 * len(split.states):
        batch = next(batches)
        seen += int(batch.valid.sum())
        assert batch.codes.shape[:2] == batch.states.shape[:2] == batch.valid.shape
        assert batch.states.size // 4 <= 256
        for voice in range(4):
            begun = batch.states[..., voice][batch.valid]
            begun = begun[begun > 1]
            assert ((begun >= LOWEST[voice]) & (begun <= HIGHEST[voice])).all()
        # The previous row's states are the first columns of a row's description.
        both = batch.valid[:, 1:] & batch.valid[:, :-1]
        assert np.array_equal(batch.codes[:, 1:, :4][both], batch.states[:, :-1][both])


def test_training_learns_and_resumes(folder, tmp_path):
    """Nats fall below those of counts; a run that was stopped goes on from its step."""
    torch.set_num_threads(1)
    train, valid = prepare_rows(files(folder, "train")), prepare_rows(files(folder, "valid"))
    config = RowTrainingConfig(
        model=SMALL, steps=40, warmup=5, rows_a_batch=256, average=0.8, evaluate_every=1000
    )
    model = train_rows(config, train, valid, tmp_path / "run")
    learned = score_rows(model, valid)
    for order in (0, 1):
        assert learned.nats < score_counts(train, valid, order=order).nats
    assert learned.nats == pytest.approx(sum(learned.voice_nats))
    assert learned.steps == sum(np.diff(valid.offsets) - 1)
    again = train_rows(config, train, valid, tmp_path / "run")  # done: nothing is left to do
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])


def test_a_folder_becomes_a_model_and_a_report(folder, tmp_path):
    """The command's trainer writes a checkpoint that loads, and the report has all its lines."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "steps: 2\nbatch_rows: 128\nnetwork: {dim: 32, layers: 1, heads: 1, head_dim: 32, "
        "mlp: 64, voice_dim: 32, context: 64, window: 32}\n"
    )
    run = tmp_path / "run"
    run.mkdir()
    path = train_folder(settings, folder, run)
    model = load_model(path)
    assert model.config.dim == 32
    text = report_rows(str(path), folder, "rows")
    assert "valid, 2 songs" in text
    assert "bigram" in text
    assert "nats/s" in text
    frames = report_rows(str(path), folder, "frames12")
    assert "12.0" in frames
    with pytest.raises(ChipgenError, match="test"):
        report_rows(str(path), folder, "rows", "test")
