"""Playlists: lines as chip players write them, and what is read by them."""

from pathlib import Path

import numpy as np
import pytest

from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats.chip_formats import chip_tracks, read_chip_file, write_chip_file
from synth.formats.chipfile import Track
from synth.formats.m3u import read_m3u
from tests.synth.formats.nsf_files import COUNTING, nsf_of


@pytest.mark.parametrize(
    ("line", "file", "track"),
    [
        ("game.nsf::NSF,1,Title,1:30,,5", "game.nsf", Track(1, "Title", length_s=90.0, fade_s=5.0)),
        ("game.nsf::NSF,$0A,,0:0:30.5", "game.nsf", Track(11, length_s=30.5)),  # from 0
        ("game.gbs::GBS,0,First", "game.gbs", Track(1, "First")),  # from 0, but for NSFs
        (r"a\,b.nsf::NSF,2,1\, 2\\3,20,10-,", "a,b.nsf", Track(2, r"1, 2\3", length_s=20.0)),
        (r".\music\game.nsf::NSF,2", "music/game.nsf", Track(2)),
        (r"folder\plain.vgm", "folder/plain.vgm", Track(1)),
        ("game.nsf::NSF", "game.nsf", Track(1)),
        ("folder/plain.vgz", "folder/plain.vgz", Track(1)),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, file: str, track: Track) -> None:
    """File, number, title and times of a line, each where it stands."""
    [entry] = read_m3u(f"# A comment\r\n\r\n{line}\r\n".encode(), "dir/list.m3u")
    assert (entry.file, entry.track) == (Path("dir") / file, track)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# nothing\n", "lists no file"),
        ("\n\ngame.nsf::NSF,x1,T", "list.m3u, line 3: 'x1' is no track number"),
        ("game.nsf::NSF,1,T,soon", "line 1: 'soon' is no time; write it as 1:30"),
    ],
)
def test_what_cannot_be_understood_is_said(text: str, reason: str) -> None:
    """The line and the word are named."""
    with pytest.raises(SynthError, match=reason):
        read_m3u(text.encode(), "list.m3u")


def test_tracks_are_read_by_a_playlist(tmp_path: Path) -> None:
    """Each of its lines is a track, of whatever file, with the line's title and times."""
    (tmp_path / "game.nsf").write_bytes(nsf_of(COUNTING))
    log = RegisterLog(np.arange(3), np.full(3, 0x4002), np.arange(3), end_cycle=1_789_773)
    write_chip_file(tmp_path / "song.vgz", log, title="Own title")
    playlist = tmp_path / "all.m3u"
    lines = ["#EXTM3U", "GAME.NSF::NSF,2,Zweiter,0:02,,1", "song.vgz", "all.m3u", "no.nsf::NSF,1"]
    playlist.write_text("\n".join(lines))
    said = [(track.number, track.title) for track in chip_tracks(playlist)]
    assert said == [(1, "Zweiter"), (2, ""), (3, ""), (4, "")]
    first = read_chip_file(playlist, 1)
    assert (first.titles.title, first.titles.album) == ("Zweiter", "Title")
    assert (first.length_s, first.fade_s, first.track, first.tracks) == (2.0, 1.0, 1, 4)
    assert first.log.duration_s == pytest.approx(3.0, abs=0.02)
    assert set(first.log.value[first.log.address == 0x4006].tolist()) == {1}
    assert read_chip_file(playlist, 1, seconds=0.5).log.duration_s == pytest.approx(0.5, abs=0.02)
    assert read_chip_file(playlist, 2).titles.title == "Own title"
    for track, reason in ((3, "is a playlist itself"), (4, "does not exist"), (5, "tracks 1 to 4")):
        with pytest.raises(SynthError, match=reason):
            read_chip_file(playlist, track)
