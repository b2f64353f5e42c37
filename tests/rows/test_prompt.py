"""A seed is read once: what is inferred of it is inferred one time, whoever asks."""

import pickle
from collections import Counter
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chipgen.composing import make_piece
from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi
from chipgen.music.score import Note, Score, Tempo, Track
from chipgen.request import ComposeRequest
from chipgen.rows import encode_score, grid_extrapolation, prompt
from chipgen.rows.prompt import Prompt
from chipgen.understand import parts
from tests.seeds import band, chip

EXAMPLES = Path(__file__).parents[2] / "examples"

# Where a seed's beats, its end, its lines, its tracks, its rows, their division and their period
# are inferred.
INFERENCES = [
    (parts, "has_nominal_beats"),
    (parts, "find_ending"),
    (prompt, "find_lines"),
    (parts, "find_roles"),
    (grid_extrapolation, "infer_rows"),
    (encode_score, "_division"),
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each thing is inferred, of whatever score."""
    counts: Counter[str] = Counter()

    def counted(name: str, infer: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **options: Any) -> Any:
            counts[name] += 1
            return infer(*arguments, **options)

        return count

    for module, name in INFERENCES:
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    return counts


def test_nominal_beats_are_gone_on_from_and_looped_after_one_reading(asked: Counter[str]) -> None:
    """The rows that a continuation begins with and the loop it leads back to are the same."""
    seed = read_midi(EXAMPLES / "nes.mid")
    made = make_piece(seed, ComposeRequest(bars=2, loop=True))
    assert made.generated_bars == 2
    assert asked == {
        "has_nominal_beats": 1,
        "find_ending": 1,
        "find_lines": 1,
        "infer_rows": 1,
    }


def test_ordinary_midi_is_gone_on_from_after_one_reading(asked: Counter[str]) -> None:
    """Its lines are found once, its rows divide its beats once; no tempo is inferred."""
    make_piece(read_midi(EXAMPLES / "seed.mid"), ComposeRequest(bars=1))
    assert asked == {
        "has_nominal_beats": 1,
        "find_ending": 1,
        "find_lines": 1,
        "find_roles": 1,
        "_division": 1,
    }


def test_ordinary_midi_is_looped_after_one_reading(asked: Counter[str]) -> None:
    """What the arranger asks of its tracks to play the loop's beginning it asks the same parts."""
    make_piece(read_midi(EXAMPLES / "seed.mid"), ComposeRequest(bars=1, loop=True))
    assert asked["has_nominal_beats"] == asked["find_ending"] == asked["find_lines"] == 1
    assert asked["find_roles"] == 1
    assert not asked["infer_rows"]


@pytest.mark.parametrize("name", ["seed", "nes"])
def test_a_piece_is_rewritten_after_one_reading(asked: Counter[str], name: str) -> None:
    """One end, one grid; no lines, for the voices are the chip's or the arranger's."""
    request = ComposeRequest(only="noise", fill="2")
    make_piece(read_midi(EXAMPLES / f"{name}.mid"), request)
    assert asked["has_nominal_beats"] == asked["find_ending"] == 1
    assert asked["infer_rows"] + asked["_division"] == 1
    assert not asked["find_lines"]


def test_a_prompt_is_frozen_and_keeps_what_it_knows(asked: Counter[str]) -> None:
    """It is read again for nothing, and another process need not infer what this one has."""
    first = Prompt.of(chip())
    assert Prompt.of(first) is first
    before = first.rows.states.copy()
    with pytest.raises(FrozenInstanceError):
        first.parts = first.parts  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(first))
    assert np.array_equal(again.rows.states, before)
    assert set(asked.values()) == {1}


def test_a_prompt_tells_what_its_seed_is() -> None:
    """A band has beats, lines and drums of its own; a file of the chip's voices is its voices."""
    own, voiced = Prompt.of(band()), Prompt.of(chip())
    assert (own.nominal, own.is_voiced) == (False, False)
    assert [track.role for track in own.voiced.tracks] == ["p1", "p2", "tr", "no"]
    assert len(own.rows) * own.timing.units[0] / own.timing.units_a_beat == 16.0
    assert own.bar_rows == 4 * own.timing.units_a_beat
    assert voiced.is_voiced
    assert voiced.voiced is voiced.seed


def test_ordinary_beats_stay_its_own_when_it_is_arranged() -> None:
    """Notes off the grid at 120 beats a minute are played so; the file's bars are still bars."""
    notes = tuple(Note(k * 0.5 + 0.037 * (k % 3), 0.4, 60 + k % 7) for k in range(32))
    seed = Score((Track("tune", 0, 0, notes),), (Tempo(0.0, 120.0),), end_beats=16.0)
    made = make_piece(seed, ComposeRequest(only="noise", fill="2"))
    hits = next(track.notes for track in made.score.tracks if track.role == "no")
    division = Prompt.of(seed).timing.units_a_beat
    assert hits
    for hit in hits:
        assert 4.0 <= hit.onset_beats < 8.0
        assert hit.onset_beats * division == pytest.approx(round(hit.onset_beats * division))


@pytest.mark.parametrize(
    "seed", [Score(), Score((Track(channel=9, notes=(Note(0.0, 1.0, 36),)),), end_beats=4.0)]
)
def test_a_seed_that_cannot_be_gone_on_from_is_refused(seed: Score) -> None:
    """It can be read, and its parts be asked for; where it ends it does not say."""
    read = Prompt.of(seed)
    assert read.parts.roles.parts == ()
    with pytest.raises(ChipgenError, match="no pitched notes"):
        _ = read.ending
