"""What the studio exports is what the command line makes, byte for byte."""

import shlex
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chipgen.arranging.loop_points import find_loop
from chipgen.music.formats import SOUND, written_suffixes
from chipgen.music.midi import midi_bytes, read_midi
from chipgen.studio.exports import export, file_name, kinds
from chipgen.studio.jobs import compose
from chipgen.studio.page_messages import Document, Made
from chipgen.studio.score_json import score_of, score_to_json
from synth.errors import SynthError
from synth.instrument.preset_loader import preset_source
from synth.output.audioformats import audio_format
from tests.commandline import run
from tests.studio.sessions import made_of

EXAMPLES = Path(__file__).parents[2] / "examples"


def document(**more: Any) -> Document:
    """Return an example as a document."""
    score = score_to_json(read_midi(EXAMPLES / "groove.mid"), "My groove!.mid")
    return Document.model_validate({"score": score, **more})


@cache
def composed() -> dict[str, Any]:
    """Return what composing two bars answers."""
    seed = score_to_json(read_midi(EXAMPLES / "seed.mid"), "seed")
    asked = {"bars": 2, "rng_seed": 11, "temperature": 1.1, "model": "tonnetz-lstm"}
    return kept(compose({"score": seed, "request": asked}, lambda _: None), seed)


def kept(done: dict[str, Any], seed: dict[str, Any]) -> dict[str, Any]:
    """Return a take and how it was made as the page keeps them, from what composing answers."""
    name = seed["name"]
    seed_score = score_to_json(made_of(seed, done["made"].pop("seed_changes")), name)
    score = score_to_json(made_of(seed, done["changes"]), name)
    return {"score": score, "made": {**done["made"], "seed_score": seed_score}}


def make(kind: str, given: Document, folder: Path, made: Made | None = None) -> Path:
    """Export into a folder of its own."""
    inside = folder / kind.strip(".")
    inside.mkdir()
    return inside / export(given, kind, inside, made)["file"]


def told_again(given: Document, folder: Path, made: Made | None = None) -> tuple[list[str], Path]:
    """Return the words of a document's command, and a folder with the files that it names."""
    inside, again = folder / "command", folder / "again"
    inside.mkdir()
    again.mkdir()
    answer = export(given, "command", inside, made)["answer"]
    for file in answer["files"]:
        (again / file["name"]).write_bytes(b64decode(file["base64"]))
    program, *words = shlex.split(answer["command"])
    assert program == "chipgen"
    return words, again


def for_midi(words: list[str]) -> list[str]:
    """Return a command that writes the score in place of its sound, which has a preset."""
    at = words.index("--preset")
    words = [*words[:at], *words[at + 2 :]]
    words[words.index("-o") + 1] = "again.mid"
    return [word for word in words if word != "--loop-points"]


def test_every_format_is_the_command_lines(tmp_path: Path) -> None:
    """Each format of a turned document is the file that `chipgen render --as-is` makes of it."""
    given = document(
        preset="bright", values={"pulse1_level": 0.6, "vibrato_cents": 12}, muted=["noise"],
        region="pal", filter="famicom",
    )  # fmt: skip
    source, preset = make(".mid", given, tmp_path), make("preset", given, tmp_path)
    assert source.name == "My-groove.mid"
    for suffix in written_suffixes(*SOUND):
        mine = make(suffix, given, tmp_path)
        theirs = tmp_path / mine.name
        heard = ["--filter", "famicom"] if suffix in written_suffixes("samples") else []
        if suffix in written_suffixes("samples") and audio_format(mine).keeps_loop:
            heard.append("--loop-points")  # the example's loop is marked
        made = run(
            "render", source, "--as-is", "--preset", preset, "--region", "pal", *heard,
            "-o", theirs,
        )  # fmt: skip
        assert made.exit_code == 0, made.stderr
        assert mine.read_bytes() == theirs.read_bytes(), suffix


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("月光.mid", "月光"), ("Für Élise", "Für-Élise"), ("Fu\u0308r", "Für"), ("हिन्दी", "हिन्दी"),
        ("\u202egnp.exe", "gnp-exe"), ("a/b\\c:d\0e", "a-b-c-d-e"), ("\ud800", "piece"),
        ("🎵", "piece"), ("..", "piece"), ("月" * 100, "月" * 60), ("𠀀" * 100, "𠀀" * 45),
        ("a" * 100, "a" * 60),
    ],
)  # fmt: skip
def test_titles_name_files_in_any_script(title: str, name: str) -> None:
    """Letters of all scripts stay; signs, controls and what turns text around do not."""
    assert file_name(title) == name


def test_every_format_takes_a_title_of_any_script(tmp_path: Path) -> None:
    """A title that is not Latin names the files of every format, and those of the command."""
    given = document(values={"pulse1_level": 0.6})
    given = given.model_copy(update={"score": given.score.model_copy(update={"name": "月光"})})
    for kind in kinds():
        if kind != "command":
            assert make(kind, given, tmp_path).name.startswith("月光")
    words, again = told_again(given, tmp_path)
    assert run(*words, cwd=again).exit_code == 0
    assert (again / "月光.wav").read_bytes() == (tmp_path / "wav" / "月光.wav").read_bytes()


def test_the_midi_is_the_piece(tmp_path: Path) -> None:
    """The MIDI export holds the score as the page has it."""
    assert read_midi(make(".mid", document(), tmp_path)) == read_midi(EXAMPLES / "groove.mid")


@pytest.mark.parametrize("values", [{}, {"arpeggio_frames": 3}])
def test_the_command_makes_the_take_again(values: dict[str, float], tmp_path: Path) -> None:
    """A composed take's command, with the files it names, makes the same score and sound."""
    done = composed()
    given = Document.model_validate({"score": done["score"], "preset": "organ", "values": values})
    how = Made.model_validate(done["made"])
    midi, wav = make(".mid", given, tmp_path, how), make(".wav", given, tmp_path, how)
    words, again = told_again(given, tmp_path, how)
    assert ("--preset seed.yaml" in " ".join(words)) == bool(values)
    assert run(*words, cwd=again).exit_code == 0
    assert (again / "seed.wav").read_bytes() == wav.read_bytes()
    assert run(*for_midi(words), cwd=again).exit_code == 0
    assert (again / "again.mid").read_bytes() == midi.read_bytes()


def test_an_edited_take_is_played_as_it_is(tmp_path: Path) -> None:
    """After an edit the command plays the piece itself and does not compose."""
    done = composed()
    score = {**done["score"], "tracks": [dict(track) for track in done["score"]["tracks"]]}
    score["tracks"][0]["notes"] = score["tracks"][0]["notes"][1:]
    given = Document.model_validate({"score": score})
    answer = export(given, "command", tmp_path, Made.model_validate(done["made"]))["answer"]
    assert answer["command"] == "chipgen render seed.mid --as-is -o seed.wav --preset default"
    (file,) = answer["files"]
    assert b64decode(file["base64"]) == midi_bytes(score_of(given.score))


def test_a_preset_of_ones_own_is_kept(tmp_path: Path) -> None:
    """An untouched preset that the user brought is handed back as it was written."""
    text = "# mine\nformat: 1\nname: mine\nextends: soft\nmix: {noise: 0.5}\n"
    given = document(preset={"yaml": text, "extends": "soft"})
    assert make("preset", given, tmp_path).read_text() == text
    assert preset_source("soft") != text


@pytest.mark.parametrize(
    ("job", "files"),
    [
        ({"request": {"bars": 2, "rng_seed": 4, "key": "Dm", "tempo_bpm": 96, "loop": True}}, 1),
        ({"request": {"fill": [2, 3], "only": ["triangle"], "rng_seed": 5}}, 1),
        ({"request": {"bars": 3, "rng_seed": 6, "key": "G", "tempo_bpm": 140}, "empty": True}, 0),
        ({"request": {"bars": 1, "rng_seed": 7}, "from_bar": 5}, 1),
    ],
)
def test_whatever_was_wished_is_made_again(job: dict[str, Any], files: int, tmp_path: Path) -> None:
    """Keys, tempi, loops, rewriting, pieces from nothing: the command makes the same MIDI again."""
    seed = score_to_json(read_midi(EXAMPLES / "seed.mid"), "seed")
    if job.get("empty"):
        seed = {"name": "seed"}
    done = kept(compose({**job, "score": seed}, lambda _: None), seed)
    given = Document.model_validate({"score": done["score"]})
    how = Made.model_validate(done["made"])
    midi = make(".mid", given, tmp_path, how)
    words, again = told_again(given, tmp_path, how)
    assert len(list(again.glob("*.mid"))) == files
    made = run(*for_midi(words), cwd=again)
    assert made.exit_code == 0, made.stderr
    assert (again / "again.mid").read_bytes() == midi.read_bytes()


@pytest.mark.parametrize("kind", ["", ".exe", "wav", "../.wav"])
def test_other_formats_are_refused(kind: str, tmp_path: Path) -> None:
    """What is no format is refused with the list of those there are, and nothing is written."""
    with pytest.raises(SynthError, match="choose of"):
        export(document(), kind, tmp_path)
    assert not list(tmp_path.iterdir())


def test_all_formats_are_told() -> None:
    """The page is offered all that the pipeline writes."""
    assert set(kinds()) >= {".mid", ".wav", ".ogg", ".vgm", ".nsf", ".nes", "stems", "preset"}


def test_the_loop_is_in_every_format_that_can_hold_it(tmp_path: Path) -> None:
    """MIDI has its markers, samples its loop points, a VGM its loop; the command asks for them."""
    marks = [[8.0, "loopStart"], [16.0, "loopEnd"]]
    plain = document()
    given = Document.model_validate({"score": {**plain.score.model_dump(), "markers": marks}})
    assert find_loop(read_midi(make(".mid", given, tmp_path))) == (8.0, 16.0)
    assert b"smpl" in make(".wav", given, tmp_path).read_bytes()
    assert b"LOOPSTART" in make(".flac", given, tmp_path).read_bytes()
    assert make(".vgm", given, tmp_path).read_bytes()[0x1C:0x20] != bytes(4)
    words, _ = told_again(given, tmp_path)
    assert "--loop-points" in words
