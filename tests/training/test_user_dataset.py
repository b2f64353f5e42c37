"""User datasets: which songs are held out, and how each is encoded."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from chipgen.music.midi import read_midi
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
    song = encode_song(EXAMPLES / "orchestra.mid")
    assert song is not None
    assert (song.rows.states > 1).any(axis=0).all(), "every voice plays"
    score = read_midi(EXAMPLES / "orchestra.mid")
    assert song.seconds == pytest.approx(score.duration_s, rel=0.1)
    steady = np.bincount(song.grid.frames).max() / len(song)
    assert steady > 0.4
