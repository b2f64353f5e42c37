"""render, generate and export are one way to do one thing."""

from pathlib import Path

import pytest

from chipgen.music.formats import ANYTHING, suffix_of
from tests.commandline import run

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"


def test_three_names_write_the_same_bytes(tmp_path: Path) -> None:
    """`generate` is render with MIDI as its format, `export` render of the file as it is."""
    pairs = [
        (["generate", SEED, "--bars", "1"], ["render", SEED, "--format", "mid", "--bars", "1"]),
        (
            ["export", SEED, "--title", "A", "--seconds", "2"],
            ["render", SEED, "--as-is", "--format", "nsf", "--title", "A", "--seconds", "2"],
        ),
    ]
    for thin, whole in pairs:
        suffix = str(whole[whole.index("--format") + 1])
        first, second = tmp_path / f"1.{suffix}", tmp_path / f"2.{suffix}"
        assert run(*thin, "-o", first).exit_code == 0
        assert run(*whole, "-o", second).exit_code == 0
        assert first.read_bytes() == second.read_bytes()


def test_render_takes_from_nothing_and_several_takes(tmp_path: Path) -> None:
    """With the score of each kept beside its sound."""
    made = run(
        "render", "--from-scratch", "--bars", "1", "--takes", "2", "--midi", tmp_path / "t.mid",
        "-o", tmp_path / "t.vgm",
    )  # fmt: skip
    assert made.exit_code == 0, made.stderr
    names = ["t-1.mid", "t-1.vgm", "t-2.mid", "t-2.vgm"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


@pytest.mark.parametrize("key", ["mid", "nsf", "famistudio", "flac", "OGG"])
def test_a_format_that_is_named_is_written_whatever_the_file_is_called(
    key: str, tmp_path: Path
) -> None:
    """A build script's `song.tmp` is what the suffix would have given, and a score is kept too."""
    usual, score = tmp_path / f"a{suffix_of(key, ANYTHING)}", tmp_path / "score.mid"
    assert run("render", SEED, "--as-is", "-o", usual).exit_code == 0
    for name in ("a.tmp", "a.wav"):
        made = run(
            "render", SEED, "--as-is", "-o", tmp_path / name, "--format", key,
            "--midi", score, "--force",
        )  # fmt: skip
        assert made.exit_code == 0, made.stderr
        assert (tmp_path / name).read_bytes() == usual.read_bytes()
        assert score.read_bytes()[:4] == b"MThd"
