"""`chipgen generate` and its wishes on the command line: files, remarks, errors, recipes."""

import re
import shlex
from pathlib import Path

import pytest
import soundfile

from chipgen.app.provenance import read_recipe
from chipgen.arranging.loop_points import find_loop
from chipgen.music.midi import read_midi
from chipgen.music.score import Meter
from synth.chip.voices import VOICES
from tests.commandline import run

ROOT = Path(__file__).parents[2]

SEED = ROOT / "examples" / "seed.mid"

NES = ROOT / "examples" / "nes.mid"


def notes(path: Path) -> dict[str, list[tuple[float, int]]]:
    """Return (onset, pitch) of every track of a file, by its name."""
    return {
        track.name: [(round(n.onset_beats, 3), n.pitch) for n in track.notes]
        for track in read_midi(path).tracks
    }


@pytest.mark.parametrize(
    "options",
    [
        ["--bars", "1", "--key", "Dm", "--tempo", "100", "--temperature", "1.2"],
        ["--only", "noise,triangle", "--fill", "3-4"],
        ["--keep", "pulse1,pulse2", "--fill", "5"],
        ["--bars", "1", "--loop", "--intro"],
        ["--bars", "1", "--without-seed", "--drums", "none", "--top-p", "0.8", "--loop"],
    ],
    ids=" ".join,
)
def test_info_shows_the_command_that_makes_it_again(tmp_path: Path, options: list[str]) -> None:
    """What `chipgen info` prints, run beside the seed, gives the same bytes."""
    seed = tmp_path / "my seed.mid"
    seed.write_bytes(SEED.read_bytes())
    first = tmp_path / "first.mid"
    made = run("generate", seed, "-o", first, "--seed", "7", *options)
    assert made.exit_code == 0, made.output
    told = run("info", first).stdout
    command = re.search(r"^made by: +(chipgen .*)$", told, re.MULTILINE)
    assert command is not None, told
    assert "--seed 7" in command[1]
    again = run(*shlex.split(command[1])[1:], cwd=tmp_path)
    assert again.exit_code == 0, again.output
    assert (tmp_path / "take.mid").read_bytes() == first.read_bytes()
    assert re.search(r"^made with: +chipgen \S+, weights \w{12}, seed file \w{12}$", told, re.M)


def test_from_scratch_can_be_made_again(tmp_path: Path) -> None:
    """A piece from nothing has its key, meter, tempo and bars, and a recipe without a seed."""
    first = tmp_path / "first.mid"
    options = ["--bars", "3", "--key", "Eb", "--meter", "3/4", "--tempo", "132", "--loop"]
    made = run("generate", "--from-scratch", "-o", first, *options, "--seed", "3")
    assert made.exit_code == 0, made.output
    score = read_midi(first)
    assert (score.key, score.meters) == ("Eb", (Meter(0.0, 3, 4),))
    assert score.tempos[0].bpm == pytest.approx(132)
    assert len(score.bar_starts_beats()) == 3
    assert find_loop(score) == (0.0, 9.0)
    recipe = read_recipe(first)
    assert recipe is not None
    assert recipe.seed == ""
    again = run(*shlex.split(recipe.command)[1:], cwd=tmp_path)
    assert again.exit_code == 0, again.output
    assert (tmp_path / "take.mid").read_bytes() == first.read_bytes()


def test_takes_of_a_wish_are_numbered_and_differ(tmp_path: Path) -> None:
    """Seed numbers count up; each take alone is the same file."""
    options = ["--fill", "3-4", "--temperature", "1.3"]
    out = tmp_path / "take.mid"
    made = run("generate", SEED, "-o", out, "--takes", "2", "--seed", "5", *options)
    assert made.exit_code == 0, made.output
    assert "bars 3-4 rewritten" in made.stderr
    one, two = (tmp_path / f"take-{k}.mid" for k in (1, 2))
    assert notes(one) != notes(two)
    alone = tmp_path / "alone.mid"
    assert run("generate", SEED, "-o", alone, "--seed", "6", *options).exit_code == 0
    assert alone.read_bytes() == two.read_bytes()


def test_keep_is_only_the_other_way_round(tmp_path: Path) -> None:
    """Keeping two voices is writing the other two, to the byte."""
    paths = tmp_path / "only.mid", tmp_path / "keep.mid"
    for path, options in zip(
        paths, (["--only", "pulse2,noise"], ["--keep", "triangle,pulse1"]), strict=True
    ):
        assert run("generate", NES, "-o", path, *options, "--fill", "2").exit_code == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()
    was, now = notes(NES), notes(paths[0])
    assert (now["p1"], now["tr"]) == (was["p1"], was["tr"])
    assert now["p2"] != was["p2"]


def test_a_loop_is_found_by_what_renders_it(tmp_path: Path) -> None:
    """`render --loops` plays the loop that generate marked, exactly."""
    take, sound = tmp_path / "take.mid", tmp_path / "take.wav"
    assert (
        run("generate", SEED, "-o", take, "--bars", "2", "--loop", "--tempo", "240").exit_code == 0
    )
    made = run("render", take, "-o", sound, "--as-is", "--loops", "2", "--rate", "8000")
    assert made.exit_code == 0, made.output
    assert soundfile.info(sound).duration == pytest.approx(2 * 40 / 4, abs=1e-3)


def test_render_and_batch_take_the_same_wishes(tmp_path: Path) -> None:
    """One list of options: a rewriting rendered, and a folder of them."""
    sound, score = tmp_path / "out.wav", tmp_path / "out.mid"
    options = ["--only", "noise", "--fill", "2", "--tempo", "300"]
    made = run("render", SEED, "-o", sound, "--midi", score, *options, "--rate", "8000")
    assert made.exit_code == 0, made.output
    assert "noise of bar 2 rewritten" in made.stderr
    alone = tmp_path / "alone.mid"
    assert run("generate", SEED, "-o", alone, *options).exit_code == 0
    assert alone.read_bytes() == score.read_bytes()
    folder, out = tmp_path / "seeds", tmp_path / "made"
    folder.mkdir()
    (folder / "seed.mid").write_bytes(SEED.read_bytes())
    made = run("batch", folder, "-o", out, "--format", "mid", "-j", "1", *options)
    assert made.exit_code == 0, made.output
    assert (out / "seed.mid").read_bytes() == alone.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "noise", "--keep", "pulse1"], "--only and --keep"),
        (["--only", "nois"], "did you mean noise"),
        (["--keep", "puls2"], "did you mean pulse2"),
        (["--only", ","], "name some of pulse1"),
        (["--keep", ",".join(VOICES)], "nothing to write"),
        (["--only", ",".join(VOICES)], "nothing would be kept"),
        (["--fill", "4-2"], "no span of bars"),
        (["--fill", "0-2"], "no span of bars"),
        (["--fill", "two"], "no span of bars"),
        (["--fill", "1", "--bars", "4"], "--bars"),
        (["--only", "noise", "--without-input"], "--without-input"),
        (["--only", "noise", "--drums", "none"], "--drums"),
        (["--fill", "1", "--loop"], "--loop"),
        (["--intro"], "--loop too"),
        (["--loop", "--intro", "--without-input"], "--without-input"),
        (["--bars", "0", "--loop"], "--bars must be at least 1"),
        (["--key", "Q minor"], "is no key"),
        (["--tempo", "5"], "--tempo"),
        (["--meter", "3/4"], "--from-scratch"),
        (["--from-scratch"], "leave out"),
        (["--takes", "0"], "--takes"),
        (["--temperature", "9"], "--temperature"),
        (["--top-p", "0"], "--top-p"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, arguments: list[str], words: str) -> None:
    """Wrong usage is told in one line, with exit code 2, and nothing is written."""
    out = tmp_path / "out.mid"
    made = run("generate", SEED, "-o", out, *arguments)
    assert made.exit_code == 2, made.output
    assert words in made.stderr.strip().splitlines()[-1]
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a file"),
        (["--from-scratch", "--keep", "pulse1"], "--keep"),
        (["--from-scratch", "--without-input"], "--without-input"),
        (["--from-scratch", "--meter", "3/5"], "is no meter"),
        (["--from-scratch", "--bars", "0"], "--bars"),
    ],
)
def test_scratch_is_refused_what_needs_a_seed(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    """And without a seed it has to be said that none is meant."""
    made = run("generate", "-o", tmp_path / "out.mid", *arguments)
    assert made.exit_code == 2, made.output
    assert words in made.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--fill", "30-31"], "--fill: bars 30-31 are not in the piece, which has 8", 2),
        (["--only", "noise", "--model", "tonnetz-lstm"], "row-transformer", 1),
    ],
)
def test_what_cannot_be_done_is_told(
    tmp_path: Path, arguments: list[str], words: str, code: int
) -> None:
    """It is one line, and wrong usage where the option names what is not there."""
    made = run("generate", SEED, "-o", tmp_path / "out.mid", *arguments)
    assert made.exit_code == code, made.output
    assert made.stderr.count("\n") == 1
    assert words in made.stderr


def test_chip_files_have_no_notes_to_change(tmp_path: Path) -> None:
    """Render plays a chip file as it is, and says that wishes are not for it."""
    chip = tmp_path / "seed.vgm"
    assert run("export", SEED, "-o", chip).exit_code == 0
    for options in (["--key", "D"], ["--tempo", "90"], ["--only", "noise"]):
        made = run("render", chip, "-o", tmp_path / "out.wav", *options)
        assert made.exit_code == 2, made.output
        assert options[0] in made.stderr.strip().splitlines()[-1]


def test_a_model_that_cannot_be_used_is_blamed_itself(tmp_path: Path) -> None:
    """Not the music; a folder, and a training's state, are told what to give instead."""
    state = tmp_path / "row-transformer.state.pt"
    state.write_bytes(b"PK\3\4 not safetensors")
    output = tmp_path / "a.mid"
    wrong = run("generate", SEED, "-o", output, "--bars", "1", "--model", state)
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith(f"chipgen: {state} is not a model's checkpoint")
    assert "chipgen model export" in wrong.stderr
    folder = run("generate", SEED, "-o", output, "--bars", "1", "--model", tmp_path)
    assert folder.exit_code == 1
    assert "is a folder; name a checkpoint" in folder.stderr
    assert not output.exists()
