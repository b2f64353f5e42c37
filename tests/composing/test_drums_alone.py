"""Drums alone are given voices before they are gone on from."""

import numpy as np
import pytest

from chipgen.composing import complete_seed, make_piece
from chipgen.composing.drums_alone import is_drums_alone, plan_over_drums, read_seed
from chipgen.errors import ChipgenError
from chipgen.music.key_names import parse_key
from chipgen.music.score import Meter, Note, Score, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import DrumsPrompt
from tests.seeds import band, chip

KICK, SNARE, HAT, CLAVE = 36, 38, 42, 75


def beats(drum: int, every: float, bars: int = 4) -> Score:
    """Return bars of one drum."""
    onsets = np.arange(0.0, 4.0 * bars, every).tolist()
    notes = tuple(Note(onset, 0.2, drum, 100) for onset in onsets)
    return Score((Track("drums", 9, notes=notes),), end_beats=4.0 * bars)


@pytest.mark.parametrize(("drum", "every"), [(HAT, 0.5), (SNARE, 2.0), (CLAVE, 1.5)])
def test_any_drums_are_given_a_band(drum: int, every: float) -> None:
    """Melody, harmony and bass are new tracks in the drums' bars and go on; the drums stay."""
    seed = beats(drum, every)
    take = make_piece(seed, ComposeRequest(bars=2))
    drums, *added = take.score.tracks
    assert tuple(note for note in drums.notes if note.onset_beats < 16.0) == seed.tracks[0].notes
    assert [track.name for track in added] == ["melody", "harmony", "bass"]
    for track in added:
        assert {note.onset_beats < 16.0 for note in track.notes} == {True, False}
    assert "melody, harmony and bass added" in take.remarks


def test_endless_play_completes_drums_too() -> None:
    """What is played before the first composed bar has the voices that were added."""
    prompt, remarks = complete_seed(beats(KICK, 1.0, 2), ComposeRequest(bars=None))
    assert len(prompt.seed.tracks) == 4
    assert remarks == ("melody, harmony and bass added",)
    assert prompt.ending.seed_bars == 2


def test_drums_are_gone_on_from_only_by_who_adds_voices() -> None:
    """With the seed's own band, or a model that adds none, they are refused in one line."""
    for request in (
        ComposeRequest(bars=1, band="seed"),
        ComposeRequest(model="tonnetz-lstm", bars=1),
    ):
        with pytest.raises(ChipgenError, match="no pitched notes"):
            make_piece(beats(HAT, 0.5), request)


def test_the_plan_lies_on_the_drums_own_bars() -> None:
    """Bars begin where they do in the drums, behind a pickup, in the key that is asked for."""
    seed = Score(
        (Track("drums", 9, notes=beats(HAT, 1.0).tracks[0].notes),),
        meters=(Meter(0.0, 1, 4), Meter(1.0, 3, 4)),
        end_beats=16.0,
    )
    prompt = read_seed(seed, ComposeRequest())
    assert isinstance(prompt, DrumsPrompt)
    rows = prompt.carried_rows
    planner = plan_over_drums(prompt, rows, parse_key("D minor"), np.random.default_rng(0))
    assert len(planner.rows.codes) >= len(rows)
    assert str(planner.key) == str(parse_key("D minor"))


def test_what_has_pitches_is_not_drums_alone() -> None:
    """Neither a band, nor music of the chip, nor nothing is."""
    assert not any(is_drums_alone(score) for score in (band(), chip(), Score()))
    assert not isinstance(read_seed(band(), ComposeRequest()), DrumsPrompt)
