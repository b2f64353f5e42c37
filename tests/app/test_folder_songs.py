"""Songs of a folder are found by what its files hold, in one order, and results are no songs."""

from pathlib import Path

import pytest

from chipgen.app.folder_songs import find_songs
from chipgen.errors import ChipgenError
from chipgen.request import Request
from chipgen.request.values import ALL_TRACKS
from tests import midi_files as smf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of two songs, one of one, results of a run, and a text."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "out").mkdir()
    tunes = [smf.note(60, 960) + smf.note(64, 960), smf.note(67, 960)]
    (tmp_path / "b.mid").write_bytes(smf.midi(*tunes, kind=2))
    (tmp_path / "inner" / "a.kar").write_bytes(smf.midi(smf.note(60, 960)))
    (tmp_path / "out" / "old.mid").write_bytes(smf.midi(smf.note(60, 960)))
    (tmp_path / "notes.txt").write_text("buy milk")
    return tmp_path


def test_each_file_is_a_song(folder: Path) -> None:
    """Sub-folders are kept in the place of the result; what is no score is told with the reason."""
    songs, others = find_songs(folder, folder / "out", ".wav", 1)
    assert [(song.source.name, song.track, song.place.as_posix()) for song in songs] == [
        ("b.mid", 1, "b.wav"),
        ("a.kar", 1, "inner/a.wav"),
    ]
    assert [path.name for path in others] == ["notes.txt"]
    assert "not a score" in others[folder / "notes.txt"]


def test_results_may_go_above_the_songs(folder: Path) -> None:
    """A folder that holds the searched one is no place of results alone."""
    songs, _ = find_songs(folder / "inner", folder, ".wav", 1)
    assert [song.source.name for song in songs] == ["a.kar"]


def test_each_song_of_a_file_can_be_asked_for(folder: Path) -> None:
    """A file of several gives its numbers, and each request is for one song."""
    songs, _ = find_songs(folder, folder / "out", ".wav", ALL_TRACKS)
    assert [song.track for song in songs] == [1, 2, None]
    asked = [song.request(Request(track=ALL_TRACKS, bars=0)) for song in songs]
    assert [request.track for request in asked] == [1, 2, 1]
    assert "track" not in asked[2].model_fields_set
    assert all(request.bars == 0 for request in asked)


def test_a_folder_without_songs_is_an_error(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(ChipgenError, match="no scores"):
        find_songs(tmp_path, tmp_path / "out", ".wav", 1)
