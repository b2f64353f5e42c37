"""What a source holds is known before anything is made of it."""

from pathlib import Path

import pytest

from chipgen.app.source_files import is_chip_file, kind_of, track_paths
from chipgen.errors import ChipgenError
from tests import midi_files as smf

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_scores_and_chip_files_are_told_apart(tmp_path: Path) -> None:
    """A source is what its bytes are; no source is nothing."""
    disguised = tmp_path / "song.vgm"
    disguised.write_bytes((EXAMPLES / "seed.mid").read_bytes())
    assert not is_chip_file(EXAMPLES / "seed.mid")
    assert not is_chip_file(disguised)
    assert kind_of(EXAMPLES / "seed.mid") == "score"
    assert kind_of(None) == "nothing"


def test_what_is_of_no_format_is_refused(tmp_path: Path) -> None:
    """The line names the file."""
    path = tmp_path / "notes.txt"
    path.write_text("no music")
    with pytest.raises(ChipgenError, match=r"notes\.txt"):
        is_chip_file(path)


def test_songs_are_named_after_the_target(tmp_path: Path) -> None:
    """Each song of a file has a number and its title, without what paths cannot hold."""
    songs = [smf.meta(0, 3, title) + smf.note(60, 480) for title in (b"One/Two", b"Last")]
    path = tmp_path / "album.mid"
    path.write_bytes(smf.midi(*songs, kind=2))
    paths = track_paths(path, tmp_path / "out.wav")
    assert [(number, target.name) for number, target in paths] == [
        (1, "out 01 One_Two.wav"), (2, "out 02 Last.wav"),
    ]  # fmt: skip
    paths = track_paths(path, tmp_path / "out.FamiStudio.txt")
    assert paths[1][1].name == "out 02 Last.FamiStudio.txt"
    with pytest.raises(ChipgenError, match="--track all"):
        track_paths(EXAMPLES / "seed.mid", tmp_path / "out.wav")
