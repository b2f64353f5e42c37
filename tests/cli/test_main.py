"""The command line's manners: quick help, one-line errors, exit codes, nothing loaded in vain."""

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import pytest

from chipgen import __version__
from chipgen.cli.main import COMMANDS
from synth.output import playback
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"


def loaded_after(*arguments: str) -> set[str]:
    """Run a command in a fresh interpreter; return the top-level modules it loaded."""
    script = (
        "import sys\n"
        "from chipgen.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_help_loads_nothing_heavy() -> None:
    """`chipgen --help` answers at once because it imports none of the working libraries."""
    heavy = {"numpy", "numba", "torch", "matplotlib", "scipy", "mido", "pydantic", "soundfile"}
    assert not loaded_after("--help") & heavy


def test_playing_a_file_as_it_is_loads_no_torch(tmp_path: Path) -> None:
    """Without a model at work there is no waiting for torch or matplotlib."""
    out = tmp_path / "out.wav"
    loaded = loaded_after("render", str(EXAMPLES / "seed.mid"), "-o", str(out), "--as-is")
    assert out.exists()
    assert not loaded & {"torch", "matplotlib", "pretty_midi", "sounddevice"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    """Each command of the table, and each below it, shows an example of itself."""
    found = importlib.import_module(COMMANDS[command][0]).command
    below = list(getattr(found, "commands", ()))
    for words in [(command, name) for name in below] or [(command,)]:
        result = run(*words, "--help")
        assert result.exit_code == 0
        _usage, explained = result.output.split("\n\n", 1)
        assert f"chipgen {' '.join(words)}" in explained


def test_version() -> None:
    """`--version` says the version the package has."""
    assert __version__ in run("--version").output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["rendr"], "did you mean render?"),
        (["preset", "lst"], "did you mean list?"),
        (["render"], "name a file"),
        (["render", "{seed}", "-o", "out.xyz"], "out.xyz"),
        (["render", "{seed}", "-o", "out"], "suffix"),
        (["render", "{seed}", "--format", "famistudoi"], "did you mean famistudio?"),
        (["render", "{seed}", "-o", "out.wav", "--preset", "defualt"], "did you mean 'default'?"),
        (["render", "{seed}", "-o", "out.wav", "--preset", "none.yaml"], "none.yaml"),
        (["render", "{seed}", "-o", "out.wav", "--model", "tonetz-lstm"], "did you mean 'tonnetz"),
        (["render", "{seed}", "-o", "out.wav", "--map", "pulse9=track:1"], "pulse9"),
        (["render", "example:sed", "-o", "out.wav"], "did you mean seed?"),
        (["examples", "sed"], "did you mean seed?"),
        (["train", "rowtransformer", "--data", ".", "-o", "run"], "'row-transformer'?"),
        (["render", "nowhere.mid", "-o", "a.wav"], "nowhere.mid"),
        (["render", "{seed}", "-o", "a.wav", "--bars", "-1"], "--bars"),
        (["render", "{seed}", "-o", "a.wav", "--rate", "1"], "--rate"),
        (["render", "{seed}", "-o", "a.wav", "--as-is", "--bars", "4"], "--as-is"),
        (["render", "{seed}", "-o", "a.wav", "--as-is", "--without-seed"], "--as-is"),
        (["generate", "{seed}", "-o", "a.wav", "--bars", "0"], "--bars"),
        (["batch", "{seed}", "-o", "rendered"], "{seed}"),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: list[str], word: str) -> None:
    """A call the command line cannot read names what is wrong and exits with 2."""
    seed = str(EXAMPLES / "seed.mid")
    result = run(*(word.format(seed=seed) for word in arguments), cwd=tmp_path)
    assert result.exit_code == 2
    assert word.format(seed=seed) in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_model_does_not_blame_the_seed(tmp_path: Path) -> None:
    """The line is about the model, not about the file that is fine."""
    result = run("render", EXAMPLES / "seed.mid", "-o", tmp_path / "a.wav", "--model", "nobody")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: model 'nobody' is unknown")
    assert "seed.mid" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["render", "{seed}", "-o", "missing/out.wav"], "missing"),
        (["render", "picture.mid", "-o", "out.wav"], "picture.mid"),
    ],
)
def test_bad_input_exits_with_1_in_one_line(
    tmp_path: Path, arguments: list[str], word: str
) -> None:
    """What cannot be used is named in one line on standard error, and nothing is written."""
    (tmp_path / "picture.mid").write_bytes(b"\x89PNG\r\n\x1a\n")
    seed = str(EXAMPLES / "seed.mid")
    result = run(*(word.format(seed=seed) for word in arguments), cwd=tmp_path)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("chipgen: ")
    assert word in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["picture.mid"]


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    """A file that stands where the output should go is replaced only with --force."""
    out = tmp_path / "out.wav"
    out.write_bytes(b"mine")
    arguments = ("render", str(EXAMPLES / "seed.mid"), "-o", str(out), "--as-is")
    refused = run(*arguments)
    assert (refused.exit_code, out.read_bytes()) == (1, b"mine")
    assert "--force" in refused.stderr
    assert run(*arguments, "--force").exit_code == 0
    assert out.read_bytes()[:4] == b"RIFF"


def test_the_console_script_reports_errors_without_a_traceback(tmp_path: Path) -> None:
    """The installed program itself, as a process, keeps the same manners."""
    (tmp_path / "empty.mid").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", "render", "empty.mid", "-o", "out.wav"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("chipgen: empty.mid")
    assert done.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    """What the system refuses on the way is one line too: here a file stands in a folder's way."""
    (tmp_path / "out").write_bytes(b"")
    result = run("batch", EXAMPLES, "-o", tmp_path / "out" / "deep", "--as-is")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(tmp_path / "out" / "deep") in result.stderr


def test_errors_of_composing_name_the_file(tmp_path: Path) -> None:
    """A seed that cannot be gone on from is named, with the reason."""
    silent = mido.MidiFile()
    silent.tracks.append(mido.MidiTrack())
    silent.save(tmp_path / "silent.mid")
    result = run("render", "silent.mid", "-o", "out.wav", cwd=tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith("chipgen: silent.mid: ")


def test_a_damaged_file_is_played_and_said_to_be(tmp_path: Path) -> None:
    """What can be read of a damaged file is played, with a note that names it."""
    data = (EXAMPLES / "seed.mid").read_bytes()
    (tmp_path / "half.mid").write_bytes(data[: len(data) // 2])
    result = run("render", "half.mid", "-o", "out.wav", "--as-is", cwd=tmp_path)
    assert result.exit_code == 0
    assert result.stderr.startswith("note: half.mid is damaged")


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let what `chipgen devices` calls first fail."""
    from synth.output import playback

    def fail() -> None:
        raise error

    monkeypatch.setattr(playback, "list_devices", fail)


def test_an_internal_error_is_said_to_be_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one line that asks for a report; --debug shows where it happened."""
    fail_with(monkeypatch, ZeroDivisionError("float\x1b[2J"))
    plain = run("devices")
    assert plain.exit_code == 1
    assert plain.stderr.count("\n") == 1
    assert "internal error (ZeroDivisionError: float[2J)" in plain.stderr
    assert "report" in plain.stderr
    assert "Traceback" not in plain.stderr
    shown = run("--debug", "devices")
    assert shown.exit_code == 1
    assert "Traceback" in shown.stderr


def test_ctrl_c_is_one_word_and_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it comes, also where an import makes an error of its own of it."""
    fail_with(monkeypatch, KeyboardInterrupt())
    result = run("devices")
    assert (result.exit_code, result.stderr) == (130, "chipgen: stopped\n")


def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no machine can hold is no defect of ours."""
    fail_with(monkeypatch, MemoryError())
    result = run("devices")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "memory" in result.stderr


@pytest.mark.parametrize("words", [("preset", "list"), ("preset", "schema"), ("render", "--help")])
def test_a_closed_pipe_is_no_error(words: tuple[str, ...]) -> None:
    """Who reads a few lines only, as `head` does, gets them, and nothing is said."""
    program = subprocess.Popen(
        [sys.executable, "-m", "chipgen", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    said = program.stderr.read()
    program.stderr.close()
    assert (program.wait(timeout=120), said) == (0, b"")


def test_ctrl_c_while_modules_are_loaded_is_one_word_too() -> None:
    """From the first line of ours on there is no traceback."""
    script = (
        "import os, signal, sys\n"
        "import chipgen.__main__ as program\n"
        "sys.meta_path.insert(0, type('Stop', (), {'find_spec': staticmethod(\n"
        "    lambda *_: os.kill(os.getpid(), signal.SIGINT))}))\n"
        "program.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (130, "chipgen: stopped\n")


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_after_the_end_is_no_traceback(stop: int, code: int) -> None:
    """While Python takes itself apart, all is done: Ctrl-C changes nothing any more."""
    script = (
        "import os, signal, sys\n"
        "import chipgen.__main__ as program\n"
        "import atexit\n"
        f"atexit.register(os.kill, os.getpid(), {stop:d})\n"
        "sys.argv = ['chipgen', '--version']\n"
        "program.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (code, "")


def test_ctrl_c_is_not_lost_where_python_ignores_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python ignores an exception in a finalizer: the run ends a moment later all the same."""

    class Dying:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            sum(range(1000))  # so that Python sees the signal here

    def list_devices() -> None:
        dying = Dying()
        del dying
        time.sleep(60)

    monkeypatch.setattr(playback, "list_devices", list_devices)
    result = run("devices")
    assert (result.exit_code, result.stderr) == (130, "chipgen: stopped\n")


@pytest.mark.parametrize("text", ["²", "\uff19", "9" * 5_000, "-1", "", "1e3", "٣", "\udce9"])
def test_no_option_s_text_traces_back(text: str, tmp_path: Path) -> None:
    """Numbers as other scripts write them, and numbers without an end, are refused in a line."""
    seed = str(EXAMPLES / "seed.mid")
    for words in (
        ("--as-is", "--map", f"pulse1=channel:{text}"),
        ("--as-is", "--map", f"pulse1@{text}=track:0"),
        ("--as-is", "--map", f"pulse1=track:0:{text}-"), ("--track", text), ("--seed", f"x{text}"),
        ("--fill", text + "-"), ("--key", text + "?"), ("--bars", f"{text}?"),
        ("--form", f"({text}"), ("--chords", f"{text}?"),
    ):  # fmt: skip
        result = run("render", seed, "-o", "a.wav", *words, cwd=tmp_path)
        assert result.exit_code in (1, 2), words
        assert "internal error" not in result.stderr
        assert "Traceback" not in result.stderr
