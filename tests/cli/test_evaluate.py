"""`chipgen dataset`, `train` and `evaluate` work from the command line, and fail in one line."""

import os
import re
from pathlib import Path

import pytest

from chipgen.cli.dataset import command as dataset
from chipgen.cli.evaluate import command as evaluate
from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from tests.cli.invoke import run
from tests.songs import write_song


def test_evaluate_prints_the_model_beside_the_baselines(folder: Path) -> None:
    """Four rows of figures; test is scored if it is there; without train there are no baselines."""
    result = run(evaluate, "nll", "--model", "tonnetz-lstm", "--task", "slices", "--data", folder)
    assert result.exit_code == 0
    assert "slices: test, 2 songs, 48 slices" in result.output
    rows = re.findall(r"^(.+?) +(\d+\.\d{3}) +(\d\.\d{3}) +\d+\.\d$", result.output, re.MULTILINE)
    names = ["marginal", "repeat previous", "per-cell Markov", "tonnetz-lstm"]
    assert [name for name, _, _ in rows] == names
    for path in (folder / "train").iterdir():
        path.unlink()
    alone = run(evaluate, "nll", "--data", folder)
    assert "tonnetz-lstm" in alone.output
    assert "marginal" not in alone.output
    assert "no baselines" in alone.stderr
    with pytest.raises(ChipgenError, match="no split 'valid'"):
        run(evaluate, "nll", "--data", folder, "--split", "valid")


def test_each_task_is_scored_on_the_model_that_knows_it(tmp_path: Path) -> None:
    """Without --model rows and frames12 are the row transformer's, slices the Tonnetz LSTM's."""
    (tmp_path / "test").mkdir()
    write_song(tmp_path / "test" / "song.mid", seed=0)
    for task, name in (
        ("rows", "row-transformer"),
        ("frames12", "row-transformer"),
        ("slices", "tonnetz-lstm"),
    ):
        result = run(evaluate, "nll", "--task", task, "--data", tmp_path)
        assert result.exit_code == 0, result.output
        assert re.search(rf"^{name} +\d", result.output, re.MULTILINE)
        assert f"{task}: test, 1 song" in result.output


def test_evaluate_arrange_prints_the_arranger_beside_its_baselines(tmp_path: Path) -> None:
    """On a song of three plain voices every method has a row of figures."""
    (tmp_path / "test").mkdir()
    roles = {"p1": 76, "p2": 64, "tr": 43}
    tracks = tuple(
        Track(role, k, 80, tuple(Note(float(b), 0.9, pitch + b % 5) for b in range(40)), role=role)
        for k, (role, pitch) in enumerate(roles.items())
    )
    score = Score((*tracks, Track("no", 9, 121, role="no")), end_beats=40.0, dialect="nesmdb")
    write_score(score, tmp_path / "test" / "song.mid", overwrite=False)
    result = run(evaluate, "arrange", "--data", tmp_path, "--timing", "frames")
    assert result.exit_code == 0
    assert re.search(r"^arranger +frames +\d+\.\d%", result.output, re.MULTILINE)
    assert "greedy nearest pitch" in result.output


def test_data_of_another_grid_is_not_scored(folder: Path, tmp_path: Path) -> None:
    """Slices of two beats are not the task's, and the message says how to get those."""
    cache = tmp_path / "c.cache"
    run(dataset, "prepare", folder, "-o", cache, "--step-beats", 2)
    with pytest.raises(ChipgenError, match="slices of 2 beats"):
        run(evaluate, "nll", "--data", cache)


@pytest.mark.data
@pytest.mark.skipif("CHIPGEN_NESMDB" not in os.environ, reason="CHIPGEN_NESMDB is not set")
def test_the_shipped_model_is_as_good_as_its_card_says(tmp_path: Path) -> None:
    """On NES-MDB's valid split: below 7.5 nats a slice (Markov 10.77), as the model card has it."""
    (tmp_path / "valid").symlink_to(Path(os.environ["CHIPGEN_NESMDB"]) / "valid")
    result = run(evaluate, "nll", "--data", tmp_path)
    found = re.search(r"^tonnetz-lstm +(\d+\.\d+)", result.output, re.MULTILINE)
    assert found
    assert float(found[1]) < 7.5
