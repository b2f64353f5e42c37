"""Songs of a tracker's text are numbered from 1, and picked by that number."""

import pytest

from synth.errors import SynthError
from synth.tracker.song_list import list_songs, pick_song


def test_songs_are_numbered_from_one() -> None:
    """Names that would move a terminal's cursor are cleaned."""
    songs = list_songs(["Title\x1b[2J", ""])
    assert [song.number for song in songs] == [1, 2]
    assert "\x1b" not in songs[0].title
    assert pick_song("ab", 2, "x.txt") == "b"


@pytest.mark.parametrize("track", [0, 3, -1])
def test_a_song_that_is_not_there_is_told(track: int) -> None:
    """The error names the file, what it has and what was asked."""
    with pytest.raises(SynthError, match=f"x.txt has songs 1 to 2; there is no song {track}"):
        pick_song("ab", track, "x.txt")
