"""Each channel of each track is a player."""

from chipgen.music.midi import score_from_midi
from chipgen.music.score import Control
from tests import midi_files as smf


def test_each_channel_of_each_track_is_a_player() -> None:
    """Two channels in one track, and one channel in two tracks, are three players in file order."""
    first = smf.note(60, 10, channel=3) + smf.note(40, 10, channel=1)
    second = smf.meta(0, 3, b"second") + smf.note(70, 10, channel=3)
    score = score_from_midi(smf.midi(first, second))
    found = [(track.name, track.channel, track.notes[0].pitch) for track in score.tracks]
    assert found == [("", 1, 40), ("", 3, 60), ("second", 3, 70)]


def test_controls_in_a_track_of_their_own_reach_the_channel_s_players() -> None:
    """Sequencers put set-up in a first track without notes."""
    setup = smf.event(0, 0xC2, 40) + smf.event(0, 0xB2, 7, 101) + smf.event(0, 0xB3, 7, 1)
    (track,) = score_from_midi(smf.midi(setup, smf.note(60, 480, channel=2))).tracks
    assert track.program == 40
    assert track.controls == (Control(0.0, 7, 101),)
