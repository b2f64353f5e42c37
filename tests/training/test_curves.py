"""Metrics are kept without TensorBoard, and a resumed run measures again."""

import json
import os
import sys
from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.training.curves import Curves, read_metrics
from synth.errors import SynthError


def test_without_tensorboard_the_figures_are_kept_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says how to install it, and metrics.jsonl is written."""
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    curves = Curves(tmp_path, "predictor", 0)
    curves.log(0, {"valid_loss": 8.0})
    curves.close()
    assert "chipgen[train]" in capsys.readouterr().err
    assert json.loads((tmp_path / "metrics.jsonl").read_text())["valid_loss"] == 8.0


def test_a_resumed_run_forgets_figures_it_measures_again(tmp_path: Path) -> None:
    """Lines of the stage after the step that was saved go; those of other stages stay."""
    for stage, steps in (("autoencoder", (5, 10)), ("predictor", (0, 4, 8))):
        curves = Curves(tmp_path, stage, 0)
        for step in steps:
            curves.log(step, {"valid_loss": 1.0})
        curves.close()
    Curves(tmp_path, "predictor", 6).close()
    lines = read_metrics(tmp_path)
    assert [(x["stage"], x["step"]) for x in lines] == [
        ("autoencoder", 5),
        ("autoencoder", 10),
        ("predictor", 0),
        ("predictor", 4),
    ]
    Curves(tmp_path, "predictor", 0).close()
    assert [x["stage"] for x in read_metrics(tmp_path)] == ["autoencoder"] * 2


def test_a_line_cut_short_by_a_kill_is_left_out(tmp_path: Path) -> None:
    """A run killed while it wrote its last line of figures is gone on from all the same."""
    (tmp_path / "metrics.jsonl").write_text('{"stage": "p", "step": 1}\n{"stage": "p", "st')
    assert read_metrics(tmp_path) == [{"stage": "p", "step": 1}]


@pytest.mark.parametrize(
    "line", ['{"stage": "p", "step": "3"}', '{"stage": 1, "step": 3}',
             '{"stage": "p", "step": 3, "valid_loss": "low"}', "[" * 9_000],
)  # fmt: skip
def test_figures_that_are_none_are_named(tmp_path: Path, line: str) -> None:
    """A damaged line is told with its number, before it is compared or drawn."""
    (tmp_path / "metrics.jsonl").write_text(f'{{"stage": "p", "step": 1}}\n{line}\n')
    with pytest.raises(ChipgenError, match=":2 is no line"):
        read_metrics(tmp_path)


def test_figures_are_a_file(tmp_path: Path) -> None:
    """A device in their place, which may have no end, is told."""
    (tmp_path / "metrics.jsonl").symlink_to(os.devnull)
    with pytest.raises(SynthError, match=r"metrics\.jsonl is not a file"):
        read_metrics(tmp_path)


def test_tensorboard_reads_the_curves(tmp_path: Path) -> None:
    """All figures of a resumed stage, those that are measured again once; any name will do."""
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    for kept, steps in ((0, (0, 4, 8)), (4, (5, 9))):
        curves = Curves(folder, "predictor", kept)
        for step in steps:
            curves.log(step, {"valid_loss": step / 2})
        curves.close()
    shown = tmp_path / "shown"  # TensorBoard itself opens no such folder
    (folder / "curves").rename(shown)
    read = reading.EventAccumulator(str(shown)).Reload()
    points = [(point.step, point.value) for point in read.Scalars("predictor/valid_loss")]
    assert points == [(0, 0.0), (4, 2.0), (5, 2.5), (9, 4.5)]
    assert [line["step"] for line in read_metrics(folder)] == [0, 4, 5, 9]
