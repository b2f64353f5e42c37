"""An arrangement can be written as a score, which arranges to itself."""

from hypothesis import given, settings

from chipgen.arranging import ArrangeConfig, arrange, chip_score_to_score
from chipgen.music.score import Note, Score, Track
from tests.arranging.pieces import score_of, scores


def test_arrangement_written_as_midi_arranges_to_itself():
    """Four-track MIDI is faithful: voices, arpeggios and levels come back."""
    tune = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([72, 74, 76, 77])))
    chords = Track(notes=tuple(Note(k, 1, p) for k in range(4) for p in (55, 60, 64)))
    bass = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([36, 43, 36, 43])))
    score = score_of(tune, chords, bass)
    chip = arrange(score, ArrangeConfig(poly="arp")).chip_score
    again = arrange(chip_score_to_score(chip, score)).chip_score
    for voice in ("pulse1", "pulse2", "triangle"):
        before, after = chip.voice(voice), again.voice(voice)
        assert [(n.start_s, n.end_s, n.volume) for n in before] == [
            (n.start_s, n.end_s, n.volume) for n in after
        ]
        assert [{n.pitch + o for o in (0, *n.arpeggio)} for n in before] == [
            {n.pitch + o for o in (0, *n.arpeggio)} for n in after
        ]


@given(scores)
@settings(max_examples=60, deadline=None)
def test_an_arrangement_can_be_written_as_a_score(score: Score):
    """The four-track score is valid whatever the voices hold."""
    chip = arrange(score).chip_score
    written = chip_score_to_score(chip, score)
    assert [track.role for track in written.tracks] == ["p1", "p2", "tr", "no"]
    assert all(1 <= n.pitch <= 16 for n in written.tracks[3].notes)
    assert all(
        n.duration_beats > 0 and 1 <= n.velocity <= 127 for t in written.tracks for n in t.notes
    )
