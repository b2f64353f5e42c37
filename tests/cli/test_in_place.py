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


def test_no_part_of_an_output_replaces_an_input(tmp_path: Path) -> None:
    """A stem that is a link to the song, or another name of it, is refused before any work."""
    shutil.copy(SEED, tmp_path / "seed.mid")
    (tmp_path / "a-noise.wav").symlink_to("seed.mid")
    words = ("render", "seed.mid", "-o", "a.wav", "--as-is", "--stems", "apu", "--force")
    refused = run(*words, cwd=tmp_path)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "a-noise.wav is read for this" in refused.stderr
    assert (tmp_path / "seed.mid").read_bytes() == SEED.read_bytes()


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    """A score beside another score needs a name of its own, under whatever name it is given."""
    (tmp_path / "b.mid").symlink_to("a.mid")
    for name in ("a.mid", "./a.mid", "b.mid"):
        words = ("render", SEED, "-o", "a.mid", "--midi", name, "--bars", "1", "--force")
        refused = run(*words, cwd=tmp_path)
        assert refused.exit_code == 2
        assert "written twice" in refused.stderr
    assert not (tmp_path / "a.mid").exists()


def test_songs_and_presets_that_are_read_stay(tmp_path: Path) -> None:
    """Caches, reports, presets and demonstrations are written over nothing that they come from."""
    run("preset", "new", "mine", cwd=tmp_path)
    (tmp_path / "data" / "train").mkdir(parents=True)
    shutil.copy(SEED, tmp_path / "data" / "train" / "a.mid")
    run("export", SEED, "-o", "song.famistudio.txt", cwd=tmp_path)
    shutil.move(tmp_path / "song.famistudio.txt", tmp_path / "song.yaml")
    (tmp_path / "a.md").symlink_to("data/train/a.mid")
    (tmp_path / "a.wav").symlink_to("mine.yaml")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for words in (
        ("dataset", "prepare", "data", "-o", "data/train/a.mid"),
        ("dataset", "prepare", "data", "-o", "a.cache", "--rows", "data/train/a.mid"),
        ("dataset", "report", "data", "-o", "a.md"),
        ("preset", "from", "song.yaml"),
        ("preset", "audition", "mine.yaml", "-o", "a.wav"),
    ):
        refused = run(*words, "--force", cwd=tmp_path)
        assert refused.exit_code == 1, words
        assert "is read for this" in refused.stderr
    assert {path: path.read_bytes() for path in before} == before
