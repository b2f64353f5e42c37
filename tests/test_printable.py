"""What is printed steers no terminal, whatever titles, recipes and file names hold."""

import ast
import io
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.printable import echo, echo_lines, printable, printable_lines
from tests.commandline import run

ROOT = Path(__file__).parents[1]
EVIL = "x\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj\r\nforged: line\x7f"


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_lines_hold_nothing_that_steers_a_terminal(text: str) -> None:
    """Control characters and marks of direction are gone; line ends and tabs stay."""
    for character in printable_lines(text):
        assert character in "\t\n" or ord(character) >= 0x20
        assert not 0x7F <= ord(character) < 0xA0
        assert not 0x202A <= ord(character) <= 0x202E
    assert "\n" not in printable(text)


def test_what_is_plain_stays_as_it_is() -> None:
    """Names in any script, with accents and emoji, are printed as they are."""
    for text in ("Ödipus – 交響曲 🎵 d’amour", "a\n\tb", "👩‍🚀 of 1"):  # noqa: RUF001
        assert printable_lines(text) == text


def test_echo_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A line end within a line cannot begin another; reports keep theirs."""
    echo(EVIL)
    echo("done", err=True, over=True)
    echo_lines("a\n  b\x1b[0m")
    out, err = capsys.readouterr()
    assert out == "x]0;owned[2J31mgpj  forged: line\na\n  b[0m\n"
    assert err == "\rdone\n"


def test_titles_recipes_and_names_reach_no_terminal_raw(tmp_path: Path) -> None:
    """`info`, the report, errors and notes print what a file says without its controls."""
    name = "song\x1b[31m\nnote: forged.mid"
    song = mido.MidiFile()
    song.tracks.append(
        mido.MidiTrack(
            [
                mido.MetaMessage("track_name", name="lead\x1b[2J"),
                mido.MetaMessage(
                    "text", text="chipgen 0.1.0\x1b[2J | chipgen generate a\x07 | weights abc"
                ),
                mido.Message("note_on", note=60),
                mido.Message("note_off", note=60, time=960),
            ]
        )
    )
    data = io.BytesIO()
    song.save(file=data)
    (tmp_path / name).write_bytes(data.getvalue())
    results = [
        run("info", name, cwd=tmp_path),
        run("arrange", name, "-o", "four.mid", "--report", cwd=tmp_path),
        run("render", name, "-o", "a\x1b[1m.xyz", cwd=tmp_path),
        run("render", "absent\x1b[1m.mid", "-o", "a.wav", cwd=tmp_path),
        run("render", name, "-o", "a.wav", "--preset", "\x1b[1m\n.yaml", cwd=tmp_path),
        run("render", name, "-o", "a.wav", "--map", "\x1b[1m", cwd=tmp_path),
        run("render\x1b[2J", cwd=tmp_path),
    ]
    assert results[0].exit_code == results[1].exit_code == 0
    for result in results:
        assert "\x1b" not in result.output
        assert "\x07" not in result.output
        assert "\nnote: forged" not in result.output


def test_nothing_prints_in_another_way() -> None:
    """Only `chipgen.printable` calls `click.echo`, and nothing calls `print`."""
    allowed = {"chipgen/printable.py", "synth/kernels/library.py"}
    for path in [*(ROOT / "chipgen").rglob("*.py"), *(ROOT / "synth").rglob("*.py")]:
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and name not in allowed:
                called = ast.unparse(node.func)
                assert called not in ("print", "click.echo", "click.secho"), f"{name}: {called}"
