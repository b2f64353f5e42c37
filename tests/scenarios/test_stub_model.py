"""A third model is its folder and a row: every command takes it, or says what it cannot do."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chipgen.app.provenance import read_recipe
from chipgen.models import registry
from chipgen.music.midi import midi_bytes, read_midi
from chipgen.music.score import Note, Score, Track
from tests.commandline import run
from tests.scenarios.stub_model import ROW

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = EXAMPLES / "nes.mid"


def add(monkeypatch: pytest.MonkeyPatch, row: registry.ModelEntry) -> None:
    """Add the row; choices and help are written when a command's module is imported."""
    monkeypatch.setitem(registry.MODELS, "stub", row)
    for name in [name for name in sys.modules if name.startswith("chipgen.cli.")]:
        if name != "chipgen.cli.main":
            monkeypatch.delitem(sys.modules, name)


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with songs to learn from and to be measured by."""
    folder = tmp_path_factory.mktemp("songs")
    for split, count in (("train", 3), ("valid", 2)):
        (folder / split).mkdir()
        for number in range(count):
            notes = tuple(Note(k / 2, 0.5, 60 + (k * (number + 2)) % 12) for k in range(64))
            score = Score((Track(notes=notes),), end_beats=32.0)
            (folder / split / f"{number}.mid").write_bytes(midi_bytes(score))
    return folder


@pytest.fixture(scope="module")
def checkpoint(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train it as the command line does."""
    folder = tmp_path_factory.mktemp("run") / "out"
    with pytest.MonkeyPatch.context() as patch:
        add(patch, ROW)
        assert "stub" in run("train", "--help").output
        made = run("train", "stub", "--data", songs, "-o", folder)
    assert made.exit_code == 0, made.stderr
    assert "192 notes counted" in made.stderr
    return folder / "stub.safetensors"


def test_it_goes_on_rewrites_and_begins(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Generate takes it for a continuation, for voices, for bars, and from nothing."""
    add(monkeypatch, ROW)
    jobs = {
        "on": [SEED, "--bars", "2"],
        "voice": [SEED, "--only", "pulse2"],
        "bars": [SEED, "--fill", "2-3"],
        "scratch": ["--from-scratch", "--bars", "4"],
    }
    for name, words in jobs.items():
        out = tmp_path / f"{name}.mid"
        made = run("generate", *words, "-o", out, "--model", checkpoint, "--seed", "5")
        assert made.exit_code == 0, made.stderr
        recipe = read_recipe(out)
        assert recipe is not None
        assert "stub" in recipe.command
        again = run("generate", *words, "-o", out, "--model", checkpoint, "--seed", "5", "-f")
        assert again.exit_code == 0
        other = tmp_path / "other.mid"
        run("generate", *words, "-o", other, "--model", checkpoint, "--seed", "6", "-f")
        assert [t.notes for t in read_midi(out).tracks] != [
            t.notes for t in read_midi(other).tracks
        ]
    seed, voice = read_midi(SEED), read_midi(tmp_path / "voice.mid")
    for role in ("p1", "tr", "no"):
        assert [t.notes for t in voice.tracks if t.role == role] == [
            t.notes for t in seed.tracks if t.role == role
        ]


def test_it_is_scored(checkpoint: Path, songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluate scores it on the task of its row, named or not, and on no other."""
    add(monkeypatch, ROW)
    for words in ([], ["--task", "pitches"]):
        scored = run("evaluate", "nll", "--model", checkpoint, "--data", songs, *words)
        assert scored.exit_code == 0, scored.stderr
        assert "nats a note, 128 notes" in scored.stdout
    refused = run("evaluate", "nll", "--model", checkpoint, "--data", songs, "--task", "rows")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "stub is not scored on rows; give --task pitches" in refused.stderr
    unfit = run("evaluate", "nll", "--model", "tonnetz-lstm", "--data", songs, "--task", "pitches")
    assert "tonnetz-lstm is not scored on pitches; give --task slices" in unfit.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            ["generate", SEED, "--only", "noise", "-o", "a.mid"],
            "stub cannot rewrite a part of a piece; give row-transformer as the model",
        ),
        (
            ["generate", "--from-scratch", "-o", "a.mid"],
            "stub cannot compose from nothing; give row-transformer as the model",
        ),
        (
            ["train", "stub", "--data", EXAMPLES, "-o", "run"],
            "stub cannot be trained; give one of tonnetz-lstm, row-transformer, separator, chords",
        ),
        (["evaluate", "nll", "--data", EXAMPLES], "stub is scored on no task"),
    ],
)
def test_what_it_cannot_do_is_said_in_a_line(
    checkpoint: Path,
    words: list[str | Path],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row without an ability, a trainer or a task is refused before anything is made."""
    add(monkeypatch, replace(ROW, abilities=("continue",), trainer="", tasks={}))
    given = [] if words[0] == "train" else ["--model", checkpoint]
    refused = run(*words, *given, cwd=tmp_path)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert reason in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_voice_that_it_does_not_write(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model rewrites the voices of its row, and no others."""
    add(monkeypatch, replace(ROW, voices=("pulse1", "triangle")))
    words = ["generate", SEED, "-o", tmp_path / "a.mid", "--model", checkpoint, "--only"]
    refused = run(*words, "pulse1,noise")
    assert refused.exit_code == 1
    assert "stub does not write noise; give row-transformer as the model" in refused.stderr
    assert run(*words, "pulse1,triangle").exit_code == 0


def test_its_weights_can_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name it is looked for in its folder."""
    add(monkeypatch, ROW)
    refused = run("generate", SEED, "-o", tmp_path / "a.mid", "--model", "stub")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "the weights of 'stub' are not installed" in refused.stderr
