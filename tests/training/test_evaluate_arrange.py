"""How the arranger is measured, and that it meets its bar where the data is at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.training.evaluate_arrange import (
    count_crossings,
    count_right,
    evaluate_arrange,
    format_arrange_table,
)
from chipgen.training.separator_data import VoicedSong, read_voiced_songs
from tests.training.voiced import trio

DATA = os.environ.get("CHIPGEN_NESMDB")


def test_pulses_are_interchangeable_once_a_song():
    """A song with its pulses swapped is right; with a swap halfway it is half right."""
    own = np.array([0, 1, 2] * 8)
    swapped = np.where(own == 2, 2, 1 - own)
    assert count_right(swapped, own) == (24, 24)
    halfway = np.where(np.arange(24) < 12, own, swapped)
    assert count_right(halfway, own) == (16, 24)


def test_a_dropped_note_is_wrong():
    """Silence earns nothing."""
    own = np.array([0, 1, 2, 2])
    assert count_right(np.full(4, -1), own) == (0, 0)


def test_crossings_are_counted_where_they_sound():
    """A voice that lies lower on the whole and once sounds above another crosses once."""
    song = VoicedSong(
        "crossing",
        np.array([0.0, 0.0, 1.0, 1.0]),
        np.array([1.0, 1.0, 2.0, 2.0]),
        np.array([80.0, 40.0, 60.0, 62.0]),
        np.array([0, 1, 0, 1]),
    )
    assert count_crossings(song, song.voice) == 1


def test_three_clear_lines_are_found_and_nothing_is_lost():
    """The arranger gives a nameless trio back its voices, in either timing."""
    results = evaluate_arrange(Path(), songs=[trio()])
    ours = [r for r in results if r.name == "arranger"]
    assert [r.kept for r in ours] == [1.0, 1.0]
    assert all(r.accuracy > 0.95 for r in ours)
    assert "arranger" in format_arrange_table(results)


def test_a_folder_without_the_split_is_named(tmp_path: Path):
    """The error says which splits there are."""
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.mid").write_bytes(b"")
    with pytest.raises(ChipgenError, match="valid"):
        evaluate_arrange(tmp_path, "valid")


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="CHIPGEN_NESMDB is not set")
def test_nes_songs_get_their_voices_back():
    """On every sixth valid song: 85 % of notes in their own voice and 98 % kept, as logged."""
    songs = list(read_voiced_songs(split_files(Path(str(DATA)))["valid"][::6]))
    ours, nearest, *_ = evaluate_arrange(Path(), songs=songs, timings=("logged",))
    assert ours.accuracy >= 0.85
    assert ours.kept >= 0.98
    assert nearest.accuracy < 0.6
