"""A planner reads off the seed's own plan, and lays out the bars to come behind it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.composing.planner import Planner
from chipgen.composing.seed_plan import SeedReader
from chipgen.music.chord_symbols import read_chords
from chipgen.music.key_names import Key
from chipgen.music.midi import read_midi
from chipgen.music.phrase_letters import read_form
from chipgen.music.score import Note, Score, Track
from chipgen.rows.plan_features import PLAN_COLUMNS, SPANS
from chipgen.rows.prompt import Prompt

EXAMPLES = Path(__file__).parents[2] / "examples"
TUNE = (67, 69, 71, 74, 72, 71, 69, 67)


@pytest.fixture
def prompt() -> Prompt:
    """Four bars of a tune in G major, in eighths."""
    notes = tuple(Note(k / 2, 0.5, TUNE[k % 8]) for k in range(32))
    return Prompt.of(Score((Track("tune", 0, 80, notes),), end_beats=16.0))


def plan(prompt: Prompt, bars: int | None, **options) -> Planner:
    """Plan bars of four beats behind a seed, for all four voices."""
    rng = np.random.default_rng(0)
    seed = SeedReader(prompt, Key(7, "major")).carried(rng)
    voices = (True, True, True, True)
    return Planner(prompt.rows, seed, prompt.timing, 4.0, voices, bars, rng, **options)


def test_bars_go_on_where_the_seed_ends(prompt: Prompt) -> None:
    """Places in the bar count on over the seam, and the last bar ends the plan."""
    rows = len(prompt.rows)
    bar = prompt.bar_rows
    codes = plan(prompt, 8, cadence=True).rows.codes
    assert codes.shape == (rows + 8 * bar, PLAN_COLUMNS)
    meter = codes[:, SPANS["meter"]]
    assert meter[:, 0].tolist() == [1 + row % bar for row in range(len(codes))]
    assert set(meter[:, 1].tolist()) == {bar}
    assert codes[-1, SPANS["end"]].tolist() == [1]
    assert (codes[rows:, SPANS["chords"]][:, 0] > 1).all()
    assert (codes[:, SPANS["key"]] == 1 + 7 * 2).all()


def test_a_bar_that_is_cut_off_is_planned_to_its_end() -> None:
    """Rows behind a seed of the chip's voices are the rest of its last bar, then bars to come."""
    song = read_midi(EXAMPLES / "nes.mid")
    tracks = tuple(
        replace(track, notes=tuple(note for note in track.notes if note.end_beats < 45.1))
        for track in song.tracks
    )
    prompt = Prompt.of(replace(song, tracks=tracks, end_beats=45.0))
    rng = np.random.default_rng(0)
    seed = SeedReader(prompt, None).carried(rng)
    rows, bar = len(prompt.rows), int(np.diff(seed.starts)[-1])
    rest = int(seed.starts[-1]) - rows
    assert 0 < rest < bar
    planner = Planner(prompt.rows, seed, prompt.timing, None, (True,) * 4, 4, rng)
    codes = planner.rows.codes
    assert len(codes) == rows + rest + 4 * bar
    place = codes[rows:, SPANS["meter"]][:, 0].tolist()
    assert place == [1 + (bar - rest + row) % bar for row in range(rest + 4 * bar)]
    assert (codes[rows : rows + rest, SPANS["kind"]] == 0).all()
    assert (planner.rows.reference[rows : rows + rest] == -1).all()


def test_voices_that_are_added_are_planned_in_the_seed_too(prompt: Prompt) -> None:
    """Where only a tune is there, all four voices are asked for, in its own bars as behind."""
    planner = plan(prompt, 4)
    assert set(planner.rows.codes[:-1, SPANS["voices"]][:, 0].tolist()) == {16}
    assert (planner.rows.codes[:, SPANS["density"]] > 1).all()


def test_references_point_back(prompt: Prompt) -> None:
    """Each row repeats an earlier one, at the same place of its bar, or none."""
    planner = plan(prompt, 16, form=read_form("B B' A B"))
    reference = planner.rows.reference
    at = np.flatnonzero(reference >= 0)
    assert (reference[at] < at).all()
    assert ((at - reference[at]) % prompt.bar_rows == 0).all()
    rows, bar = len(prompt.rows), prompt.bar_rows
    third = reference[rows + 8 * bar : rows + 12 * bar]
    assert third.tolist() == list(range(rows - 4 * bar, rows))


def test_given_chords_are_planned_round_and_round(prompt: Prompt) -> None:
    """Four chords serve eight bars, one a bar."""
    planner = plan(prompt, 8, chords=read_chords("G Em C D7"))
    codes = planner.rows.codes[len(prompt.rows) :: prompt.bar_rows, SPANS["chords"]]
    assert codes[:4, 0].tolist() == codes[4:, 0].tolist()
    assert len(set(codes[:, 0].tolist())) == 4


def test_an_endless_plan_grows_as_it_is_needed(prompt: Prompt) -> None:
    """Without an end the plan goes on for as many rows as are asked for."""
    planner = plan(prompt, None)
    planner.ensure(5000)
    assert len(planner.rows.codes) >= 5000
    assert len(planner.rows.reference) == len(planner.rows.codes)
    assert not planner.rows.codes[:, SPANS["end"]][len(prompt.rows) :].any()


def test_the_theme_begins_behind_the_intro() -> None:
    """Where the tune comes in with the fifth bar, A is what begins there."""
    tune = tuple(Note(16.0 + k / 2, 0.5, TUNE[k % 8]) for k in range(32))
    chords = tuple(Note(4.0 * bar, 3.9, pitch) for bar in range(8) for pitch in (43, 55, 59, 62))
    tracks = (Track("tune", 0, 80, tune), Track("chords", 1, 0, tuple(sorted(chords))))
    late = Prompt.of(Score(tracks, end_beats=32.0))
    planned = plan(late, 4, form=read_form("A"))
    first = len(late.rows)
    assert planned.rows.reference[first] == 4 * late.bar_rows
