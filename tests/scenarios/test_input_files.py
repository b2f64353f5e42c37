"""Whatever is named as an input and is no file that can be read is refused in a line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from chipgen.cli.files import ReadFile
from chipgen.cli.main import cli
from chipgen.request.base import names_file
from chipgen.request.request import Request
from tests import midi_files as smf
from tests.commandline import run

# A name, the command in which {} is the file, its suffix, and the parameter that takes it.
TAKERS = {
    **{
        f"render {suffix}": ("render {} --as-is -o out.wav", suffix, "render source")
        for suffix in (".mid", ".famistudio.txt", ".vgm", ".nsf", ".m3u", ".chipgen")
    },
    "generate": ("generate {} -o out.mid", ".mid", "generate source"),
    "arrange": ("arrange {} -o out.mid", ".mid", "arrange source"),
    "export": ("export {} -o out.nsf", ".mid", "export source"),
    "plot": ("plot {} -o out.png", ".mid", "plot source"),
    "info": ("info {}", ".mid", "info source"),
    "dataset convert": ("dataset convert {} -o out.mid", ".mid", "dataset convert song"),
    "preset from": ("preset from {}", ".famistudio.txt", "preset from source"),
    "--preset": ("render song.mid --as-is -o out.wav --preset {}", ".yaml", "preset"),
    "--presets": ("dataset render songs -o out --as-is --presets {}", ".yaml", ""),
    "extends": ("preset new mine --extends {}", ".yaml", ""),
    "a preset's sample": ("preset show kit.yaml", ".wav", ""),
    "preset show": ("preset show {}", ".yaml", ""),
    "preset show --source": ("preset show {} --source", ".yaml", ""),
    "preset validate": ("preset validate {}", ".yaml", ""),
    "preset audition": ("preset audition {} -o out.wav", ".yaml", ""),
    "--model": ("generate song.mid -o out.mid --model {}", ".safetensors", "model"),
    "dataset stats": ("dataset stats {}", ".cache", ""),
}  # fmt: skip
# What needs more than these tests have once the file is taken: a sound device, PyTorch.
BEFORE_MORE = {
    "play": ("play {}", ".mid", "play source"),
    "train --config": ("train chords -o run --data songs --config {}", ".yaml", "train config"),
    "train --preview": (
        "train chords -o run --data songs --preview {}", ".mid", "train preview_seed",
    ),
    "model export": ("model export {} -o out.safetensors", ".state.pt", "model export state"),
}  # fmt: skip
FOLDERS_TOO = {"dataset stats"}

UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "is not a file; name a"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is not a file; name a"),
    "folder": (lambda path: path.mkdir(), "is a folder; name a"),
    "nothing": (lambda _: None, ""),
}
UNUSABLE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.touch(),
    "sparse": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
}

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a song, a folder of songs, and a preset that names a sample."""
    song = smf.midi(b"".join(smf.note(60 + k % 5, 480) for k in range(16)))
    (tmp_path / "song.mid").write_bytes(song)
    for split in ("train", "valid"):
        (tmp_path / "songs" / split).mkdir(parents=True)
        (tmp_path / "songs" / split / f"{split}.mid").write_bytes(song)
    (tmp_path / "kit.yaml").write_text(
        "format: 1\nname: kit\nextends: plain\nsamples:\n  hit: {file: bad.wav}\n"
    )
    return tmp_path


def refused(folder: Path, command: str, path: Path) -> tuple[int, str]:
    """Run a command with a file, and return its exit code and the line that it told.

    It leaves the folder as it was.
    """
    before = sorted(folder.rglob("*"))
    words = [path.name if word == "{}" else word for word in command.split()]
    result = run(*words, cwd=folder)
    assert result.stderr.count("\n") == 1, result.stderr
    assert "internal error" not in result.stderr
    assert "memory" not in result.stderr
    assert sorted(folder.rglob("*")) == before
    return result.exit_code, result.stderr


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("taker", [*TAKERS, *BEFORE_MORE])
def test_what_is_no_file_is_refused_alike(folder: Path, taker: str, kind: str) -> None:
    """A pipe is not waited for, an endless device not read; one wording says so everywhere."""
    command, suffix, _ = {**TAKERS, **BEFORE_MORE}[taker]
    make, words = UNREADABLE[kind]
    path = folder / f"bad{suffix}"
    make(path)
    code, line = refused(folder, command, path)
    assert path.name in line
    if kind == "nothing":
        assert code in (1, 2)
    elif not (kind == "folder" and taker in FOLDERS_TOO):
        assert code == 1
        assert words in line


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.parametrize("taker", TAKERS)
def test_a_file_that_holds_nothing_or_a_terabyte_is_refused(
    folder: Path, taker: str, kind: str
) -> None:
    """A file's size is looked at before it is read, and nothing is found in nothing."""
    command, suffix, _ = TAKERS[taker]
    path = folder / f"bad{suffix}"
    UNUSABLE[kind](path)
    code, line = refused(folder, command, path)
    assert code == 1
    assert path.name in line
    if kind == "sparse":
        assert "is larger than" in line


@pytest.mark.parametrize("taker", [name for name in TAKERS if "{}" in TAKERS[name][0]])
def test_a_name_of_any_bytes_is_found(folder: Path, taker: str) -> None:
    """It is the file's content that is refused; the name is shown without its escape sequence."""
    command, suffix, _ = TAKERS[taker]
    path = folder / os.fsdecode(b"odd \x1b[31m\xff\n" + suffix.encode())
    path.touch()
    code, line = refused(folder, command, path)
    assert code == 1
    assert "odd [31m" in line
    assert "\x1b" not in line
    assert "not exist" not in line


def _parameters(command: click.Command, words: str) -> Iterator[tuple[str, click.Parameter]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _parameters(below, f"{words} {name}")
    for parameter in command.params:
        yield f"{words} {parameter.name}".strip(), parameter


def test_every_option_that_takes_a_file_is_tried() -> None:
    """A new one needs a row here."""
    tried = {parameter for _, _, parameter in (*TAKERS.values(), *BEFORE_MORE.values())}
    named = {name for name in Request.model_fields if names_file(Request, name)}
    given = {name for name, each in _parameters(cli, "") if isinstance(each.type, ReadFile)}
    assert given | named == tried - {""}
