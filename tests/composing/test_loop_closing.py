"""Loops: whole bars, marked, with nothing across the seam, and an end that leads back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.arranging.loop_points import find_loop
from chipgen.composing import compose, compose_from_scratch, make_piece
from chipgen.composing.loop_closing import close_loop, loop_start_beats
from chipgen.music.midi import midi_bytes, read_midi, score_from_midi
from chipgen.music.score import Bend, Control, Marker, Note, Score, Track
from chipgen.music.score_edit import slice_score
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt

MODEL = "row-transformer"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def looped() -> Score:
    """Return the eight bars of a seed and four composed ones, as a loop."""
    seed = read_midi(EXAMPLES / "seed.mid")
    return compose(seed, ComposeRequest(model=MODEL, bars=4, loop=True, rng_seed=3)).score


def test_the_whole_piece_loops_in_whole_bars(looped: Score) -> None:
    """From the seed's first bar to the end of the last one composed, also after writing it."""
    assert find_loop(looped) == (0.0, 48.0)
    assert looped.end_beats == 48.0
    again = score_from_midi(midi_bytes(looped))
    assert find_loop(again) == (0.0, 48.0)
    assert max(note.end_beats for track in again.tracks for note in track.notes) <= 48.0 + 1e-9


def test_something_sounds_up_to_the_seam(looped: Score) -> None:
    """The last bar is not silent: the loop leads back, it does not stop and start."""
    last = [n for track in looped.tracks for n in track.notes if n.end_beats > 46.0]
    assert last


def test_the_seed_can_be_an_introduction() -> None:
    """Then the loop is the composed bars, and no note of the seed reaches into it."""
    seed = read_midi(EXAMPLES / "seed.mid")
    request = ComposeRequest(model=MODEL, bars=2, loop=True, intro=True, rng_seed=1)
    score = compose(seed, request).score
    assert find_loop(score) == (32.0, 40.0)
    for track in score.tracks:
        for note in track.notes:
            assert note.onset_beats >= 32.0 - 1e-6 or note.end_beats <= 32.0 + 1e-6


def test_without_the_seed_the_loop_is_all_there_is() -> None:
    """The first composed bar is beat 0, and the loop begins there."""
    seed = read_midi(EXAMPLES / "seed.mid")
    request = ComposeRequest(model=MODEL, bars=2, loop=True, without_seed=True, rng_seed=1)
    assert find_loop(compose(seed, request).score) == (0.0, 8.0)


def test_a_pickup_is_heard_once() -> None:
    """A piece with an upbeat loops from its first full bar."""
    seed = read_midi(EXAMPLES / "folk.mid")
    assert loop_start_beats(seed) == 0.5
    score = compose(seed, ComposeRequest(model=MODEL, bars=2, loop=True, rng_seed=0)).score
    loop = find_loop(score)
    assert loop is not None
    assert loop[0] == 0.5
    assert (loop[1] - loop[0]) % 3.0 == 0.0, "whole bars of 6/8"


def test_rows_of_nesmdb_come_round_in_step() -> None:
    """Where bars are nominal the composed loop is a whole number of rows, all of one length."""
    seed = read_midi(EXAMPLES / "nes.mid")
    request = ComposeRequest(model=MODEL, bars=4, loop=True, without_seed=True, rng_seed=1)
    score = compose(seed, request).score
    assert find_loop(score) == (0.0, score.end_beats)
    timing = Prompt.of(seed).timing
    row = float(timing.edges_beats(1, 0)[0]) - timing.start_beats
    assert score.end_beats / row == pytest.approx(round(score.end_beats / row), abs=0.02)
    onsets = np.array([n.onset_beats for track in score.tracks for n in track.notes])
    off = np.abs(onsets / row - np.rint(onsets / row))
    assert np.mean(off < 0.1) > 0.5, "ornaments lie between rows, and most notes on them"


def test_loop_marks_of_the_seed_do_not_cut_what_is_composed() -> None:
    """A seed that was a loop itself is gone on from all the same, and all of it is heard."""
    seed = read_midi(EXAMPLES / "groove.mid")
    assert find_loop(seed) == (0.0, 48.0)
    made = make_piece(seed, ComposeRequest(model=MODEL, bars=2, band="seed")).score
    assert find_loop(made) is None
    assert made.end_beats == 56.0


def test_the_end_leads_back_better_than_any_end() -> None:
    """The beginning is likelier after an end composed for it than after an open one.

    On the average of three takes, by the model's own account.
    """
    from chipgen.composing.composer import load_composer
    from chipgen.composing.rewrite import voiced_prompt
    from chipgen.models.row_transformer.conditional_sampling import state_after

    model = load_composer(MODEL, "rewrite").model
    half = slice_score(read_midi(EXAMPLES / "seed.mid"), 0.0, 16.0)
    seed = voiced_prompt(Prompt.of(half))
    nats = {False: 0.0, True: 0.0}
    for loop in nats:
        for number in range(3):
            end = "loop" if loop else "open"
            request = ComposeRequest(model=MODEL, bars=2, end=end, rng_seed=number)
            score = compose(seed, request).score
            rows = Prompt.of(score).encoded.rows
            nats[loop] += state_after(model, rows).measure(rows[:48])
    assert nats[True] < nats[False]


def test_a_loop_from_scratch() -> None:
    """A piece from nothing loops as a whole."""
    made = compose_from_scratch(ComposeRequest(from_scratch=True, bars=2, loop=True, rng_seed=2))
    assert find_loop(made.score) == (0.0, 8.0)


EVENTS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 40), st.integers(30, 90)), max_size=12
)
CHANGES = st.lists(st.tuples(st.integers(0, 70), st.sampled_from([7, 64]), st.integers(0, 127)))


@given(EVENTS, CHANGES, st.integers(0, 50), st.integers(1, 14))
@settings(max_examples=60, deadline=None)
def test_nothing_crosses_the_seam(
    events: list[tuple[int, int, int]],
    changes: list[tuple[int, int, int]],
    start: int,
    length: int,
) -> None:
    """Notes end at the seams, and every round begins with the controls and bends of the first."""
    notes = tuple(sorted(Note(o / 4, n / 4, p) for o, n, p in events))
    controls = tuple(Control(b / 4, number, v) for b, number, v in sorted(changes))
    bends = tuple(Bend(b / 4, v / 64) for b, _, v in sorted(changes)[::2])
    end = (start + length) / 4
    marked = (Marker(0.0, "loopStart"), Marker(0.25, "verse"))
    score = Score((Track("", 0, 0, notes, controls, bends),), end_beats=end, markers=marked)
    made = close_loop(score, start / 4)
    assert find_loop(made) == (start / 4, end)
    track = made.tracks[0]
    for note in track.notes:
        assert note.duration_beats > 0
        assert note.end_beats <= (start / 4 if note.onset_beats < start / 4 else end)
    assert [n.onset_beats for n in track.notes] == [
        n.onset_beats for n in notes if n.onset_beats < end
    ]
    for number in (7, 64):
        mine = [c for c in track.controls if c.number == number]
        assert mine == sorted(mine, key=lambda c: c.beat)
        inside = [c for c in mine if c.beat >= start / 4]
        assert not inside or inside[0].beat == start / 4, "the second round is set as the first"
    bent = [b for b in track.bends if b.beat >= start / 4]
    assert not bent or bent[0].beat == start / 4
    assert all(control.beat < end for control in track.controls)
    assert all(bend.beat < end for bend in track.bends)
