"""Notes take the envelopes of the seed's most alike notes."""

from chipgen.compose.envelope_transfer import EXPRESSION, TIMBRE, EnvelopeTransfer
from chipgen.music.score import Control, Note, Track


def test_notes_are_shaped_as_the_seeds_are():
    """The most alike note lends its course, scaled to how loud the new one begins, cut to it."""
    fade = [Control(0.25 * k, EXPRESSION, 120 - 30 * k) for k in (1, 2, 3)]
    swell = [Control(4.5, EXPRESSION, 90), Control(4.5, TIMBRE, 2)]
    track = Track(
        "p1",
        notes=(Note(0.0, 1.0, 60, 120), Note(4.0, 4.0, 60, 40)),
        controls=(Control(0.0, TIMBRE, 1), *fade, Control(4.0, TIMBRE, 0), *swell),
    )
    envelopes = EnvelopeTransfer(track)
    assert envelopes.changes(Note(16.0, 0.6, 72, 60), 1) == [
        Control(16.25, EXPRESSION, 45),
        Control(16.5, EXPRESSION, 30),
    ]
    assert envelopes.changes(Note(20.0, 3.0, 72, 40), 0) == [
        Control(20.5, EXPRESSION, 90),
        Control(20.5, TIMBRE, 2),
    ]
    assert EnvelopeTransfer(Track()).changes(Note(0.0, 1.0, 60), 0) == []
