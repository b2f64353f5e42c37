"""User datasets: which songs are held out, and how each is encoded."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from chipgen.music.formats import write_score
from chipgen.music.midi import read_midi
from chipgen.music.score import Note, Score, Track
from chipgen.training.user_dataset import encode_song, split_by_content

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_songs_stay_where_they_are_when_others_come(tmp_path: Path) -> None:
    """Held out by content: of copies one counts, and others that come or go change nothing."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{index}.mid" for index in range(80)]
    for path in paths:
        path.write_bytes(rng.bytes(64))
    before = split_by_content(paths[:60])
    assert 1 <= len(before["valid"]) <= 14
    assert len(before["train"]) + len(before["valid"]) == 60
    copy = shutil.copy(paths[0], tmp_path / "copy of 0.mid")
    after = split_by_content([*paths, Path(copy)])
    assert len(after["train"]) + len(after["valid"]) == 80
    assert set(before["valid"]) <= set(after["valid"])


def test_ordinary_midi_is_heard_on_its_own_beats() -> None:
    """A song's rows divide its beats; melody, harmony, bass and drums are the four voices."""
    found = encode_song(EXAMPLES / "orchestra.mid")
    assert found is not None
    song, prompt = found
    assert len(prompt.encoded.rows) == len(song)
    assert (song.rows.states > 1).any(axis=0).all(), "every voice plays"
    score = read_midi(EXAMPLES / "orchestra.mid")
    assert song.seconds == pytest.approx(score.duration_s, rel=0.1)
    steady = np.bincount(song.grid.frames).max() / len(song)
    assert steady > 0.4


def test_a_song_that_rests_most_of_the_time_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A note in each bar would teach silence; the line says how much sounds, and what to do."""
    notes = tuple(Note(bar * 4.0, 0.5, 60 + bar % 5) for bar in range(32))
    write_score(
        Score((Track("Melody", 0, 0, notes),), end_beats=128.0),
        tmp_path / "thin.mid",
        overwrite=False,
    )
    assert encode_song(tmp_path / "thin.mid") is None
    (line,) = caplog.messages
    assert "thin.mid is left out" in line
    assert "70 %" in line


def test_a_song_of_hours_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Looking at its rows would take minutes, however few its notes are."""
    notes = tuple(Note(k * 500.0 + k % 4 / 4, 0.25, 60 + k % 5) for k in range(40))
    song = Score((Track("Melody", 0, 0, notes),), end_beats=20_000.0)
    write_score(song, tmp_path / "long.mid", overwrite=False)
    assert encode_song(tmp_path / "long.mid") is None
    (line,) = caplog.messages
    assert "rows, more than 32768; cut it" in line


def test_a_song_whose_tune_is_not_on_its_rows_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Trills faster than any row lose notes: the song is learned from, and a line says so."""
    trill = tuple(Note(k / 16, 1 / 16, 72 + 2 * (k % 2)) for k in range(16 * 32))
    bass = tuple(Note(float(k), 0.9, 40) for k in range(32))
    song = Score((Track("Melody", 0, 0, trill), Track("Bass", 1, 33, bass)), end_beats=32.0)
    write_score(song, tmp_path / "trill.mid", overwrite=False)
    assert encode_song(tmp_path / "trill.mid") is not None
    (line,) = caplog.messages
    assert "trill.mid" in line
    assert "95 %" in line
