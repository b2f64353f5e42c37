"""What is composed after the chip's own music is played as it was; ordinary music is left plain."""

from dataclasses import replace

import numpy as np

from chipgen.composing import make_piece
from chipgen.composing.performing import performer_of
from chipgen.music.score import Score
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_inference import NES_FRAME_HZ
from tests.performer.chip_performances import performed
from tests.seeds import band

SHORT_BEATS = 3.0 * 2.0 / NES_FRAME_HZ  # three frames at NES-MDB's nominal tempo


def without_graces(score: Score) -> Score:
    """Return a piece without its grace notes."""
    tracks = (
        replace(track, notes=tuple(n for n in track.notes if n.duration_beats > SHORT_BEATS))
        for track in score.tracks
    )
    return score.with_tracks(tuple(tracks))


def graces(score: Score, begin: float, end: float = np.inf) -> int:
    """Count the notes of p1 that are as short as grace notes."""
    (lead,) = (track for track in score.tracks if track.role == "p1")
    inside = (note for note in lead.notes if begin <= note.onset_beats < end)
    # What sounds for a sample between two writes is no grace note.
    return sum(0.01 < note.duration_beats < SHORT_BEATS for note in inside)


def test_ornaments_go_on_where_the_seed_has_them_and_not_where_it_has_none() -> None:
    """The same piece, with its grace notes and without, is gone on from in its own manner."""
    seed = performed()
    counts = [
        graces(make_piece(given, ComposeRequest(bars=4, rng_seed=1)).score, seed.end_beats)
        for given in (seed, without_graces(seed))
    ]
    assert counts[0] >= 4
    assert counts[1] <= 1, "a note may be cut as short by the next one"


def test_volumes_move_as_in_the_seed() -> None:
    """Each note of the seed falls to a half; so do those that are composed."""
    seed = performed()
    made = make_piece(seed, ComposeRequest(bars=4, rng_seed=1)).score
    (lead,) = (track for track in made.tracks if track.role == "p1")
    notes = [n for n in lead.notes if n.onset_beats >= seed.end_beats]
    falls = [c for c in lead.controls if c.number == 11 and c.beat > seed.end_beats]
    assert len(falls) >= len(notes) / 2
    assert {c.value for c in falls} <= set(range(128))


def test_what_is_written_anew_inside_a_piece_is_played_as_its_surroundings() -> None:
    """A passage of the lead is composed anew, grace notes and all; what lies around it stays."""
    seed = performed()
    request = ComposeRequest(fill="3-4", only=("pulse1",), rng_seed=2)
    made = make_piece(seed, request).score
    assert graces(made, 8.0, 16.0) > 0
    (old,), (new,) = (
        [track for track in score.tracks if track.role == "p1"] for score in (seed, made)
    )
    before = [note for note in old.notes if note.end_beats < 8.0]
    assert [note for note in new.notes if note.end_beats < 8.0][: len(before)] == before


def test_ordinary_music_gets_no_ornaments() -> None:
    """A band's notes come in the lengths that its players have: nothing is shorter than a row."""
    seed = band()
    made = make_piece(seed, ComposeRequest(bars=4, rng_seed=0)).score
    new = [
        note.duration_beats
        for track in made.tracks
        if not track.plays_drums
        for note in track.notes
        if note.onset_beats >= 16.0
    ]
    assert new
    assert min(new) > 0.1


def test_who_plays_inside_a_piece_begins_where_it_is_told() -> None:
    """The notes before the row lead to what is played, and those behind tell how, too."""
    prompt = Prompt.of(performed())
    rows, edges = prompt.encoded.rows[40:48], prompt.encoded.edges_beats[40:49]
    assert "p1" in performer_of(prompt, 0, 40).play(rows, 0, len(rows), edges)
    assert "p1" in performer_of(prompt, 0, 0).play(rows, 0, len(rows), edges)
