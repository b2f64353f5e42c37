"""The manner of all commands: help by the screen, old names, -q and -v."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from chipgen.cli.command import Command, Option, subcommands
from chipgen.cli.main import COMMANDS
from tests.commandline import run

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"
SCREEN_LINES = 24


def all_commands() -> list[str]:
    """Return the words of every command."""
    return [
        words
        for name, (module, _) in COMMANDS.items()
        for words, _ in subcommands(importlib.import_module(module).command, name)
    ]


@pytest.mark.parametrize("command", ["render", "generate", "export", "batch"])
def test_help_is_a_screenful_first(command: str) -> None:
    """The usual options under headings; --help-all has every one."""
    short, whole = run(command, "--help").stdout, run(command, "--help-all").stdout
    assert len(short.splitlines()) < SCREEN_LINES
    assert max(map(len, short.splitlines())) <= 80
    assert "--help-all" in short
    for word in ("--bars", "--preset", "--output", "Compose:"):
        assert word in short
    found = importlib.import_module(COMMANDS[command][0]).command
    for param in found.params:
        if isinstance(param, Option):
            assert max(param.opts, key=len) in whole
            assert not any(f"{alias} " in whole for alias in param.aliases if alias != "--loop")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["render", SEED, "--bars", "1", "--without-seed"], ["--without-input"]),
        (["export", SEED, "--to", "vgm"], ["--format", "vgm"]),
        (["export", SEED, "--format", "vgm", "--loop"], ["--find-loop"]),
    ],
)
def test_old_names_still_work(tmp_path: Path, old: list[str | Path], new: list[str]) -> None:
    """They write the same bytes as the new ones."""
    made = []
    for words in (old, [*old[: -len(new)], *new]):
        result = run(*words, "-o", tmp_path / "a.vgm", "--force")
        assert result.exit_code == 0, result.stderr
        made.append((tmp_path / "a.vgm").read_bytes())
    assert made[0] == made[1]


def test_quiet_says_nothing_and_verbose_tells_of_stages(tmp_path: Path) -> None:
    """-q leaves results and errors; -v adds a line for each stage; results stay where they are."""
    words = ("render", SEED, "--as-is", "--format", "vgm", "--force", "-o", tmp_path / "a.vgm")
    assert (quiet := run(*words, "-q")).exit_code == 0
    assert quiet.output == ""
    usual, verbose = run(*words), run(*words, "-v")
    assert (usual.stdout, verbose.stdout) == ("", "")
    assert usual.stderr.count("\n") == 1
    assert "arranging: " in verbose.stderr
    assert run(*words).stderr.count("\n") == 1  # it does not last
    assert run("render", "none.mid", "-q").stderr
    assert run(*words, "-q", "-v").exit_code == 2


@pytest.mark.parametrize("command", all_commands())
def test_every_command_is_quiet_on_demand(command: str) -> None:
    """Each has -q, -v and --help-all, with one meaning each, as -f and -o have where they are."""
    told = run(*command.split(), "--help-all")
    assert told.exit_code == 0
    for flag in ("-f, --force", "-o, --output"):
        assert flag in told.stdout or flag.split(" ")[1] not in told.stdout
    for flag in ("-q, --quiet", "-v, --verbose", "--help-all", "-h, --help"):
        assert flag in told.stdout


@pytest.mark.parametrize(
    ("words", "likely"),
    [
        (["render", SEED, "--bras", "4"], "Did you mean '--bars'?"),
        (["export", SEED, "--too", "nsf"], "Did you mean '--top-p'?"),  # not the old name --to
        (["--hepl"], "Did you mean '--help'?"),
        (["render", SEED, "--drums", "sed"], "Did you mean seed?"),
        (["evaluate", "nll", "--task", "row", "--data", "."], "Did you mean rows?"),
        (["train", "row-transfomer", "--data", ".", "-o", "x"], "did you mean 'row-transformer'"),
        (["render", SEED, "-o", "a.wvv"], "did you mean .wav?"),
        (["render", SEED, "--format", "wvv"], "did you mean wav?"),
    ],
)
def test_a_mistyped_word_is_told_the_nearest(words: list[str | Path], likely: str) -> None:
    """It is wrong usage, and names of old are not recommended."""
    result = run(*words)
    assert result.exit_code == 2
    assert likely in result.stderr


def test_output_survives_old_code_pages(tmp_path: Path) -> None:
    """Help and errors are printed with letters that the terminal has."""
    script = (
        "import sys\n"
        "from chipgen.cli.main import main\n"
        "for encoding in ('ascii', 'latin-1', 'cp437', 'cp850'):\n"
        "    for words in LISTS:\n"
        "        for stream in (sys.stdout, sys.stderr):\n"
        "            stream.flush()\n"
        "            stream.reconfigure(encoding=encoding, errors='strict')\n"
        "        sys.argv = ['chipgen', *words]\n"
        "        try:\n"
        "            main()\n"
        "        except SystemExit as stop:\n"
        "            assert stop.code in (0, 1, 2, None), (words, stop.code)\n"
    )
    lists = [[*words.split(), "--help-all"] for words in all_commands()]
    lists += [
        ["--help"],
        ["examples"],
        ["info", "caf\u00e9 \u2026\u266f.mid"],
        ["rend\u00e9\u2026"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", script.replace("LISTS", ascii(lists))],
        capture_output=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "0"},
    )  # fmt: skip
    errors = done.stderr.decode("latin-1")
    assert done.returncode == 0, errors
    told = done.stdout.decode("latin-1")
    assert told.count("VOICE=PART,...") >= 4
    assert "Gymnop\\xe9die" in told  # in ASCII
    assert "Traceback" not in errors
    assert "internal error" not in errors


def test_help_has_a_short_name_too_where_a_command_is_reached_without_its_group() -> None:
    """The reference of commands reaches them so; help asked for afterwards shows the same."""
    command = Command("alone")
    option = command.get_help_option(click.Context(command))
    assert option is not None
    assert option.opts == ["-h", "--help"]


@pytest.mark.parametrize(("command", "bars"), [("render", 16), ("export", 0), ("play", 0)])
def test_the_short_help_tells_the_command_s_own_default(command: str, bars: int) -> None:
    """`export` and `play` compose nothing unless they are asked to."""
    assert f"0 plays the file as it is. [{bars}]" in run(command, "--help").stdout


@pytest.mark.parametrize("group", ["dataset", "evaluate", "model", "preset"])
def test_what_a_group_s_commands_do_is_told_in_whole_lines(group: str) -> None:
    """No line of the overview is cut off."""
    assert "..." not in run(group, "--help").stdout.split("Commands:")[1]
