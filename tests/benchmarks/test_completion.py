"""Which voices sound in which bar is told, and whether a seed's own notes are as they were."""

import numpy as np

from benchmarks.listener.completion import is_untouched, present
from benchmarks.listener.material import Take
from benchmarks.listener.piece import Piece, make_piece_of, score_of, without_ornaments
from benchmarks.listener.tune_and_bass import LINES, in_lines, line
from tests.benchmarks.pieces import song


def test_lines_are_who_plays_what() -> None:
    """Tune, chords, bass and drums of a song are found by register and number of notes."""
    piece = song()
    lines = in_lines(piece)
    for name, own in zip(LINES, ("melody", "guitar", "bass", "drums"), strict=True):
        given = piece.take_voice(own)
        assert line(lines, name).pitch.tolist() == given.pitch.tolist()


def test_the_outer_notes_of_a_piano_are_tune_and_bass() -> None:
    """A part in chords gives its highest notes to the tune and its lowest to the bass."""
    notes = [(float(k), 1.0, p) for k in range(8) for p in (40, 55, 60, 76)]
    lines = in_lines(make_piece_of({"piano": notes}))
    assert set(line(lines, "tune").pitch.tolist()) == {76}
    assert set(line(lines, "bass").pitch.tolist()) == {40}
    assert set(line(lines, "second").pitch.tolist()) == {55, 60}


def test_the_chips_voices_are_lines_by_name() -> None:
    """p1, p2, tr and no are tune, second, bass and drums whatever they play."""
    piece = make_piece_of(
        {name: [(0.0, 1.0, 10 + k)] for k, name in enumerate(("no", "tr", "p2", "p1"))}
    )
    assert [line(in_lines(piece), name).pitch.tolist() for name in LINES] == [
        [13],
        [12],
        [11],
        [10],
    ]


def test_a_lone_melody_has_a_tune_alone_and_a_band_has_all() -> None:
    """Bars say who sounds in them; a voice that enters in bar 2 is not there before."""
    alone = song().take_voice("melody")
    assert present(alone).all(axis=0).tolist() == [True, False, False, False]
    assert present(song()).all()
    late = song().take(~(song().drums & (song().start < 8)))
    assert present(late)[:, LINES.index("drums")].tolist() == [False, False] + [True] * 14


def _take(seed: Piece, head: Piece) -> Take:
    return Take("seed", seed, head, seed, (4, 4), score_of(head))


def test_a_seed_is_untouched_if_all_its_notes_are_there() -> None:
    """Voices may be added under it; a moved note is told."""
    seed = song(4).take_voice("melody")
    assert is_untouched(_take(seed, song(4)))
    moved = seed.on_beats(-0.25, 1.0, 4.0)
    assert not is_untouched(_take(seed, moved))


def test_ornaments_fold_into_the_longest_note_of_a_row() -> None:
    """An arpeggio within a row of a chip voice is one note; chords of a part stay chords."""
    flutter = [(0.0, 0.03, 60), (0.03, 0.03, 64), (0.06, 0.2, 67), (0.5, 0.5, 60)]
    plain = without_ornaments(make_piece_of({"p1": flutter}), 0.25)
    assert plain.pitch.tolist() == [67, 60]
    assert np.allclose(plain.start, [0.0, 0.5])
    chord = make_piece_of({"piano": [(0.0, 1.0, p) for p in (60, 64, 67)]})
    assert sorted(without_ornaments(chord, 0.25).pitch.tolist()) == [60, 64, 67]
