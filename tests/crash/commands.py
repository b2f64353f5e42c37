"""The commands that write files, as the crash harness runs them."""

from pathlib import Path
from typing import Final

from chipgen.app.pipeline import make_sound, write_sound
from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from chipgen.request import Request
from synth.output.delivery import Delivery
from tests.crash.harness import Command


def song(folder: Path, name: str = "a.mid") -> None:
    """Put a song of a few notes there."""
    notes = tuple(Note(k / 2, 0.5, 60 + k) for k in range(6))
    write_score(Score((Track(notes=notes),), end_beats=3.0), folder / name, overwrite=False)
    (folder / "mine.txt").write_text("mine")


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
        again=("render", "./a.mid", "-o", "./a.flac", *AS_IS, "--stems", "apu", "--force"),
    ),
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
