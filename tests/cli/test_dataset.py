"""`chipgen dataset` prepares a folder once and tells what is in it."""

import os
import re
from pathlib import Path

import pytest

from chipgen.cli.dataset import command as dataset
from synth.errors import SynthError
from tests.cli.invoke import run


def test_prepare_then_stats(folder: Path, tmp_path: Path) -> None:
    """The cache is written once; the table gives files, kept songs and the card's counts."""
    cache = tmp_path / "c.cache"
    first = run(dataset, "prepare", folder, "-o", cache)
    assert first.exit_code == 0
    assert re.search(r"train +3 +3 +4,160 +120 +3", first.output)
    assert "written" in first.stderr
    assert "up to date" in run(dataset, "prepare", folder, "-o", cache).stderr
    with pytest.raises(SynthError, match="--force"):
        run(dataset, "prepare", folder, "-o", cache, "--step-beats", 2)
    again = run(dataset, "prepare", folder, "-o", cache, "--step-beats", 2, "--force")
    assert re.search(r"train +3 +3 +4,160 +60", again.output)
    told = run(dataset, "stats", cache)
    assert told.exit_code == 0
    assert "model card" in told.output


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_report_is_a_file(name: str, folder: Path) -> None:
    """A folder, or nothing, in its place is told in a line."""
    with pytest.raises(SynthError, match="is a folder"):
        run(dataset, "report", folder, "-o", name)


def test_a_report_may_have_any_name(folder: Path, tmp_path: Path) -> None:
    """A name that is no UTF-8 is in the page as it is on the disk."""
    name = os.fsdecode(b"a\xff.md")
    assert run(dataset, "report", folder, "-o", tmp_path / name).exit_code == 0
    assert b"a\xff.png" in (tmp_path / name).read_bytes()
