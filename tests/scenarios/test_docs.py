"""What the documents show is true: every command runs, every link and picture is there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from chipgen.cli.main import COMMANDS
from chipgen.music.formats import read_score, write_score
from chipgen.music.score import Marker
from synth.chip.voices import VOICES
from tests.commandline import run

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
DOCUMENTS = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted(set((ROOT / "docs").rglob("*.md")) - set(TUTORIALS)),
]
BLOCK = re.compile(
    r"(?:<!-- needs: (?P<needs>[^>]*?) -->\n+)?```(?P<language>sh|python)\n(?P<body>.*?)```",
    re.DOTALL,
)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def blocks() -> Iterator[tuple[str, str | None, str]]:
    """Yield (document, what it needs, text) of every shell block that calls chipgen."""
    for document in DOCUMENTS:
        found = [each for each in BLOCK.finditer(document.read_text()) if each["language"] == "sh"]
        for index, match in enumerate(found):
            if re.search(r"^chipgen ", match["body"], re.MULTILINE):
                yield f"{document.name}-{index}", match["needs"], match["body"]


def programs() -> Iterator[tuple[str, str]]:
    """Yield (document, text) of the Python of every document, its blocks one after the other.

    Blocks whose needs the suite cannot meet are left out.
    """
    for document in DOCUMENTS:
        found = BLOCK.finditer(document.read_text())
        bodies = [
            each["body"] for each in found if each["language"] == "python" and not each["needs"]
        ]
        if bodies:
            yield document.relative_to(ROOT).as_posix(), "\n".join(bodies)


def chipgen_calls(body: str) -> list[list[str]]:
    """Return the arguments of each `chipgen ...` line of a shell block."""
    lines = body.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("chipgen ")]


def every_hundredth(data: Path, folder: Path) -> Path:
    """Return a folder with every hundredth song of a data set, which takes seconds."""
    for split in ("train", "valid"):
        (folder / split).mkdir(parents=True)
        for song in sorted((data / split).glob("*.mid"))[::100]:
            shutil.copy(song, folder / split)
    return folder


@pytest.fixture
def user_folder(tmp_path: Path) -> Path:
    """Return a folder as the documents imagine it: the examples, and a few files of one's own."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "examples" / "seed.mid", tmp_path / "seed.mid")
    shutil.copy(ROOT / "examples" / "groove.mid", tmp_path / "song.mid")  # it has loop marks
    groove = read_score(tmp_path / "song.mid")
    marks = (Marker(16.0, "loopStart"), Marker(48.0, "loopEnd"))
    write_score(replace(groove, markers=marks), tmp_path / "level.mid", overwrite=False)
    shutil.copytree(ROOT / "examples", tmp_path / "songs")
    return tmp_path


@pytest.mark.parametrize(
    ("needs", "body"), [pytest.param(needs, body, id=name) for name, needs, body in blocks()]
)
def test_every_command_shown_runs(user_folder: Path, needs: str | None, body: str) -> None:
    """Each block of commands in the documents runs from top to bottom with exit code 0."""
    if needs == "data":
        data = os.environ.get("CHIPGEN_NESMDB")
        if not data:
            pytest.skip("needs NES-MDB: set CHIPGEN_NESMDB to the folder with train/ and valid/")
        body = body.replace("nesmdb_midi", str(every_hundredth(Path(data), user_folder / "some")))
    elif needs:
        pytest.skip(f"needs {needs}")
    for arguments in chipgen_calls(body):
        result = run(*arguments, cwd=user_folder)
        assert result.exit_code == 0, f"chipgen {shlex.join(arguments)}\n{result.output}"


@pytest.mark.parametrize(
    "program", [pytest.param(program, id=name) for name, program in programs()]
)
def test_every_program_shown_runs(
    user_folder: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python of each document runs from top to bottom."""
    monkeypatch.chdir(user_folder)
    exec(compile(program, "document", "exec"), {"__name__": "document"})


def test_the_makefile_shown_makes_what_is_not_there(user_folder: Path) -> None:
    """And nothing the second time."""
    text = (ROOT / "docs" / "output.md").read_text()
    rules = re.findall(r"```make\n(.*?)```", text, re.DOTALL)
    (user_folder / "music").mkdir()
    (user_folder / "level.mid").rename(user_folder / "music" / "level.mid")
    command = f"{shlex.quote(sys.executable)} -m chipgen render"
    (user_folder / "Makefile").write_text(rules[0].replace("chipgen render", command))
    own = {name: value for name, value in os.environ.items() if "MAKE" not in name}  # `make test`'s
    subprocess.run(["make"], cwd=user_folder, env=own, check=True)
    assert soundfile.info(user_folder / "sounds" / "level.ogg").duration > 1
    subprocess.run(["make", "--question"], cwd=user_folder, env=own, check=True)


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_ends_in_something_heard(
    user_folder: Path, tutorial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its blocks, shell and Python, run one after the other in one folder, and sound is there."""
    monkeypatch.chdir(user_folder)
    (user_folder / "level.mid").unlink()  # a tutorial makes what it uses
    for block in BLOCK.finditer(tutorial.read_text()):
        if block["needs"]:
            continue
        if block["language"] == "python":
            exec(compile(block["body"], tutorial.name, "exec"), {"__name__": "tutorial"})
            continue
        for arguments in chipgen_calls(block["body"]):
            result = run(*arguments, cwd=user_folder)
            assert result.exit_code == 0, f"chipgen {shlex.join(arguments)}\n{result.output}"
    heard = [path for path in user_folder.iterdir() if path.suffix in (".wav", ".ogg")]
    assert heard
    stems = {path for path in heard if path.stem.endswith(VOICES)}  # which may be silent
    for path in set(heard) - stems:
        sound, _ = soundfile.read(path)
        assert abs(sound).max() > 0.01, path.name


def test_the_tour_shows_every_command() -> None:
    """No command is without an example in the tour."""
    shown = {
        call[0] for name, _, body in blocks() if "tour" in name for call in chipgen_calls(body)
    }
    assert shown == set(COMMANDS)


@pytest.mark.parametrize("document", [*DOCUMENTS, *TUTORIALS], ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link and picture of a document is a file of the repository."""
    for target in set(LINK.findall(document.read_text())) - {"reference/commands.md"}:  # generated
        assert (document.parent / target).exists(), target
