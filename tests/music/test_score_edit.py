"""Scores can be cut, joined, shifted and laid together, and know their bars and seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.music.score import Bend, Control, Marker, Meter, Note, Score, Tempo, Track
from chipgen.music.score_edit import (
    concatenate,
    merge,
    next_bar_beat,
    shift,
    slice_score,
)
from tests.music.pieces import PIECE

notes = st.builds(
    Note, st.integers(0, 400).map(float), st.integers(1, 40).map(float), st.integers(0, 127)
)


def test_a_slice_is_a_piece_of_its_own() -> None:
    """Notes are cut at its edges, and what was in force at its start still is."""
    part = slice_score(PIECE, 4.5, 10.0)
    lead, pad = part.tracks
    assert lead.notes[0] == Note(0.0, 0.5, 64)
    assert lead.notes[1] == Note(0.5, 1.0, 65)
    assert lead.notes[-1] == Note(4.5, 1.0, 69)
    assert pad.notes == (Note(0.0, 5.5, 48),)
    assert lead.controls == (Control(0.0, 7, 60), Control(0.0, 64, 0), Control(0.5, 7, 70))
    assert lead.bends == (Bend(0.0, 1.0), Bend(1.5, 0.0))
    assert part.tempos == (Tempo(0.0, 60.0), Tempo(4.5, 240.0))
    assert part.meters == (Meter(0.0, 3, 4), Meter(1.5, 6, 8))
    assert part.markers == (Marker(1.5, "b"),)
    assert (part.end_beats, part.key) == (5.5, "G")


def test_the_whole_of_a_score_is_its_own_slice() -> None:
    """Nothing is lost or moved."""
    assert slice_score(PIECE, 0.0, 12.0) == PIECE


@given(st.lists(notes, min_size=1), st.integers(1, 100))
def test_slices_share_out_all_the_sound(played: list[Note], cut: int) -> None:
    """However a piece is cut in two, the notes of both parts last as long together as before."""
    end = max(note.end_beats for note in played) + 100
    ordered = tuple(sorted(played, key=lambda note: (note.onset_beats, note.pitch)))
    score = Score((Track(notes=ordered),), end_beats=end)
    parts = slice_score(score, 0.0, cut), slice_score(score, cut, end)
    lengths = [note.duration_beats for part in parts for t in part.tracks for note in t.notes]
    assert sum(lengths) == sum(note.duration_beats for note in played)
    assert all(n.end_beats <= part.end_beats for part in parts for n in part.tracks[0].notes)


@pytest.mark.parametrize(("start", "end"), [(-1.0, 2.0), (2.0, 2.0), (3.0, 2.0), (0.0, 13.0)])
def test_what_is_no_stretch_of_the_score_is_refused(start: float, end: float) -> None:
    """The message names the stretch and the score's length."""
    with pytest.raises(ChipgenError, match="score of 12 beats"):
        slice_score(PIECE, start, end)


def test_the_second_piece_begins_on_a_bar_line() -> None:
    """The first's last bar is filled up, and its tempo and meter go on."""
    first = slice_score(PIECE, 0.0, 10.0)  # ends one beat into a bar of 6/8
    joined = concatenate(first, PIECE)
    assert len(joined.tracks) == 2
    assert joined.tracks[0].notes[:10] == first.tracks[0].notes
    assert joined.tracks[0].notes[10].onset_beats == 12.0
    assert joined.end_beats == 24.0
    assert joined.tempos == first.tempos
    assert joined.meters == first.meters
    assert [marker.beat for marker in joined.markers] == [0.0, 6.0, 12.0, 18.0]


def test_players_are_matched_by_role_or_by_name_channel_and_program() -> None:
    """Who is not known joins in."""
    chip = Score((Track("p1", 0, 80, role="p1"), Track("x", 1, 5)), end_beats=4.0)
    other = Score(
        (
            Track("melody", 3, 0, (Note(0.0, 1.0, 60),), role="p1"),
            Track("x", 1, 6, (Note(0.0, 1.0, 61),)),
            Track("x", 1, 5, (Note(0.0, 1.0, 62),)),
            Track("x", 1, 5, (Note(0.0, 1.0, 63),)),
        ),
        end_beats=4.0,
    )
    joined = concatenate(chip, other)
    pitches = [[note.pitch for note in track.notes] for track in joined.tracks]
    assert pitches == [[60], [62], [61], [63]]


def test_a_bend_left_hanging_does_not_detune_what_follows() -> None:
    """The wheel comes to rest where the second piece begins."""
    bent = Score((Track(notes=(Note(0.0, 4.0, 60),), bends=(Bend(1.0, 2.0),)),), end_beats=4.0)
    plain = Score((Track(notes=(Note(0.0, 4.0, 60),)),), end_beats=4.0)
    assert concatenate(bent, plain).tracks[0].bends == (Bend(1.0, 2.0), Bend(4.0, 0.0))
    assert concatenate(plain, bent).tracks[0].bends == (Bend(5.0, 2.0),)


def test_shifting_moves_what_sounds_and_not_the_bars() -> None:
    """There and back is where it was; nothing can be put before the start."""
    later = shift(PIECE, 2.5)
    assert later.tracks[1].notes[0].onset_beats == 2.5
    assert later.meters == PIECE.meters
    assert later.end_beats == 14.5
    assert shift(later, -2.5) == PIECE
    with pytest.raises(ChipgenError, match=r"-2\.5 is the least"):
        shift(later, -3.0)


def test_merged_scores_sound_together() -> None:
    """All the tracks, the first one's time, the longest one's length."""
    other = Score((Track("bass"),), end_beats=20.0, markers=(Marker(3.0, "c"),))
    both = merge(PIECE, other)
    assert [track.name for track in both.tracks] == ["lead", "pad", "bass"]
    assert both.tempos == PIECE.tempos
    assert both.end_beats == 20.0
    assert [marker.text for marker in both.markers] == ["a", "c", "b"]
    with pytest.raises(ChipgenError, match="at least one"):
        merge()


def test_the_next_bar_line() -> None:
    """At a bar line it is that one, to rounding; beyond the end bars go on."""
    assert next_bar_beat(PIECE, 3.0) == 3.0
    assert next_bar_beat(PIECE, 3.0 + 1e-9) == 3.0
    assert next_bar_beat(PIECE, 3.1) == 6.0
    assert next_bar_beat(PIECE, 30.5) == 33.0
