"""The options for levels, stems and loops, and what is told of the files."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from chipgen.app.pipeline import delivery_of
from chipgen.cli.level_report import describe_level
from chipgen.cli.options import asked, request_options
from chipgen.errors import RequestError
from chipgen.music.formats import write_score
from chipgen.music.score import Marker, Note, Score, Track
from chipgen.request.output_fields import DeliveryFields
from chipgen.request.sound_fields import SoundFields
from synth.output.audiofile import AudioInfo
from synth.output.delivery import Delivery
from tests.commandline import run

SEED = Path(__file__).parents[1] / "examples" / "seed.mid"


def parse(*arguments: str) -> Delivery:
    """Return what a command with these options would be asked for."""

    @click.command()
    @request_options(SoundFields, DeliveryFields)
    def command(**options: Any) -> Delivery:
        return delivery_of(asked(options), Path("song.wav"))

    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    wanted: Delivery = result.return_value
    return wanted


def test_without_options_the_music_is_written_once() -> None:
    """The defaults are those of the library."""
    assert parse() == Delivery()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--normalize", "--loudness"], Delivery(normalize_dbfs=-1.0, loudness=True)),
        (["--stems", "apu", "--bits", "float"], Delivery(stems="apu", bits="float")),
        (["--loops", "2", "--fade", "4"], Delivery(loops=2, fade_s=4.0)),
        (["--loop-points", "--rate", "48000"], Delivery(loop_points=True, rate_hz=48_000)),
        (["--split-intro"], Delivery(split_intro=True)),
    ],
)
def test_each_option_asks_for_what_it_says(arguments: list[str], expected: Delivery) -> None:
    """Options arrive in the value that the library takes."""
    assert parse(*arguments) == expected


@pytest.mark.parametrize(
    "arguments", [["--loops", "0"], ["--fade", "-1"], ["--stems", "solo"], ["--fade", "9999"]]
)
def test_values_out_of_range_are_wrong_usage(arguments: list[str]) -> None:
    """The error is click's own, and is about the option that was given."""
    with pytest.raises(click.BadParameter) as caught:
        parse(*arguments)
    assert caught.value.param is not None
    assert arguments[0] in caught.value.param.opts


def test_wishes_that_exclude_each_other_are_refused() -> None:
    """A fade without loops has no meaning."""
    with pytest.raises(RequestError, match="--fade needs --loops"):
        parse("--fade", "4")


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
    assert "intro 4.0 s, peak" in result.stderr
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


def test_clipping_is_never_passed_over_in_silence() -> None:
    """The line on what was written names peak, loudness where measured, and clipped samples."""
    info = AudioInfo(Path("a.wav"), 44_100, 1, 44_100, peak_dbfs=-3.04)
    assert describe_level(info) == "peak -3.0 dBFS"
    info = AudioInfo(Path("a.wav"), 44_100, 1, 44_100, peak_dbfs=1.2, lufs=-9.55, clipped_samples=7)
    assert describe_level(info).startswith("peak 1.2 dBFS, -9.6 LUFS, 7 samples clipped: use --nor")
