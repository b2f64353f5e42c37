"""Who has the tune, stretch by stretch: the likeliest player, who keeps it for a small loss."""

from dataclasses import replace

from chipgen.music.score import Note, Track
from tests.understand.bands import figure, roles
from tests.understand.test_role_weights import BASS, tune


def test_the_likelier_player_has_the_tune_though_another_begins():
    """A player who enters later takes the tune from one who is less like it."""
    late = tuple(note for note in tune(72, velocity=120) if note.onset_beats >= 8)
    found = roles(
        Track("", 0, 24, figure(64, (0, 3, 7, 3), 0.5, velocity=70)), Track("", 1, 73, late), BASS
    )
    assert found[1] == {"tune"}
    assert found[0] == {"counter"}


def test_a_tune_may_change_its_register():
    """Both stretches of a track that moves up for good are its tune."""
    low, high = tune(55, bars=4), tune(79, bars=4)
    moved = tuple(replace(note, onset_beats=note.onset_beats + 16.0) for note in high)
    found = roles(
        Track("", 0, 73, low + moved),
        Track("", 1, 48, tuple(Note(k, 1.0, 60 + k % 4) for k in range(32))),
        BASS,
    )
    assert found[0] == {"tune"}
