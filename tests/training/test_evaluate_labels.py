"""`chipgen evaluate labels` and `chipgen train chords`, on invented songs in POP909's form."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.pop909 import read_pop909
from chipgen.errors import ChipgenError
from chipgen.labels.bar_lines import BarLines
from chipgen.rows.prompt import Prompt
from chipgen.rows.quantise import rows_of
from chipgen.rows.score_conversion import voice_notes_of
from chipgen.training.chord_data import SINGLE, read_chord_song
from chipgen.training.evaluate_labels import evaluate_labels, judge_bars
from tests.commandline import run
from tests.dataset.test_pop909 import write_pop909


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of songs of all three splits."""
    folder = tmp_path_factory.mktemp("pop909")
    for number in ("003", "004", "007", "008"):
        write_pop909(folder, number, 16)
    return folder


def test_labels_are_measured_on_test_songs_alone(songs: Path) -> None:
    """Plain chords are told from all notes, and how often is said for each kind of label."""
    tables = evaluate_labels(songs)
    chords = {row[0]: row for row in tables[0].rows}
    assert tables[0].caption.startswith("1 songs")
    assert chords["all notes"][1] > 0.7  # type: ignore[operator]
    assert [table.caption for table in tables][2:4] == [
        "keys:",
        "bars without a tempo map, of 1 songs:",
    ]
    assert tables[2].cells()[0] == ["key of the song", "1.000"]


def test_a_folder_without_test_songs_is_refused(tmp_path: Path) -> None:
    """Nothing to measure by is an error that says what is needed."""
    write_pop909(tmp_path, "004", 4)
    with pytest.raises(ChipgenError, match="test song"):
        evaluate_labels(tmp_path)


def test_bars_are_right_where_they_are(songs: Path) -> None:
    """Bars of the right length at the right place are right, and not a beat later."""
    song = read_pop909(songs / "007" / "007.mid")
    prompt = Prompt.of(song.score)
    rows = rows_of(voice_notes_of(prompt.voiced))
    clock = rows.grid.times_s
    true_s = song.score.beats_to_seconds(np.array(song.score.bar_starts_beats()[1:]))
    first = int(np.abs(clock - true_s[0]).argmin())
    bar_rows = int(np.abs(clock - true_s[1]).argmin()) - first
    lines = song.score.bar_starts_beats()
    right = BarLines.even(len(rows), bar_rows, first)
    assert judge_bars(lines, song, rows, right) == (True, True, True)
    later = BarLines.even(len(rows), bar_rows, first + bar_rows // 2)
    assert judge_bars(lines, song, rows, later) == (True, True, False)
    beat_later = BarLines.even(len(rows), bar_rows, first + bar_rows // 4)
    assert judge_bars(lines, song, rows, beat_later) == (False, True, False)


def test_the_recogniser_is_fitted_by_a_command_the_same_each_time(
    songs: Path, tmp_path: Path
) -> None:
    """Two runs give the same weights, which tell the chords of the songs they learned from."""
    (tmp_path / "small.yaml").write_text("model: chords\nepochs: 20\nbatch: 16\n")
    words = ["train", "chords", "--config", tmp_path / "small.yaml", "--data", songs, "-o"]
    for name in ("a", "b"):
        made = run(*words, tmp_path / name)
        assert made.exit_code == 0, made.stderr
    first, second = (tmp_path / name / "chords.safetensors" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    from safetensors.numpy import load

    from chipgen.labels.chords import chord_scores, smooth

    weights = {name: value.astype(float) for name, value in load(first.read_bytes()).items()}
    song = read_chord_song(songs / "004" / "004.mid")
    assert song is not None
    known = song.chord >= 0
    scores = chord_scores(song.turned["score"], song.plain["score"], weights)
    found = smooth(scores, weights).argmax(axis=1)
    assert np.mean((found == song.chord)[known]) > 0.9
    assert SINGLE in song.turned
