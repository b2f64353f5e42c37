"""Names of drums make a track drums; names that only sound like it do not."""

import pytest

from chipgen.music.midi import score_from_midi
from chipgen.music.score import Track
from tests import midi_files as smf
from tests.music.midi.drum_tracks import beat, struck

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]

TUNE = struck([(k * 240, SCALE[k * 5 % 8]) for k in range(64)], 200)


def drums_of(*bodies: bytes) -> list[bool]:
    """Tell of each track that is read whether it plays drums."""
    return [track.is_drums for track in score_from_midi(smf.midi(*bodies)).tracks]


def tracks_of(*bodies: bytes) -> tuple[Track, ...]:
    """Return the tracks that are read."""
    return score_from_midi(smf.midi(*bodies)).tracks


@pytest.mark.parametrize(
    "name",
    ["Drums", "DRUM KIT", "Perc 2", "Schlagzeug", "Batería", "Batterie", "Bateria", "Percussão",
     "Ударные", "ドラム", "パーカッション", "鼓", "드럼", "Slagverk", "perkusja", "Standard Kit"],
)  # fmt: skip
def test_a_track_named_drums_plays_drums(name: str) -> None:
    """In any of the common languages, whatever its channel; the guess is said and `--map` named."""
    named = smf.meta(0, 3, name.encode()) + struck(beat(2))
    score = score_from_midi(smf.midi(TUNE, named))
    assert [track.is_drums for track in score.tracks] == [False, True]
    (remark,) = score.remarks
    assert "by its name" in remark
    assert "--map pulse2=track:1" in remark


@pytest.mark.parametrize(
    "name",
    [
        "Steel Drums",
        "Percussive Organ",
        "Drum and Bass",
        "Little Drummer Boy",
        "Lead",
        "MIDI Ch. 2",
        "",
    ],
)
def test_names_that_only_sound_like_drums_do_not_make_them(name: str) -> None:
    """A melody so named stays a melody."""
    assert drums_of(smf.meta(0, 3, name.encode()) + TUNE) == [False]


def test_the_name_of_a_song_names_no_player() -> None:
    """In a file of one MIDI track its name is the song's."""
    song = smf.meta(0, 3, b"Drums of War") + struck([(0, 60), (480, 62)] * 8)
    other = struck([(0, 64)], channel=1)
    assert drums_of(song + other) == [False, False]


@pytest.mark.parametrize(
    ("name", "key", "heard"),
    [("Kick", 60, 36), ("Snare 2", 60, 38), ("HiHat closed", 60, 42), ("Clap", 72, 39),
     ("Kick", 35, 35), ("Open Hat", 46, 46), ("Ride", 48, 51)],
)  # fmt: skip
def test_a_track_named_after_one_drum_plays_that(name: str, key: int, heard: int) -> None:
    """Samplers put each drum on one key of a track of its own; what it is, its name says."""
    (track,) = tracks_of(
        smf.meta(0, 3, name.encode()) + struck([(k * 480, key) for k in range(16)])
    )
    assert track.is_drums
    assert {note.pitch for note in track.notes} == {heard}
