"""The functions do the command line's work, to the byte."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import chipgen
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = EXAMPLES / "seed.mid"


@pytest.mark.parametrize(
    ("name", "words", "options"),
    [
        ("a.wav", ["--bars", "1", "--seed", "7", "--rate", "8000"],
         {"bars": 1, "seed": 7, "rate": 8000}),
        ("a.mid", ["--bars", "1", "--key", "D minor", "--tempo", "100"],
         {"bars": 1, "key": "D minor", "tempo": 100}),
        ("a.nsf", ["--as-is", "--preset", "bright", "--title", "T"],
         {"as_is": True, "preset": "bright", "title": "T"}),
        ("a.flac", ["--as-is", "--loops", "2", "--bits", "24", "--rate", "8000"],
         {"as_is": True, "loops": 2, "bits": "24", "rate": 8000}),
    ],
)  # fmt: skip
def test_render_writes_the_command_line_s_bytes(
    tmp_path: Path, name: str, words: list[str], options: dict[str, Any]
) -> None:
    """Names, defaults and files are the same."""
    (tmp_path / "cli").mkdir()
    source = EXAMPLES / ("groove.mid" if "--loops" in words else "seed.mid")  # it has loop marks
    assert run("render", source, "-o", tmp_path / "cli" / name, *words).exit_code == 0
    chipgen.render(source, tmp_path / name, **options)
    assert (tmp_path / name).read_bytes() == (tmp_path / "cli" / name).read_bytes()


def test_arrange_writes_the_command_line_s_bytes(tmp_path: Path) -> None:
    """And says what became of the notes."""
    piano = EXAMPLES / "piano.mid"
    assert run("arrange", piano, "-o", tmp_path / "a.mid").exit_code == 0
    song = chipgen.arrange(piano)
    song.save(tmp_path / "b.mid")
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert song.arrangement is not None
    assert sum(song.arrangement.counts().values()) == len(song.arrangement.placements)


def test_takes_and_files_beside(tmp_path: Path) -> None:
    """Numbered as on the command line; each take alone is the same."""
    song = chipgen.render(
        None, tmp_path / "t.vgm", bars=1, takes=2, midi=tmp_path / "t.mid", key="Eb"
    )
    assert len(song.takes) == 2
    names = ["t-1.mid", "t-1.vgm", "t-2.mid", "t-2.vgm"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    chipgen.compose(bars=1, seed=1, key="Eb").save(tmp_path / "again.mid")
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "t-2.mid").read_bytes()


def test_a_batch_from_python(tmp_path: Path) -> None:
    """One outcome a file, as `chipgen batch` lists them."""
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.mid").write_bytes(SEED.read_bytes())
    for status in ("rendered", "up to date"):
        (made,) = chipgen.batch(
            tmp_path / "songs", tmp_path / "out", as_is=True, format="vgm", jobs=1
        )
        assert made.status == status
    assert made.target.suffix == ".vgm"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: chipgen.compose("example:seed", model="nobody"), "model 'nobody' is unknown"),
        (lambda: chipgen.open("example:seed", temperature=2.0), "temperature"),
        (lambda: chipgen.compose("example:seed", from_scratch=True), "leave out the source"),
        (lambda: chipgen.compose("example:seed", takes=0), "takes is 0"),
        (lambda: chipgen.render("example:seed", "a.wav", as_is=True, bars=2), "as_is"),
    ],
)
def test_misuse_is_one_error_in_keywords(call: Any, words: str) -> None:
    """A RequestError that speaks Python."""
    with pytest.raises(chipgen.RequestError, match=words) as caught:
        call()
    assert "--" not in str(caught.value)


def test_lists() -> None:
    """Presets, models and examples by the names that functions take."""
    assert "bright" in chipgen.list_presets()
    assert "row-transformer" in chipgen.list_models()
    assert "example:seed" in chipgen.list_examples()


def test_a_batch_in_a_script_without_a_guard_says_so(tmp_path: Path) -> None:
    """Workers run a script's top level again: they say what to do instead of waiting for ever."""
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in ("folk", "seed"):
        (songs / f"{name}.mid").write_bytes((EXAMPLES / f"{name}.mid").read_bytes())
    script = tmp_path / "script.py"
    script.write_text(
        "import chipgen\n"
        f"made = chipgen.batch({str(songs)!r}, {str(tmp_path / 'out')!r}, as_is=True, jobs=2)\n"
        "print([each.status for each in made])\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True
    )
    assert 'if __name__ == "__main__":' in done.stderr
    assert done.stdout.strip() == "['failed', 'failed']"
