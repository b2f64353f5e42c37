"""How far work is, where nobody watches a terminal."""

from pathlib import Path

import pytest

from chipgen.cli import progress
from tests.commandline import run

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"


@pytest.mark.parametrize("words", [["--from-scratch"], [str(SEED)]])
def test_composing_tells_how_far_it_is(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines on standard error count the bars; -q leaves them out."""
    monkeypatch.setattr(progress, "FIRST_LINE_S", 0.0)
    monkeypatch.setattr(progress, "NEXT_LINE_S", 0.0)
    out = tmp_path / "a.mid"
    told = run("generate", *words, "-o", out, "--bars", "12")
    assert told.exit_code == 0, told.stderr
    lines = [line for line in told.stderr.splitlines() if " of 12 bars after" in line]
    assert lines
    assert lines == sorted(lines, key=lambda line: int(line.split(" of ")[0].rpartition(" ")[2]))
    quiet = run("generate", *words, "-o", out, "--bars", "12", "--force", "-q")
    assert quiet.output == ""


def test_lines_come_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one for each report: the first after some seconds, and none when all is done."""
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with progress.progress_bar("song", "bar") as report:
        for done in range(1, 101):
            now = float(done)
            report(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "song: 5 of 100 bars after 5 s, about 95 s to go"
    assert len(lines) == 7
