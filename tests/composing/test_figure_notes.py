"""What a figure's notes tell: chords, lines, and whether it ends."""

from chipgen.composing.figure_notes import (
    clusters,
    count_strokes,
    is_end,
    line_of,
    played_otherwise,
    span_of,
)
from chipgen.composing.figures import Figure
from chipgen.music.score import Note
from chipgen.rows.prompt import Prompt
from tests.seeds import band

CHORDS = tuple(Note(beat, 0.9, pitch) for beat in (0.0, 1.0, 2.5) for pitch in (64, 60, 67))


def test_notes_that_begin_together_are_a_chord() -> None:
    """From the lowest up, though one is a little late."""
    late = (*CHORDS, Note(2.52, 0.5, 55))
    assert [[note.pitch for note in chord] for chord in clusters(late)] == [
        [60, 64, 67], [60, 64, 67], [55, 60, 64, 67],
    ]  # fmt: skip
    assert count_strokes(late) == 3
    assert (span_of(late), span_of(())) == ((55, 67), (0, 0))


def test_a_voice_plays_one_note_of_each_chord() -> None:
    """A bass the lowest; a second voice the highest, or an inner one over that bass."""
    lines = [
        line_of(sorted(CHORDS), role, has_bass=has_bass)
        for role, has_bass in (("bass", True), ("harmony", False), ("harmony", True))
    ]
    assert [[note.pitch for note in line] for line in lines] == [[60] * 3, [67] * 3, [64] * 3]


def test_a_seed_ends_far_above_what_was_played() -> None:
    """Over seven semitones above all before; a fifth is none."""
    ending = Prompt.of(band()).ending
    for last, ends in ((74, False), (75, True)):
        notes = (*CHORDS, Note(13.0, 1.0, last))
        figure = Figure(0, notes, False, frozenset(), False, 60, last)
        assert is_end(figure, ending) == ends


def test_another_section_turns_arpeggios_round_and_holds_chords() -> None:
    """Each half of the bar has its own notes again; other figures stay as they are."""
    arpeggio = [Note(k / 2, 0.5, pitch) for k, pitch in enumerate((60, 64, 67, 72, 59, 62, 67, 71))]
    turned = played_otherwise(arpeggio, 4.0)
    assert [note.pitch for note in turned] == [72, 67, 64, 60, 71, 67, 62, 59]
    assert [note.onset_beats for note in turned] == [note.onset_beats for note in arpeggio]
    held = played_otherwise(sorted(CHORDS), 4.0)
    assert [(note.onset_beats, note.end_beats) for note in held] == [(0.0, 2.0)] * 3 + [
        (2.5, 4.0)
    ] * 3
    waltz = [Note(0.0, 0.5, 48), Note(0.5, 0.5, 60), Note(0.5, 0.5, 64)]
    assert played_otherwise(waltz, 3.0) == waltz
