"""Training on rows: data and batches are what they claim; it learns, stops and resumes."""

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model, read_model
from chipgen.models.checkpoint_header import read_info
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.rows.features import describe_rows_all
from chipgen.rows.states import HIGHEST, LOWEST
from chipgen.training.rows_data import load_rows, prepare_rows
from chipgen.training.rows_evaluate import NOTHING_SCORED, score_counts, score_rows
from chipgen.training.rows_objective import RowsTask
from chipgen.training.rows_passages import AugmentConfig, assemble, plan_passages
from chipgen.training.rows_table import report_rows
from chipgen.training.train_row_transformer import train
from chipgen.training.training_request import TrainRequest
from tests import commandline
from tests.killed_training import run_killed
from tests.songs import write_song, write_songs

torch.set_num_threads(1)

SETTINGS: dict[str, Any] = {
    "model": "row-transformer",
    "seed": 3,
    "checkpoint_s": 0,
    "steps": 40,
    "warmup_steps": 5,
    "batch_rows": 256,
    "average": 0.8,
    "evaluate_steps": 20,
    "evaluate_every_song": 1,
    "network": {
        "dim": 32, "layers": 2, "heads": 1, "head_dim": 32, "mlp": 64, "voice_dim": 32,
        "context": 64, "window": 32, "full_every": 2,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a few made-up songs in train/ and valid/."""
    return write_songs(tmp_path_factory.mktemp("songs"))


def request(folder: Path, run: Path, **changes: Any) -> TrainRequest:
    """Return a training with small settings, some of them changed."""
    run.mkdir(exist_ok=True)
    config = run.with_suffix(".yaml")
    config.write_text(yaml.safe_dump({**SETTINGS, **changes}))
    return TrainRequest(config, folder, run)


def files(folder: Path, split: str) -> list[Path]:
    """Return a split's files."""
    return sorted((folder / split).glob("*.mid"))


def figures(run: Path) -> list[dict[str, float]]:
    """Return what a run has measured, but for the time it took."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def test_songs_become_described_rows(folder: Path, tmp_path: Path) -> None:
    """Songs lie one after the other, described each from its own beginning, the same from cache."""
    split = prepare_rows(files(folder, "train"))
    assert len(split) == 6
    assert split.fit.kept_share == 1.0
    assert split.fit.near_share == 1.0
    for song in range(len(split)):
        rows = split.span(song)
        alone = describe_rows_all(split.rows[rows])
        assert np.array_equal(alone, split.codes[rows])
    cache = tmp_path / "rows.npz"
    load_rows(files(folder, "train"), cache)
    again = load_rows(files(folder, "train"), cache)
    assert np.array_equal(again.codes, split.codes)
    assert again.fit == split.fit
    assert split.labels is not None
    assert again.labels is not None
    assert len(again.labels) == len(split)
    for song in range(len(split)):
        assert len(again.labels.song(song)) == split.span(song).stop - split.span(song).start
    for name, array in split.labels.arrays.items():
        assert np.array_equal(again.labels.arrays[name], array), name
    with pytest.raises(ChipgenError, match="bars"):
        prepare_rows(files(folder, "train"), "bars")


def test_the_cache_is_made_again_when_a_note_changes(tmp_path: Path) -> None:
    """A file of the same name and size, with one other pitch, is another song."""
    path, cache = tmp_path / "song.mid", tmp_path / "rows.npz"
    write_song(path, 1)
    before = load_rows([path], cache)
    changed = bytearray(path.read_bytes())
    at = changed.index(bytes([0x90])) + 1
    pitch = changed[at]
    for index in range(len(changed) - 1):  # that note's beginnings and ends
        if changed[index] == 0x90 and changed[index + 1] == pitch:
            changed[index + 1] = pitch + 7
    path.write_bytes(changed)
    after = load_rows([path], cache)
    assert after.key != before.key
    assert not np.array_equal(after.rows.states, before.rows.states)


def test_an_epoch_hears_every_row_and_stays_in_range(folder: Path) -> None:
    """Passages cover the songs, each moved by one interval, in the voices' ranges."""
    split = prepare_rows(files(folder, "train"))
    augment = AugmentConfig(transpose=6, swap=0.5)
    plans = plan_passages(split, 256, 64, augment, np.random.default_rng(0))
    spans = sorted((p.begin, p.end) for plan in plans for p in plan)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert sum(end - begin for begin, end in spans) >= 0.8 * len(split.rows)
    assert {passage.swapped for plan in plans for passage in plan} == {False, True}
    for plan in plans:
        codes, parts, valid, scored = assemble(split, plan, augment)
        states = parts[0]
        assert codes.shape[:2] == states.shape[:2] == valid.shape
        assert valid.size <= 256
        assert np.array_equal(scored, np.broadcast_to(valid[..., None], scored.shape))
        for voice in range(4):
            begun = states[..., voice][valid]
            begun = begun[begun > 1]
            assert ((begun >= LOWEST[voice]) & (begun <= HIGHEST[voice])).all()
        # The previous row's states are the first columns of a row's description.
        both = valid[:, 1:] & valid[:, :-1]
        assert np.array_equal(codes[:, 1:, :4][both], states[:, :-1][both])


def test_training_learns_and_reports(folder: Path, tmp_path: Path) -> None:
    """Nats fall below those of counts; checkpoint, curves and the report's page are there."""
    run = tmp_path / "run"
    trained = train(request(folder, run, checkpoint_s=60))
    splits = {name: prepare_rows(files(folder, name)) for name in ("train", "valid")}
    model = load_model(trained.path)
    assert isinstance(model, RowTransformer)
    learned = score_rows(model, splits["valid"], half_precision=False)
    for order in (0, 1):
        counts = sum(score_counts(splits["train"], splits["valid"], order=order), NOTHING_SCORED)
        assert learned.nats < counts.nats
    assert learned.nats == pytest.approx(sum(learned.voice_nats))
    assert learned.steps == sum(np.diff(splits["valid"].offsets) - 1)
    info = read_model(trained.path)[1]
    assert info.metrics["valid_nats_s"] == pytest.approx(learned.summary()["nats_s"], abs=1e-3)
    assert info.training["seed"] == 3
    assert [line["step"] for line in figures(run)] == [20, 40]
    assert list((run / "curves").iterdir()), "TensorBoard has something to show"
    page = trained.report.read_text()
    assert f"| this run | {learned.summary()['nats_s']:.2f} |" in page
    assert "| bigram of each voice |" in page
    for picture in ("report-loss.png", "report-voices.png", "report-grid.png"):
        assert f"]({picture})" in page
        assert (run / picture).stat().st_size > 5_000
    assert "nats a second on valid" in trained.summary


def test_killed_and_resumed_is_as_if_nothing_happened(folder: Path, tmp_path: Path) -> None:
    """Kill −9 while a state is written and resume: the same weights and figures, to the bit."""
    train(request(folder, tmp_path / "whole"))
    killed = tmp_path / "killed"
    wanted = request(folder, killed)
    shutil.copy(tmp_path / "whole" / "rows-train.npz", killed)
    shutil.copy(tmp_path / "whole" / "rows-valid.npz", killed)
    state = killed / "row-transformer.state.pt"
    run_killed(
        state, 8, "train", "row-transformer", "--data", folder, "--config", wanted.config,
        "-o", killed, "--resume",
    )  # fmt: skip
    step = torch.load(state, weights_only=True)["step"]
    assert 0 < step < SETTINGS["steps"], "it was killed in the middle"
    train(wanted)
    assert not list(killed.glob(".*")), "what was being written is cleared away"
    ours = read_model(killed / "row-transformer.safetensors")[0]
    theirs = read_model(tmp_path / "whole" / "row-transformer.safetensors")[0]
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert figures(killed) == figures(tmp_path / "whole")


def test_stopped_while_measuring_loses_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is saved before an evaluation, which is made up for by the run that goes on."""
    short = {"steps": 4, "evaluate_steps": 2, "checkpoint_s": 60}
    train(request(folder, tmp_path / "whole", **short))
    wanted = request(folder, tmp_path / "stopped", **short)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RowsTask, "validate", stop)
        with pytest.raises(KeyboardInterrupt):
            train(wanted)
    state = torch.load(wanted.folder / "row-transformer.state.pt", weights_only=True)
    assert state["step"] == 2
    remains = wanted.folder / ".chipgen-0123456789ab.pt"
    remains.touch()  # as a kill leaves behind while a state is written
    train(wanted)
    assert not remains.exists()
    assert figures(wanted.folder) == figures(tmp_path / "whole")
    ours, theirs = (
        read_model(run / "row-transformer.safetensors")[0]
        for run in (wanted.folder, tmp_path / "whole")
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_state_of_the_first_version_is_gone_on_from(folder: Path, tmp_path: Path) -> None:
    """A file that knows model, optimisers, mean and step only is resumed, and can be exported."""
    run = tmp_path / "run"
    train(request(folder, run, steps=4))
    path = run / "row-transformer.state.pt"
    values = torch.load(path, weights_only=True)
    old = {name: values[name] for name in ("model", "optimizers", "average", "step")}
    sizes = load_model(run / "row-transformer.safetensors").describe()
    torch.save({**old, "config": json.dumps({"steps": 4, "model": sizes})}, path)
    out = tmp_path / "out.safetensors"
    made = commandline.run("model", "export", path, "-o", out, "--data", folder)
    assert made.exit_code == 0, made.stderr
    told = read_info(out).metrics
    assert told["step"] == 4
    exported = load_model(tmp_path / "out.safetensors")
    valid = score_rows(exported, prepare_rows(files(folder, "valid")), half_precision=False)
    assert told["valid_nats_s"] == pytest.approx(valid.summary()["nats_s"], rel=1e-2)
    for name, value in exported.state_dict().items():
        torch.testing.assert_close(value, old["average"][name], rtol=1e-3, atol=1e-4)
    longer = train(request(folder, run, steps=6))
    assert [line["step"] for line in figures(run)] == [4, 6]
    assert "of 6," in longer.summary


def test_training_stops_when_it_no_longer_helps(folder: Path, tmp_path: Path) -> None:
    """With a hopeless rate the run ends after `patience` looks, and keeps the best weights."""
    changes = {"matrix_rate": 30.0, "other_rate": 30.0, "steps": 200, "evaluate_steps": 2}
    run = tmp_path / "run"
    trained = train(request(folder, run, **changes, patience=3, checkpoint_s=60))
    losses = [line["valid_loss"] for line in figures(run)]
    best = int(np.nanargmin(losses))
    assert len(losses) == best + 4 < 50
    kept = score_rows(load_model(trained.path), prepare_rows(files(folder, "valid")))
    assert kept.summary()["nats_s"] == pytest.approx(losses[best], rel=0.01)


def test_a_report_leaves_out_what_train_has_too(folder: Path, tmp_path: Path) -> None:
    """A song of valid that is a training song under another name, a tick late, is told apart."""
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    write_song(data / "valid" / "again.mid", seed=0, late_ticks=1)
    config = {"steps": 2, "evaluate_steps": 0, "epochs": None}
    path = train(request(folder, tmp_path / "run", **config)).path
    compared = report_rows(str(path), data, "rows")
    assert [compared.songs.names[index] for index in compared.repeated or ()] == ["again.mid"]
    alone = report_rows(str(path), folder, "rows")
    assert alone.repeated == []
    for (name, less), (other, whole) in zip(
        compared.totals(without_repeated=True), alone.totals(), strict=True
    ):
        assert name == other
        assert less.summary() == pytest.approx(whole.summary())
    text = compared.text()
    assert "rows: valid, 3 songs" in text
    assert "without 1 songs that train has too (again.mid)" in text
    assert text.count("bigram") == 2
    frames = report_rows(str(path), folder, "frames12").text()
    assert "12.0" in frames
    with pytest.raises(ChipgenError, match="test"):
        report_rows(str(path), folder, "rows", "test")
    shutil.rmtree(data / "train")
    assert report_rows(str(path), data, "rows").repeated is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epochs": 2}, "either steps or epochs"),
        ({"precision": "16-mixed"}, "precision"),
        ({"checkpoint_s": 61}, "checkpoint_s"),
        ({"network": {"width": 3}}, r"network\.width"),
    ],
)
def test_settings_are_checked(
    folder: Path, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    """Unknown and impossible values are refused by name before any work."""
    with pytest.raises(ChipgenError, match=words):
        train(request(folder, tmp_path / "run", **change))
