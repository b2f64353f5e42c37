"""What `dataset` tells, draws and writes of songs' musical time."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from chipgen.arranging.loop_points import find_loop
from chipgen.cli.dataset import command
from chipgen.dataset.measure_songs import count_returned, measure_song
from chipgen.dataset.musical_time_table import read_rows
from chipgen.errors import ChipgenError
from chipgen.music.midi import midi_bytes, read_midi
from chipgen.music.midi.write_nesmdb import nesmdb_bytes
from chipgen.music.score import Note, Score, Track
from chipgen.rows.quantise import play_back, rows_of
from chipgen.rows.true_bars import put_in_bars
from synth.errors import SynthError
from tests.row_songs import Meter, compose_bars, onsets_s, play, score_of, shift

FOUR = Meter(4, 4)


def run(*arguments: object) -> Result:
    """Run `chipgen dataset`, letting our own errors through."""
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data set: two songs on rows, a jingle, an ordinary MIDI file, a broken one."""
    root = tmp_path_factory.mktemp("midi")
    (root / "train").mkdir()
    (root / "valid").mkdir()
    loop = compose_bars(FOUR, 12, np.random.default_rng(0))
    song = play(loop + shift(loop, 192), 224, (7, 6))
    (root / "train" / "a.mid").write_bytes(nesmdb_bytes(score_of(song)))
    jingle = play(compose_bars(FOUR, 1, np.random.default_rng(0)), 16)
    (root / "train" / "b.mid").write_bytes(nesmdb_bytes(score_of(jingle)))
    ordinary = Score((Track(notes=tuple(Note(k, 1, 60) for k in range(40))),), end_beats=40.0)
    (root / "train" / "c.mid").write_bytes(midi_bytes(ordinary))
    (root / "train" / "d.mid").write_bytes(b"MThd and no more")
    waltz = play(compose_bars(Meter(3, 4), 16, np.random.default_rng(3)), 192)
    (root / "valid" / "e.mid").write_bytes(nesmdb_bytes(score_of(waltz)))
    return root


def test_prepare_writes_each_songs_rows(folder: Path, tmp_path: Path) -> None:
    """A line a song: rows, tempo, meter and loop, or frames, or the file's own beats."""
    table = tmp_path / "rows.jsonl"
    result = run("prepare", folder, "-o", tmp_path / "cache", "--rows", table)
    assert "written" in result.stderr
    entries = {entry.file: entry for entry in read_rows(table)}
    kinds = {name: entry.grid for name, entry in entries.items()}
    assert kinds == {
        "a.mid": "rows", "b.mid": "frames", "c.mid": "beats", "d.mid": "unreadable",
        "e.mid": "rows",
    }  # fmt: skip
    song, waltz = entries["a.mid"], entries["e.mid"]
    assert song.meter is not None
    assert song.loop is not None
    assert (song.meter["numerator"], song.meter["bar_rows"], song.meter["first_bar"]) == (4, 16, 0)
    assert (song.loop["start_row"], song.loop["end_row"]) == (0, 192)
    assert song.loop["end_s"] == pytest.approx(192 * 6.5 / 60.0988, abs=0.02)
    assert sum(song.row_frames) == pytest.approx(224 * 6.5, abs=7)
    assert song.bpm == pytest.approx(60 * 60.0988 / 26, rel=0.01)
    assert waltz.meter is not None
    assert waltz.meter["numerator"] == 3
    assert entries["c.mid"].bpm == 120.0
    assert all(set(json.loads(line)) for line in table.read_text().splitlines())
    with pytest.raises(SynthError, match="--force"):
        run("prepare", folder, "-o", tmp_path / "cache", "--rows", table)
    table.write_text('{"split": "train"}\n')
    with pytest.raises(ChipgenError, match="line 1"):
        read_rows(table)


def test_report_tells_and_draws(folder: Path, tmp_path: Path) -> None:
    """The report has figures of every split, and a picture beside it; it is printed without -o."""
    printed = run("report", folder).stdout
    assert "| within one frame of inferred rows | 100.00% | 100.00% |" in printed
    assert "| on NES frames: too few onsets (under 24 times) | 1 | 0 |" in printed
    assert "| heard to repeat, confidence 0.5 or more | 1 | 0 |" in printed
    assert "![" not in printed
    path = tmp_path / "report.md"
    run("report", folder, "-o", path)
    assert "(report.png)" in path.read_text()
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SynthError, match="--force"):
        run("report", folder, "-o", path)


def test_convert_writes_bars_and_says_what_it_found(folder: Path, tmp_path: Path) -> None:
    """A song of the chip's voices is converted; others are refused in one line."""
    out = tmp_path / "out.mid"
    result = run("convert", folder / "train" / "a.mid", "-o", out)
    assert "4/4 at 138.6 beats a minute, 16 rows a bar" in result.stdout
    score = read_midi(out)
    assert (score.meters[0].numerator, score.meters[0].denominator) == (4, 4)
    assert find_loop(score) == pytest.approx((0.0, 48.0))
    with pytest.raises(SynthError, match="--force"):
        run("convert", folder / "train" / "a.mid", "-o", out)
    with pytest.raises(ChipgenError, match=r"c\.mid has a tempo and bars of its own"):
        run("convert", folder / "train" / "c.mid", "-o", tmp_path / "no.mid")
    with pytest.raises(ChipgenError, match=r"b\.mid: the score has no bars"):
        run("convert", folder / "train" / "b.mid", "-o", tmp_path / "no.mid")
    assert not (tmp_path / "no.mid").exists()


def test_a_file_in_bars_is_read_in_its_own_time(folder: Path, tmp_path: Path) -> None:
    """Converted once, a song is measured as before: its new tempo is not taken as nominal."""
    run("convert", folder / "train" / "a.mid", "-o", tmp_path / "a.mid")
    before = measure_song(folder / "train" / "a.mid", "train")
    after = measure_song(tmp_path / "a.mid", "train")
    assert after.entry.meter is not None
    assert before.entry.meter is not None
    assert after.entry.bpm == pytest.approx(before.entry.bpm, rel=1e-3)
    assert after.rows.onsets == before.rows.onsets == before.returned


def test_measured_songs_come_back_whole() -> None:
    """What the report counts as returned is what play_back gives."""
    notes = play(compose_bars(FOUR, 16, np.random.default_rng(9)), 256)
    assert count_returned(notes, play_back(rows_of(notes))) == len(notes)


@pytest.mark.data
@pytest.mark.skipif("CHIPGEN_NESMDB" not in os.environ, reason="CHIPGEN_NESMDB is not set")
def test_real_songs_keep_their_seconds_in_bars(tmp_path: Path) -> None:
    """Songs of NES-MDB, converted and read again, have every onset within a millisecond."""
    converted = 0
    for path in sorted((Path(os.environ["CHIPGEN_NESMDB"]) / "valid").glob("*.mid"))[::40]:
        score = read_midi(path)
        try:
            barred = put_in_bars(score)
        except ChipgenError:
            continue
        (tmp_path / "bars.mid").write_bytes(midi_bytes(barred.score))
        back = read_midi(tmp_path / "bars.mid")
        for before, after in zip(onsets_s(score), onsets_s(back), strict=True):
            assert np.abs(np.sort(before) - np.sort(after)).max(initial=0.0) < 0.001
        converted += 1
    assert converted >= 8
