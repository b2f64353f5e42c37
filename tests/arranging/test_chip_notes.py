"""Notes of a line become notes that the chip plays one at a time."""

import itertools

from chipgen.arranging import arrange
from chipgen.music.score import Note, Score, Track


def test_notes_too_short_to_hear_share_no_moment_of_a_voice():
    """Of notes that begin together each has a voice of its own, or is told of as lost."""
    lengths = [(0.0, 1.5e-5), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (1.0, 1.5e-5), (1.0, 1.0)]
    notes = tuple(Note(onset, length, 0) for onset, length in lengths)
    arrangement = arrange(Score(tracks=(Track(notes=notes),), end_beats=2.0))
    assert len(arrangement.placements) == len(notes)
    for voice in (arrangement.chip_score.pulse1, arrangement.chip_score.pulse2):
        assert all(a.start_s < b.start_s for a, b in itertools.pairwise(voice))
