"""A file that is read is replaced only with --in-place."""

import os
import shutil
from pathlib import Path

import pytest

from tests.commandline import run

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"


@pytest.mark.parametrize("name", ["seed.mid", "link.mid", "hard.mid", "./seed.mid"])
def test_an_input_is_no_output_unless_asked(name: str, tmp_path: Path) -> None:
    """Under whatever name, --force alone does not replace what is read; --in-place does."""
    shutil.copy(SEED, tmp_path / "seed.mid")
    (tmp_path / "link.mid").symlink_to("seed.mid")
    os.link(tmp_path / "seed.mid", tmp_path / "hard.mid")
    before = SEED.read_bytes()
    words = ("arrange", "seed.mid", "-o", name)
    for more in ((), ("--force",)):
        refused = run(*words, *more, cwd=tmp_path)
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
        assert "--in-place" in refused.stderr
        assert (tmp_path / "seed.mid").read_bytes() == before
    assert run(*words, "--in-place", cwd=tmp_path).exit_code == 0
    assert (tmp_path / "seed.mid").read_bytes() != before
    assert (tmp_path / "link.mid").is_symlink()


def test_in_place_replaces_nothing_else(tmp_path: Path) -> None:
    """It is no --force: another file that exists stays."""
    (tmp_path / "other.mid").write_bytes(b"mine")
    refused = run("arrange", SEED, "-o", "other.mid", "--in-place", cwd=tmp_path)
    assert refused.exit_code == 1
    assert (tmp_path / "other.mid").read_bytes() == b"mine"


def test_numbered_takes_do_not_replace_their_seed(tmp_path: Path) -> None:
    """Nor does the score beside a sound."""
    shutil.copy(SEED, tmp_path / "take-2.mid")
    words = ("generate", "take-2.mid", "-o", "take.mid", "--takes", "3", "--bars", "1", "--force")
    assert "--in-place" in run(*words, cwd=tmp_path).stderr
    words = ("render", "take-2.mid", "-o", "a.wav", "--midi", "take-2.mid", "--as-is", "--force")
    assert "--in-place" in run(*words, cwd=tmp_path).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["take-2.mid"]


def test_a_preset_is_not_replaced_by_its_child(tmp_path: Path) -> None:
    """A preset that extends a file is not written over that file."""
    run("preset", "new", "mine", cwd=tmp_path)
    words = ("preset", "new", "child", "--extends", "mine.yaml", "-o", "mine.yaml", "--force")
    refused = run(*words, cwd=tmp_path)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert b"name: mine" in (tmp_path / "mine.yaml").read_bytes()
