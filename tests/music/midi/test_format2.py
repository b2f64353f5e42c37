"""In MIDI format 2 every track is a song of its own."""

from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.midi import score_from_midi
from chipgen.music.midi.format2 import list_songs
from tests import midi_files as smf
from tests.commandline import run

FIRST = smf.tempo(0, 250_000) + smf.note(60, 960)
SECOND = smf.note(62, 480) + smf.note(64, 480)
THIRD = smf.tempo(0, 1_000_000) + smf.meter(0, 3, 2) + smf.note(65, 480)
FILE = smf.midi(FIRST, SECOND, THIRD, kind=2)


def pitches(song: int) -> list[int]:
    """Return what is read of `FILE`."""
    score = score_from_midi(FILE, song=song)
    return [note.pitch for track in score.tracks for note in track.notes]


def test_one_song_is_chosen_by_number() -> None:
    """Counted from 1; with the first a remark says how to choose."""
    assert [pitches(number) for number in (1, 2, 3)] == [[60], [62, 64], [65]]
    assert "--track 2" in score_from_midi(FILE).remarks[0]
    assert score_from_midi(FILE, song=2).remarks == ()


def test_a_song_has_its_own_tempo_or_the_first_one_s() -> None:
    """Writers that put the tempo into the first track alone mean it for all."""
    tempos = [score_from_midi(FILE, song=number).tempos[0].bpm for number in (1, 2, 3)]
    assert tempos == [240, 240, 60]


def test_songs_are_listed_with_their_names() -> None:
    """A file of another format has one."""
    named = smf.midi(smf.meta(0, 3, b"Menu") + FIRST, smf.meta(0, 3, b"Boss") + SECOND, kind=2)
    assert [(song.number, song.title) for song in list_songs(named, "")] == [
        (1, "Menu"), (2, "Boss")
    ]  # fmt: skip
    assert len(list_songs(smf.midi(FIRST, SECOND), "")) == 1


def test_each_song_becomes_a_file(tmp_path: Path) -> None:
    """`--track all` names them by place and title; a file of one song refuses it."""
    source = tmp_path / "songs.mid"
    source.write_bytes(smf.midi(smf.meta(0, 3, b"Menu") + FIRST, SECOND, kind=2))
    result = run(
        "render", source, "-o", tmp_path / "out.wav", "--as-is", "--rate", "8000", "--track", "all"
    )
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.glob("*.wav")} == {"out 01 Menu.wav", "out 02.wav"}
    source.write_bytes(smf.midi(FIRST))
    result = run("render", source, "-o", tmp_path / "one.wav", "--as-is", "--track", "all")
    assert "holds one score" in result.stderr


@pytest.mark.parametrize("data", [FILE, smf.midi(FIRST, SECOND)])
def test_a_song_that_is_not_there_is_refused(data: bytes) -> None:
    """The message says how many there are."""
    with pytest.raises(ChipgenError, match="song"):
        score_from_midi(data, song=4)
