"""The options for levels, stems and loops, and what is told of the files."""

from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from chipgen.music.midi import score_from_midi
from chipgen.music.score import Marker, Note, Score, Track
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"


EXAMPLES = Path(__file__).parents[2] / "examples"

SEED = EXAMPLES / "seed.mid"


@pytest.mark.parametrize(
    ("flag", "value"), [("--stems", "apu"), ("--loops", "2"), ("--normalize", "")]
)
def test_what_a_chip_file_cannot_have_is_wrong_usage(tmp_path: Path, flag: str, value: str) -> None:
    """Options about sound are not passed over in silence where registers or notes are written."""
    given = [flag, *([value] if value else [])]
    rendered = run("render", SEED, "-o", tmp_path / "a.nsf", "--as-is", *given)
    assert rendered.exit_code == 2
    assert f"NSF files hold no sound: leave out {flag}" in rendered.stderr
    batched = run("batch", SEED.parent, "-o", tmp_path / "out", "--format", "mid", *given)
    assert batched.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_intro_apart_is_told_by_the_files_there_are(tmp_path: Path) -> None:
    """The account names both files, which are there, and how long each is."""
    song = tmp_path / "song.mid"
    track = Track(notes=tuple(Note(float(k), 1.0, 60 + k) for k in range(8)))
    write_score(
        Score(tracks=(track,), markers=(Marker(4.0, "loopStart"),), end_beats=8.0),
        song,
        overwrite=False,
    )
    result = run("render", song, "-o", tmp_path / "a.wav", "--as-is", "--split-intro")
    assert result.exit_code == 0, result.output
    intro, loop = tmp_path / "a-intro.wav", tmp_path / "a-loop.wav"
    assert intro.exists()
    assert loop.exists()
    assert result.stderr.startswith(f"{intro} + {loop}: ")
    assert "intro 2.0 s, peak" in result.stderr
    assert "loop 2.0 s, peak" in result.stderr


def test_a_loop_marked_wrongly_names_its_file(tmp_path: Path) -> None:
    """The marks are not followed, and of many files it is known which to mend."""
    song = tmp_path / "song.mid"
    marks = (Marker(2.0, "loopEnd"), Marker(4.0, "loopStart"))
    track = Track(notes=(Note(0.0, 8.0, 60),))
    write_score(Score(tracks=(track,), markers=marks, end_beats=8.0), song, overwrite=False)
    for arguments in (["render", song, "-o", tmp_path / "a.wav"], ["info", song]):
        result = run(*arguments, *(["--as-is"] if arguments[0] == "render" else []))
        assert result.exit_code == 0
        assert "the loop is marked to begin at tick 1,920 and to end at 960" in result.output
    result = run("batch", tmp_path, "-o", tmp_path / "out", "--as-is", "--jobs", "1")
    (told,) = [line for line in result.stderr.splitlines() if "the loop is marked" in line]
    assert "song.mid" in told


def samples(path: Path) -> NDArray[np.float64]:
    """Read a file's samples, shape (n_frames,)."""
    data, _ = soundfile.read(path)
    assert data.ndim == 1
    return np.asarray(data)


def test_a_seed_becomes_music(tmp_path: Path) -> None:
    """The seed is heard first, then as many composed bars as were asked for, never silent."""
    out, midi = tmp_path / "out.wav", tmp_path / "out.mid"
    result = run("render", SEED, "-o", out, "--midi", midi, "--bars", "4")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("\n") == 1
    assert "4 generated (row-transformer, seed 0)" in result.stderr
    alone = tmp_path / "seed.wav"
    run("render", SEED, "-o", alone, "--as-is")
    whole, seed = samples(out), samples(alone)
    assert len(whole) > 1.3 * len(seed)
    composed = whole[len(seed) :]
    seconds = [composed[k : k + 44_100] for k in range(0, len(composed) - 44_100, 44_100)]
    assert min(np.sqrt(np.mean(second**2)) for second in seconds) > 0.005
    assert mido.MidiFile(midi).length == pytest.approx(len(whole) / 44_100, abs=1.5)


def test_without_seed_leaves_the_seed_out(tmp_path: Path) -> None:
    """`--without-seed` writes the composed bars alone."""
    both, alone = tmp_path / "both.wav", tmp_path / "alone.wav"
    run("render", SEED, "-o", both, "--bars", "4")
    run("render", SEED, "-o", alone, "--bars", "4", "--without-seed")
    seed = tmp_path / "seed.wav"
    run("render", SEED, "-o", seed, "--as-is")
    expected = len(samples(both)) - len(samples(seed))
    assert abs(len(samples(alone)) - expected) < 2 * 44_100


def test_the_same_call_gives_the_same_bytes(tmp_path: Path) -> None:
    """Same input, preset, seed number and version: the same file; another number, another take."""
    first, second, other = (tmp_path / f"{name}.wav" for name in "abc")
    run("render", SEED, "-o", first, "--bars", "4", "--seed", "7")
    run("render", SEED, "-o", second, "--bars", "4", "--seed", "7")
    run("render", SEED, "-o", other, "--bars", "4", "--seed", "8")
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_takes_are_numbered_and_can_be_made_again(tmp_path: Path) -> None:
    """`--takes K` writes K files, each the same as asking for its seed number alone."""
    result = run("generate", SEED, "-o", tmp_path / "t.mid", "--takes", "3", "--bars", "2")
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["t-1.mid", "t-2.mid", "t-3.mid"]
    run("generate", SEED, "-o", tmp_path / "again.mid", "--seed", "2", "--bars", "2")
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "t-3.mid").read_bytes()


@pytest.mark.parametrize(
    "options", [["--region", "pal"], ["--filter", "none"], ["--map", "drop=channel:9"]]
)
def test_options_change_the_sound(tmp_path: Path, options: list[str]) -> None:
    """Region, filter and map reach the sound."""
    plain, other = tmp_path / "a.wav", tmp_path / "b.wav"
    run("render", SEED, "-o", plain, "--as-is")
    result = run("render", SEED, "-o", other, "--as-is", *options)
    assert result.exit_code == 0, result.output
    assert plain.read_bytes() != other.read_bytes()


def test_an_echo_sounds_in_the_rests(tmp_path: Path) -> None:
    """`--echo` lets pulse 2 play where both pulses would rest."""
    plain, echo = tmp_path / "a.wav", tmp_path / "b.wav"
    run("render", EXAMPLES / "piano.mid", "-o", plain, "--as-is")
    run("render", EXAMPLES / "piano.mid", "-o", echo, "--as-is", "--echo")
    assert plain.read_bytes() != echo.read_bytes()


@pytest.mark.parametrize(
    ("name", "options", "subtype", "rate_hz"),
    [
        ("a.wav", [], "PCM_16", 44_100),
        ("a.wav", ["--bits", "24", "--rate", "48000"], "PCM_24", 48_000),
        ("a.wav", ["--bits", "float"], "FLOAT", 44_100),
        ("a.flac", ["--rate", "96000"], "PCM_16", 96_000),
        ("a.ogg", [], "VORBIS", 44_100),
        ("a.opus", [], "OPUS", 48_000),
    ],
)
def test_the_suffix_chooses_the_format(
    tmp_path: Path, name: str, options: list[str], subtype: str, rate_hz: int
) -> None:
    """WAV, FLAC, OGG and Opus come out with the sample format and rate asked for."""
    result = run("render", SEED, "-o", tmp_path / name, "--as-is", *options)
    assert result.exit_code == 0, result.output
    info = soundfile.info(tmp_path / name)
    assert (info.subtype, info.samplerate, info.channels) == (subtype, rate_hz, 1)


def malformed_files() -> Iterator[bytes]:
    """Yield a hundred broken MIDI files: cut, flipped, spliced and made of noise."""
    rng = np.random.default_rng(2403)
    good = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.mid"))]
    for index in range(100):
        data = bytearray(good[index % len(good)])
        match index % 5:
            case 0:
                del data[int(rng.integers(len(data))) :]
            case 1:
                for at in rng.integers(14, len(data), 20):
                    data[at] = int(rng.integers(256))
            case 2:
                data[4:14] = rng.bytes(10)
            case 3:
                at = int(rng.integers(len(data)))
                data[at:at] = rng.bytes(int(rng.integers(1, 64)))
            case _:
                data = bytearray(b"MThd" + rng.bytes(int(rng.integers(0, 400))))
        yield bytes(data)


def test_malformed_files_give_sound_or_one_line(tmp_path: Path) -> None:
    """A hundred broken files are each played or refused in one line, leaving nothing half-made.

    Damage that makes hours of a song is arranged only: their sound would take the time of the rest.
    """
    source, folder = tmp_path / "broken.mid", tmp_path / "out"
    folder.mkdir()
    sounding = 0
    for index, data in enumerate(malformed_files()):
        source.write_bytes(data)
        out = folder / ("a.mid" if _lasts_hours(data) else "a.wav")
        options = [] if out.suffix == ".mid" else ["--rate", "8000"]
        result = run("render", source, "-o", out, "--as-is", *options)
        if result.exit_code == 0:
            if out.suffix == ".wav":
                assert soundfile.info(out).frames > 0
                sounding += 1
            out.unlink()
        else:
            assert result.exit_code == 1, (index, result.output)
            assert result.stderr.startswith("chipgen: "), (index, result.stderr)
            assert result.stderr.count("\n") == 1, (index, result.stderr)
        assert list(folder.iterdir()) == []
    assert sounding > 20


def _lasts_hours(data: bytes) -> bool:
    try:
        return score_from_midi(data).duration_s > 1800
    except ChipgenError:
        return False


@pytest.mark.data
def test_songs_of_nesmdb_are_played(nesmdb: Path, tmp_path: Path) -> None:
    """A hundred random valid files of NES-MDB render as they are, to their own length."""
    files = sorted((nesmdb / "valid").glob("*.mid"))
    rng = np.random.default_rng(12)
    for index in rng.choice(len(files), 100, replace=False):
        out = tmp_path / "out.wav"
        result = run("render", files[index], "-o", out, "--as-is", "--force", "--rate", "8000")
        if result.exit_code:
            assert "no notes" in result.stderr, (files[index], result.stderr)
            continue
        length_s = mido.MidiFile(files[index], clip=True).length
        assert soundfile.info(out).duration == pytest.approx(length_s, abs=1.5), files[index]
