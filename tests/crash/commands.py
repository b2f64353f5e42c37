"""The commands that write files, as the crash harness runs them."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import yaml
from safetensors import SafetensorError
from safetensors.numpy import load

from chipgen.app.pipeline import make_sound
from chipgen.app.sound import write_sound
from chipgen.music.formats import write_score
from chipgen.music.score import Marker, Note, Score, Track
from chipgen.request import Request
from synth.output.delivery import Delivery
from tests.commandline import run
from tests.crash.harness import Command
from tests.songs import write_song
from tests.training.row_training import SETTINGS as ROW_SETTINGS
from tests.training.slice_training import SETTINGS


def song(folder: Path, name: str = "a.mid") -> None:
    """Put a song of a few notes there."""
    notes = tuple(Note(k / 2, 0.5, 60 + k) for k in range(6))
    write_score(Score((Track(notes=notes),), end_beats=3.0), folder / name, overwrite=False)
    (folder / "mine.txt").write_text("mine")


def looped_song(folder: Path) -> None:
    """Put a song with an intro and a loop there."""
    notes = tuple(Note(k / 2, 0.5, 60 + k) for k in range(6))
    marks = (Marker(1.0, "loopStart"), Marker(3.0, "loopEnd"))
    score = Score((Track(notes=notes),), end_beats=3.0, markers=marks)
    write_score(score, folder / "a.mid", overwrite=False)


def song_and_output(folder: Path) -> None:
    """Put a song there, and an older file where the output goes."""
    song(folder)
    (folder / "a.wav").write_bytes(b"an older sound")
    (folder / "a.wav").chmod(0o600)


def songs(folder: Path) -> None:
    """Put a folder of songs there."""
    (folder / "songs").mkdir()
    for name in ("a.mid", "b.mid"):
        song(folder / "songs", name)
        (folder / "songs" / "mine.txt").unlink()


def preset(folder: Path) -> None:
    """Put an older preset there."""
    (folder / "mine.yaml").write_text("format: 1\nname: old\nextends: plain\n")


def tracker_song(folder: Path) -> None:
    """Put a tracker's song there."""
    song(folder)
    take = make_sound(folder / "a.mid", Request(bars=0))
    write_sound(folder / "a.famistudio.txt", take, Delivery())


def link_and_twin(folder: Path) -> None:
    """Put a song there, a link to an older output, and nothing else of that name."""
    song(folder)
    (folder / "place").mkdir()
    (folder / "place" / "a.wav").write_bytes(b"an older sound")
    (folder / "a.wav").symlink_to("place/a.wav")


def data(folder: Path) -> None:
    """Put small training data there, and settings."""
    for split in ("train", "valid"):
        (folder / "data" / split).mkdir(parents=True)
        write_song(folder / "data" / split / f"{split}.mid", len(split))
    (folder / "settings.yaml").write_text(yaml.safe_dump(SETTINGS))


def rows(folder: Path) -> None:
    """Put small training data there, and settings of a short training on rows."""
    data(folder)
    (folder / "settings.yaml").write_text(
        yaml.safe_dump({**ROW_SETTINGS, "steps": 4, "evaluate_steps": 2})
    )


def state(folder: Path) -> None:
    """Put the state of a training on rows there."""
    rows(folder)
    words = ("--config", folder / "settings.yaml", "--data", folder / "data")
    made = run("train", "row-transformer", *words, "-o", folder / "run", "--quiet")
    assert made.exit_code == 0, made.stderr
    for path in (folder / "run").iterdir():
        if path.name == "row-transformer.state.pt":
            path.rename(folder / path.name)
    for name in ("data", "run"):
        shutil.rmtree(folder / name)


def pop(folder: Path) -> None:
    """Put a corpus of three songs there, of which two have the same notes."""
    (folder / "pop").mkdir()
    for number, low in (("001", 60), ("002", 64), ("003", 60)):
        notes = tuple(Note(float(k), 1.0, low + k % 3) for k in range(16))
        score = Score((Track("MELODY", 0, 0, notes),), end_beats=16.0)
        write_score(score, folder / "pop" / f"{number}.mid", overwrite=False)
        beats = "".join(f"{0.5 * k} 1 {float(k % 4 == 0)}\n" for k in range(17))
        (folder / "pop" / f"{number}.beats.txt").write_text(beats)


def chip_song(folder: Path) -> None:
    """Put a song of the chip's voices there."""
    write_song(folder / "a.mid", 1)


def resumed(words: tuple[str, ...]) -> Callable[[Path], tuple[str, ...]]:
    """Return how a training is gone on with, or begun where it was not."""

    def again(folder: Path) -> tuple[str, ...]:
        begun = (folder / "run").is_dir() and any((folder / "run").iterdir())
        return (*words, "--resume") if begun else words

    return again


def in_place_once(folder: Path) -> tuple[str, ...]:
    """Return what arranges a song in its place, or only looks at one that is arranged."""
    done = b"chipgen arrange" in (folder / "a.mid").read_bytes()
    return ("info", "./a.mid") if done else IN_PLACE


def is_checkpoint(made: bytes) -> bool:
    """Tell whether bytes are a whole checkpoint."""
    try:
        return bool(load(made))
    except SafetensorError:
        return False


IN_PLACE: Final = ("arrange", "./a.mid", "-o", "./a.mid", "--in-place")
ON_DATA: Final = ("--config", "./settings.yaml", "--data", "./data", "-o", "./run", "--quiet")
TRAIN: Final = ("train", "tonnetz-lstm", *ON_DATA)
TRAIN_ROWS: Final = ("train", "row-transformer", *ON_DATA)
AS_IS: Final = ("--as-is", "--rate", "8000")
COMMANDS: Final = (
    Command("render", song, ("render", "./a.mid", "-o", "./a.wav", *AS_IS), ("a.wav",)),
    Command(
        "render -f", song_and_output, ("render", "./a.mid", "-o", "./a.wav", *AS_IS, "--force"),
        ("a.wav",),
    ),
    Command(
        "render --stems", song,
        ("render", "./a.mid", "-o", "./a.flac", *AS_IS, "--stems", "apu"),
        ("a.flac", "a-noise.flac", "a-pulse1.flac", "a-pulse2.flac", "a-triangle.flac"),
        again=lambda _: (
            "render", "./a.mid", "-o", "./a.flac", *AS_IS, "--stems", "apu", "--force"
        ),
    ),
    Command(
        "render --split-intro", looped_song,
        ("render", "./a.mid", "-o", "./a.ogg", "--as-is", "--split-intro", "--force"),
        ("a-intro.ogg", "a-loop.ogg"),
    ),
    Command("arrange --in-place", song, IN_PLACE, ("a.mid",), again=in_place_once),
    Command("export", song, ("export", "./a.mid", "-o", "./a.nsf"), ("a.nsf",)),
    Command("arrange", song, ("arrange", "./a.mid", "-o", "./four.mid"), ("four.mid",)),
    Command(
        "generate", song, ("generate", "./a.mid", "-o", "./take.mid", "--bars", "1"), ("take.mid",)
    ),
    Command(
        "batch", songs, ("batch", "./songs", "-o", "./out", *AS_IS, "--jobs", "1"),
        ("out/a.wav", "out/b.wav"), ("out/.chipgen-batch",),
    ),
    Command(
        "batch --jobs 2", songs, ("batch", "./songs", "-o", "./out", *AS_IS, "--jobs", "2"),
        ("out/a.wav", "out/b.wav"), ("out/.chipgen-batch",),
    ),
    Command(
        "batch beside", songs, ("batch", "./songs", "-o", "./songs", *AS_IS, "--jobs", "1"),
        ("songs/a.wav", "songs/b.wav"), ("songs/.chipgen-batch",),
    ),
    Command("render to a link", link_and_twin, ("render", "./a.mid", "-o", "./a.wav", *AS_IS, "-f"),
            ("place/a.wav", "a.wav")),
    Command("generate takes", song,
            ("generate", "./a.mid", "-o", "./t.mid", "--bars", "1", "--takes", "2", "--force"),
            ("t-1.mid", "t-2.mid")),
    Command("plot", song, ("plot", "./a.mid", "-o", "./a.png", "--bars", "0", "--force"),
            ("a.png",)),
    Command("examples", song, ("examples", "seed", "folk", "-o", "./got", "--force"),
            ("got/seed.mid", "got/folk.mid")),
    Command("dataset prepare", data, ("dataset", "prepare", "./data", "-o", "./a.cache", "--force"),
            ("a.cache",)),
    Command(
        "dataset render", songs, ("dataset", "render", "./songs", "-o", "./set", *AS_IS,
                                  "--jobs", "1"),
        ("set/manifest.jsonl", "set/0000/a.default.wav"), ("set/.chipgen-batch",),
    ),
    Command("train", data, TRAIN, ("run/tonnetz-lstm.safetensors",), ("run/*",),
            again=resumed(TRAIN), versions=is_checkpoint),
    Command("train on rows", rows, TRAIN_ROWS, ("run/row-transformer.safetensors",), ("run/*",),
            again=resumed(TRAIN_ROWS), versions=is_checkpoint),
    Command("model export", state,
            ("model", "export", "./row-transformer.state.pt", "-o", "./a.safetensors", "-f"),
            ("a.safetensors",)),
    Command("dataset import", pop,
            ("dataset", "import", "pop909", "--source", "./pop", "-o", "./corpus"),
            ("corpus/train/001.mid", "corpus/train/002.mid"), ("corpus/import.jsonl",)),
    Command("dataset report", data, ("dataset", "report", "./data", "-o", "./a.md", "--force"),
            ("a.md", "a.png")),
    Command("dataset convert", chip_song,
            ("dataset", "convert", "./a.mid", "-o", "./bars.mid", "--force"), ("bars.mid",)),
    Command("preset audition", song,
            ("preset", "audition", "default", "-o", "./a.wav", "--rate", "8000", "--force"),
            ("a.wav",)),
    Command(
        "preset new -f", preset, ("preset", "new", "mine", "-o", "./mine.yaml", "--force"),
        ("mine.yaml",),
    ),
    Command(
        "export famistudio", song, ("export", "./a.mid", "-o", "./a.famistudio.txt"),
        ("a.famistudio.txt",),
    ),
    Command(
        "preset from", tracker_song, ("preset", "from", "./a.famistudio.txt", "-o", "./b.yaml"),
        ("b.yaml",),
    ),
)  # fmt: skip
