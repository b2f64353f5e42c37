"""What a voice cannot reach moves by whole phrases, and notes out of tune are named."""

from chipgen.arranging import arrange
from chipgen.music.score import Note, Track
from tests.arranging.pieces import score_of_lines


def test_a_phrase_is_folded_whole():
    """A melody that leaves the range by a note is moved with its phrase, not broken in it."""
    pitches = [36, 34, 32, 34, 36]
    track = Track(notes=tuple(Note(k, 1.0, p) for k, p in enumerate(pitches)))
    far = [Note(8.0 + k, 1.0, 60) for k in range(8)]
    score = score_of_lines([[*track.notes, *far]])
    arrangement = arrange(score)
    assert [n.pitch for n in arrangement.chip_score.pulse1] == [48, 46, 44, 46, 48] + 8 * [60]
    assert arrangement.counts()["folded"] == 5


def test_high_pulses_are_named_out_of_tune():
    """A pulse off by over 20 cents is in the remarks, a low one is not."""
    low = arrange(score_of_lines([[Note(0, 1, 69)]]))
    high = arrange(score_of_lines([[Note(k, 1, p) for k, p in enumerate(range(108, 120))]]))
    assert low.remarks == ()
    assert len(high.remarks) == 1
    assert "cents" in high.remarks[0]
