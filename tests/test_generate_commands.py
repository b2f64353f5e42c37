"""`chipgen generate` and its wishes on the command line: files, remarks, errors, recipes."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.app.provenance import Recipe, parse_recipe, read_recipe, recipe_of
from chipgen.arrange.loop_points import find_loop
from chipgen.compose import compose_from_scratch, make_piece
from chipgen.compose.dispatch import at_tempo
from chipgen.errors import ChipgenError
from chipgen.music.key_names import Key, parse_key
from chipgen.music.keys import detect_key, into_key, pitch_class_shares, transpose
from chipgen.music.midi import read_midi
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.request import ComposeRequest
from synth.chip.voices import VOICES
from tests.commandline import run

MODEL = "row-transformer"
ROOT = Path(__file__).parents[1]
SEED = ROOT / "examples" / "seed.mid"
NES = ROOT / "examples" / "nes.mid"


def notes(path: Path) -> dict[str, list[tuple[float, int]]]:
    """Return (onset, pitch) of every track of a file, by its name."""
    return {
        track.name: [(round(n.onset_beats, 3), n.pitch) for n in track.notes]
        for track in read_midi(path).tracks
    }


@pytest.mark.parametrize(
    "wish",
    [
        ["--bars", "1", "--key", "Dm", "--tempo", "100", "--temperature", "1.2"],
        ["--only", "noise,triangle", "--fill", "3-4"],
        ["--keep", "pulse1,pulse2", "--fill", "5"],
        ["--bars", "1", "--loop", "--intro"],
        ["--bars", "1", "--without-seed", "--drums", "none", "--top-p", "0.8", "--loop"],
    ],
    ids=" ".join,
)
def test_info_shows_the_command_that_makes_it_again(tmp_path: Path, wish: list[str]) -> None:
    """What `chipgen info` prints, run beside the seed, gives the same bytes."""
    seed = tmp_path / "my seed.mid"
    seed.write_bytes(SEED.read_bytes())
    first = tmp_path / "first.mid"
    made = run("generate", seed, "-o", first, "--seed", "7", *wish)
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
    wish = ["--bars", "3", "--key", "Eb", "--meter", "3/4", "--tempo", "132", "--loop"]
    made = run("generate", "--from-scratch", "-o", first, *wish, "--seed", "3")
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
    wish = ["--fill", "3-4", "--temperature", "1.3"]
    out = tmp_path / "take.mid"
    made = run("generate", SEED, "-o", out, "--takes", "2", "--seed", "5", *wish)
    assert made.exit_code == 0, made.output
    assert "bars 3-4 written anew" in made.stderr
    one, two = (tmp_path / f"take-{k}.mid" for k in (1, 2))
    assert notes(one) != notes(two)
    alone = tmp_path / "alone.mid"
    assert run("generate", SEED, "-o", alone, "--seed", "6", *wish).exit_code == 0
    assert alone.read_bytes() == two.read_bytes()


def test_keep_is_only_the_other_way_round(tmp_path: Path) -> None:
    """Keeping two voices is writing the other two, to the byte."""
    paths = tmp_path / "only.mid", tmp_path / "keep.mid"
    for path, wish in zip(
        paths, (["--only", "pulse2,noise"], ["--keep", "triangle,pulse1"]), strict=True
    ):
        assert run("generate", NES, "-o", path, *wish, "--fill", "2").exit_code == 0
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
    wish = ["--only", "noise", "--fill", "2", "--tempo", "300"]
    made = run("render", SEED, "-o", sound, "--midi", score, *wish, "--rate", "8000")
    assert made.exit_code == 0, made.output
    assert "noise of bar 2 written anew" in made.stderr
    alone = tmp_path / "alone.mid"
    assert run("generate", SEED, "-o", alone, *wish).exit_code == 0
    assert alone.read_bytes() == score.read_bytes()
    folder, out = tmp_path / "seeds", tmp_path / "made"
    folder.mkdir()
    (folder / "seed.mid").write_bytes(SEED.read_bytes())
    made = run("batch", folder, "-o", out, "--format", "mid", "-j", "1", *wish)
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
        (["--only", "noise", "--without-seed"], "--without-seed"),
        (["--only", "noise", "--drums", "none"], "--drums"),
        (["--fill", "1", "--loop"], "--loop"),
        (["--intro"], "--loop too"),
        (["--loop", "--intro", "--without-seed"], "--without-seed"),
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
        ([], "name a SEED.mid"),
        (["--from-scratch", "--keep", "pulse1"], "--keep"),
        (["--from-scratch", "--without-seed"], "--without-seed"),
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
    ("arguments", "words"),
    [
        (["--fill", "30-31"], "which has 8"),
        (["--only", "noise", "--model", "tonnetz-lstm"], "row-transformer"),
        (["--only", "noise", "--model", "nobody"], "nobody"),
    ],
)
def test_what_cannot_be_done_is_told(tmp_path: Path, arguments: list[str], words: str) -> None:
    """Bad input is one line with exit code 1."""
    made = run("generate", SEED, "-o", tmp_path / "out.mid", *arguments)
    assert made.exit_code == 1, made.output
    assert made.stderr.count("\n") == 1
    assert words in made.stderr


def test_chip_files_have_no_notes_to_change(tmp_path: Path) -> None:
    """Render plays a chip file as it is, and says that wishes are not for it."""
    chip = tmp_path / "seed.vgm"
    assert run("export", SEED, "-o", chip).exit_code == 0
    for wish in (["--key", "D"], ["--tempo", "90"], ["--only", "noise"]):
        made = run("render", chip, "-o", tmp_path / "out.wav", *wish)
        assert made.exit_code == 2, made.output
        assert wish[0] in made.stderr.strip().splitlines()[-1]


def test_a_seed_is_moved_and_set_to_a_tempo_as_it_is(tmp_path: Path) -> None:
    """Key and tempo work without composing, too."""
    sound, score = tmp_path / "out.wav", tmp_path / "out.mid"
    wish = ["--as-is", "--key", "Dm", "--tempo", "288", "--rate", "8000"]
    made = run("render", SEED, "-o", sound, "--midi", score, *wish)
    assert made.exit_code == 0, made.output
    assert "A minor" in made.stderr
    was, now = read_midi(SEED), read_midi(score)
    assert now.key == "Dm"
    assert now.duration_s == pytest.approx(was.duration_s / 2)
    for before, after in zip(was.tracks, now.tracks, strict=True):
        steps = {b.pitch - a.pitch for a, b in zip(before.notes, after.notes, strict=True)}
        assert steps == ({0} if before.is_drums else {5})
    assert read_recipe(score) is None


def test_a_tempo_replaces_the_map_and_scales_nominal_time() -> None:
    """Ordinary MIDI keeps its bars; NES-MDB goes as much faster as the tempo is above 120."""
    tune = Track("", 0, 0, tuple(Note(k / 2, 0.5, 60 + k % 5) for k in range(16)))
    score = Score((tune,), (Tempo(0.0, 90.0), Tempo(4.0, 60.0)), end_beats=8.0)
    set_to, remark = at_tempo(score, 120, nominal=False)
    assert (set_to.tempos, set_to.tracks, remark) == ((Tempo(0.0, 120.0),), score.tracks, "")
    song = read_midi(NES)
    faster, remark = at_tempo(song, 180, nominal=True)
    assert faster.duration_s == pytest.approx(song.duration_s / 1.5)
    assert "1.5 times" in remark
    with pytest.raises(ChipgenError, match="20 to 400"):
        ComposeRequest(tempo_bpm=10.0)


KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(["", "major", "minor"]))


@given(KEYS)
def test_keys_have_names_that_are_read_again(key: Key) -> None:
    """Name and signature of every key lead back to it."""
    assert parse_key(key.name) == key
    signed = parse_key(key.signature)
    assert signed.tonic == key.tonic
    assert (signed.mode == "minor") == (key.mode == "minor")


@given(st.text(max_size=12))
def test_any_text_is_a_key_or_a_plain_error(text: str) -> None:
    """No name of a key makes anything but a key or one line."""
    try:
        tonic = parse_key(text).tonic
    except ChipgenError:
        return
    assert 0 <= tonic < 12


@pytest.mark.parametrize("name", ["chorale", "folk", "groove", "orchestra", "piano", "seed"])
def test_keys_of_the_examples_are_found(name: str) -> None:
    """Where a file says its key, the sound of it agrees, or is the relative one."""
    score = read_midi(ROOT / "examples" / f"{name}.mid")
    found = detect_key(score)
    assert found is not None
    assert found.signature == score.key
    unsigned = detect_key(Score(score.tracks, score.tempos, score.meters, score.end_beats))
    assert unsigned is not None
    assert len(unsigned.scale & found.scale) >= 6


@given(st.integers(-6, 6), KEYS)
@settings(max_examples=40, deadline=None)
def test_the_key_moves_with_the_music(semitones: int, wanted: Key) -> None:
    """Transposed music is heard in the key it was moved to, within the voices' ranges."""
    seed = read_midi(NES)
    found = detect_key(seed)
    assert found is not None
    moved = detect_key(transpose(seed, semitones))
    assert moved is not None
    assert moved.tonic == (found.tonic + semitones) % 12
    there, remark = into_key(seed, wanted)
    now = detect_key(there)
    assert now is not None
    assert (now.tonic, now.mode) == (wanted.tonic, found.mode)
    assert (f"no {wanted.mode} of {found.mode}" in remark) == (wanted.mode not in ("", found.mode))
    for before, after in zip(seed.tracks, there.tracks, strict=True):
        if before.role == "no":
            assert after.notes == before.notes
        low, high = {"tr": (21, 108), "no": (1, 16)}.get(before.role, (33, 108))
        assert all(low <= note.pitch <= high for note in after.notes)


@pytest.mark.parametrize("number", [0, 1])
def test_a_piece_from_nothing_is_music_in_its_key(number: int) -> None:
    """It sounds all the time, in several voices, of the key's notes, in whole bars."""
    key = parse_key("F#m")
    made = compose_from_scratch(
        ComposeRequest(
            from_scratch=True, key=key, tempo_bpm=92.0, meter=(6, 8), bars=5, rng_seed=number
        )
    )
    score = made.score
    assert (score.key, len(score.bar_starts_beats()), score.end_beats) == ("F#m", 5, 15.0)
    assert (made.seed_bars, made.generated_bars) == (0, 5)
    shares = pitch_class_shares(score)
    assert shares is not None
    assert shares[sorted(key.scale)].sum() > 0.9
    assert sum(bool(track.notes) for track in score.tracks) >= 3
    sounding = np.zeros(60, dtype=bool)
    for track in score.tracks:
        for note in track.notes:
            sounding[int(note.onset_beats * 4) : int(np.ceil(note.end_beats * 4))] = True
    assert sounding.mean() > 0.6


def test_cold_and_narrow_pieces_sound_too() -> None:
    """At the lowest temperature and top-p a piece from nothing is not silent."""
    request = ComposeRequest(from_scratch=True, bars=1, temperature=0.1, top_p=0.05)
    made = compose_from_scratch(request)
    assert sum(len(track.notes) for track in made.score.tracks) > 8


def test_a_piece_needs_a_seed_or_none() -> None:
    """Without a seed and without the wish for none there is an error."""
    with pytest.raises(ChipgenError, match="no seed"):
        make_piece(None, ComposeRequest(bars=1))


REQUESTS = st.builds(
    ComposeRequest,
    bars=st.integers(1, 4096),
    temperature=st.floats(0.1, 3.0),
    rng_seed=st.integers(0, 2**32 - 1),
    only=st.lists(st.sampled_from(VOICES), unique=True, max_size=3).map(tuple),
    fill=st.none() | st.tuples(st.integers(1, 5), st.integers(6, 20)),
    key=st.none() | KEYS,
    tempo_bpm=st.none() | st.floats(20, 400),
)


@given(REQUESTS, st.text(max_size=12))
@settings(max_examples=80, deadline=None)
def test_a_recipe_asks_for_the_same_again(request: ComposeRequest, name: str) -> None:
    """Whatever was asked for, and whatever the seed is called, the text gives the recipe back."""
    recipe = recipe_of(request, SEED)
    assert parse_recipe(recipe.text) == recipe
    words = shlex.split(recipe.command)
    assert words[:3] == ["chipgen", "generate", "seed.mid"]
    assert words[words.index("--seed") + 1] == str(request.rng_seed)
    assert float(words[words.index("--temperature") + 1]) == request.temperature
    assert ("--bars" in words) == (request.task == "continue")
    other = Recipe(f"chipgen generate {shlex.quote(name + '.mid')}", "2.0", "ab12", "cd34")
    assert parse_recipe(other.text) == other
