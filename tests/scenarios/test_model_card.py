"""The model card's code for scoring gives the figures that the command prints."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from chipgen.cli.evaluate import command as evaluate
from tests.songs import write_song

CARD = Path(__file__).parents[2] / "docs" / "model-card.md"


def test_the_cards_code_gives_the_commands_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows, frames of 1/12 s and slices, each summed from `log_prob` over songs made up here."""
    valid = tmp_path / "nesmdb_midi" / "valid"
    valid.mkdir(parents=True)
    for seed in range(2):
        write_song(valid / f"{seed}.mid", seed)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", CARD.read_text(), re.DOTALL)
    exec(compile(code, str(CARD), "exec"), {})
    summed = dict(re.findall(r"^(\w+) (\d+\.\d+) nats", capsys.readouterr().out, re.MULTILINE))
    assert set(summed) == {"rows", "frames12", "slices"}
    for task, nats in summed.items():
        told = CliRunner().invoke(evaluate, ["nll", "--task", task, "--data", "nesmdb_midi"])
        assert told.exit_code == 0, told.output
        printed = re.search(r"^(?:row-transformer|tonnetz-lstm) +(\d+\.\d+)", told.output, re.M)
        assert printed is not None
        assert float(nats) == pytest.approx(float(printed[1]), abs=0.006)
