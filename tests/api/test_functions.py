"""The functions do the command line's work, to the byte."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chipgen
from chipgen.api.options import make_request
from synth.errors import SynthError
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = EXAMPLES / "seed.mid"


@pytest.mark.parametrize(
    ("name", "words", "options"),
    [
        ("a.wav", ["--bars", "1", "--seed", "7", "--rate", "8000"],
         {"bars": 1, "seed": 7, "rate": 8000}),
        ("a.mid", ["--bars", "1", "--key", "D minor", "--tempo", "100"],
         {"bars": 1, "key": "D minor", "tempo": 100}),
        ("a.nsf", ["--as-is", "--preset", "bright", "--title", "T"],
         {"as_is": True, "preset": "bright", "title": "T"}),
        ("a.flac", ["--as-is", "--loops", "2", "--bits", "24", "--rate", "8000"],
         {"as_is": True, "loops": 2, "bits": "24", "rate": 8000}),
    ],
)  # fmt: skip
def test_render_writes_the_command_line_s_bytes(
    tmp_path: Path, name: str, words: list[str], options: dict[str, Any]
) -> None:
    """Names, defaults and files are the same."""
    (tmp_path / "cli").mkdir()
    source = EXAMPLES / ("groove.mid" if "--loops" in words else "seed.mid")  # it has loop marks
    assert run("render", source, "-o", tmp_path / "cli" / name, *words).exit_code == 0
    chipgen.render(source, tmp_path / name, **options)
    assert (tmp_path / name).read_bytes() == (tmp_path / "cli" / name).read_bytes()


def test_arrange_writes_the_command_line_s_bytes(tmp_path: Path) -> None:
    """And says what became of the notes."""
    piano = EXAMPLES / "piano.mid"
    assert run("arrange", piano, "-o", tmp_path / "a.mid").exit_code == 0
    song = chipgen.arrange(piano)
    song.save(tmp_path / "b.mid")
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert song.arrangement is not None
    assert sum(song.arrangement.counts().values()) == len(song.arrangement.placements)


def test_takes_and_files_beside(tmp_path: Path) -> None:
    """Numbered as on the command line; each take alone is the same."""
    song = chipgen.render(
        None, tmp_path / "t.vgm", bars=1, takes=2, midi=tmp_path / "t.mid", key="Eb"
    )
    assert ["seed 0" in repr(song.takes[0]), "seed 1" in repr(song.takes[1])] == [True, True]
    names = ["t-1.mid", "t-1.vgm", "t-2.mid", "t-2.vgm"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    chipgen.compose(bars=1, seed=1, key="Eb").save(tmp_path / "again.mid")
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "t-2.mid").read_bytes()


def test_a_batch_from_python(tmp_path: Path) -> None:
    """One outcome a file, as `chipgen batch` lists them."""
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.mid").write_bytes(SEED.read_bytes())
    for status in ("rendered", "up to date"):
        (made,) = chipgen.batch(
            tmp_path / "songs", tmp_path / "out", as_is=True, format="vgm", jobs=1
        )
        assert made.status == status
    assert made.target.suffix == ".vgm"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: chipgen.compose("example:seed", model="nobody"), "model 'nobody' is unknown"),
        (lambda: chipgen.open("example:seed", temperature=2.0), "temperature"),
        (lambda: chipgen.compose("example:seed", from_scratch=True), "leave out the source"),
        (lambda: chipgen.compose("example:seed", takes=0), "takes 0 is not allowed"),
        (lambda: chipgen.render("example:seed", "a.wav", as_is=True, bars=2), "as_is"),
        (lambda: chipgen.open(SEED, preset="brigt"), "preset: .*did you mean 'bright'"),
        (lambda: chipgen.open(SEED, preset=5), "preset 5 is not allowed"),
        (lambda: chipgen.open(SEED, preset="nowhere.yaml"), "preset: nowhere.yaml"),
        (lambda: chipgen.open(SEED, bars=4), r"bars: chipgen.open\(\) composes nothing"),
        (lambda: chipgen.arrange(SEED, bars=2), r"bars: chipgen.arrange\(\) composes nothing"),
        (lambda: chipgen.arrange(SEED, key="C"), "key: .*composes nothing"),
        (lambda: chipgen.open(SEED, map="bass=track:99"), "map='triangle=track:99': the piece has"),
        (lambda: chipgen.open(SEED, tempo="fast"), "tempo 'fast' is not allowed; give 20 to 400"),
        (lambda: chipgen.open(None), "source: give music"),  # type: ignore[arg-type]
        (lambda: chipgen.compose(SEED, bars="4"), "bars '4' is not allowed; give 0 to 4096"),
        (lambda: chipgen.compose(SEED, bars=None), "bars None is not allowed"),
        (lambda: chipgen.compose(SEED, takes=2, seed="x"), "seed 'x' is not .* 0 to 4294967295"),
        (lambda: chipgen.compose(SEED, takes="2"), "takes '2' is not allowed"),
        (lambda: chipgen.compose(SEED, drums="sed"), "drums sed .* did you mean seed"),
        (lambda: chipgen.compose(SEED, fill=99), "fill: bar 99 is not in the piece"),
        (lambda: chipgen.compose(SEED, only="pulse3"), "only: 'pulse3'.*pulse2"),
        (lambda: chipgen.compose(SEED, tempratur=1), "did you mean temperature"),
        (lambda: chipgen.render(SEED, "a.wvv"), "did you mean .wav"),
        (lambda: chipgen.render(SEED, 5), "path: int cannot be written to"),
        (lambda: chipgen.open(SEED).save("a.wav", bits=17), "bits 17 is not allowed; give one of"),
        (lambda: chipgen.open(SEED).save(io.BytesIO()), "format: the open file has no name"),
        (lambda: chipgen.open(SEED).save(io.StringIO(), format="mid"), "path: StringIO"),
        (lambda: chipgen.open(SEED).plot("a.pgn"), "did you mean .png"),
        (lambda: chipgen.open(SEED).plot(lower="wave"), "lower 'wave'.* did you mean waveform"),
        (lambda: chipgen.open(SEED).plot(show=(1, 99)), "show 1-99: there are 8 bars"),
        (lambda: chipgen.batch("nowhere", "out"), "folder: there is no folder nowhere"),
        (lambda: chipgen.batch(EXAMPLES, "out", jobs=0), "jobs 0 is not allowed"),
        (lambda: chipgen.batch(EXAMPLES, "out", format="wvv"), "did you mean wav"),
        (lambda: chipgen.batch(EXAMPLES, "out", preset="brigt"), "did you mean 'bright'"),
    ],
)
def test_misuse_is_one_error_in_keywords(call: Any, words: str) -> None:
    """A RequestError that speaks Python."""
    with pytest.raises(chipgen.RequestError, match=words) as caught:
        call()
    assert "--" not in str(caught.value)


def test_lists() -> None:
    """Presets, models and examples by the names that functions take."""
    assert "bright" in chipgen.list_presets()
    assert "row-transformer" in chipgen.list_models()
    assert "example:seed" in chipgen.list_examples()


def test_a_batch_needs_no_guard_in_a_script(tmp_path: Path) -> None:
    """Workers are started without running the script that asks for them again."""
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in ("folk", "seed"):
        (songs / f"{name}.mid").write_bytes((EXAMPLES / f"{name}.mid").read_bytes())
    script = tmp_path / "script.py"
    script.write_text(
        "import chipgen\n"
        "print('once')\n"
        f"made = chipgen.batch({str(songs)!r}, {str(tmp_path / 'out')!r}, as_is=True, jobs=2,\n"
        "                     format='vgm')\n"
        "print([each.status for each in made])\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split("\n")[:2] == ["once", "['rendered', 'rendered']"]


def test_values_as_python_has_them() -> None:
    """Numbers, lists, ranges and paths stand for the texts of the command line."""
    soft = EXAMPLES.parent / "presets" / "soft.yaml"
    assert chipgen.open(SEED, preset=soft, rate=np.int64(8000)).rate_hz == 8000
    for fill in (3, range(3, 4), (3, 3)):
        assert make_request({"fill": fill}) == make_request({"fill": "3"})
    assert make_request({"bits": 24}) == make_request({"bits": "24"})
    assert make_request({"chords": ["C", "Am"]}) == make_request({"chords": "C Am"})
    assert make_request({"form": ["A'", "B"]}) == make_request({"form": "A' B"})


def test_an_open_file_is_written(tmp_path: Path) -> None:
    """A BytesIO with a format, a file by its name; the same bytes as at a path."""
    stream = chipgen.render(SEED, io.BytesIO(), as_is=True, format="vgm")
    song = chipgen.open(SEED)
    path = song.save(tmp_path / "seed.vgm")
    assert song.save(io.BytesIO(), format="vgm").getvalue() == path.read_bytes()
    with (tmp_path / "b.vgm").open("wb") as file:
        song.save(file)
    assert (tmp_path / "b.vgm").read_bytes() == path.read_bytes()
    assert stream.registers.duration_s == song.registers.duration_s


def test_an_open_file_is_read_once_whatever_is_made_of_it(tmp_path: Path) -> None:
    """Files at paths, and several takes of the same music."""
    source = io.BytesIO(SEED.read_bytes())
    song = chipgen.render(source, tmp_path / "a.mid", bars=1, takes=2)
    assert [(take.generated_bars, take.score.bar_starts_beats()[8]) for take in song.takes] == [
        (1, 32.0), (1, 32.0),
    ]  # fmt: skip
    made = [(tmp_path / f"a-{take}.mid").read_bytes() for take in (1, 2)]
    assert made[0] != made[1]


def test_nothing_is_composed_for_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """What exists, and what does not suit the format, is told first."""
    (tmp_path / "t-2.wav").write_bytes(b"mine")
    for call in (
        lambda: chipgen.render(SEED, tmp_path / "t.wav", takes=2, bars=4096),
        lambda: chipgen.render(SEED, tmp_path / "a.mid", bits=24, bars=4096),
        lambda: chipgen.render(SEED, tmp_path / "a.wav", fade=2, bars=4096),
    ):
        with pytest.raises(SynthError):
            call()
    assert [path.name for path in tmp_path.iterdir()] == ["t-2.wav"]
