"""Whatever a page sends is a document that can be heard and exported, or a line says why not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from chipgen.music.midi import midi_bytes, read_midi
from chipgen.music.score import Score
from chipgen.studio.score_json import (
    MAX_NOTES,
    ScoreJson,
    as_written,
    digest,
    say,
    score_of,
    score_to_json,
)
from synth.errors import SynthError
from tests.studio.scores import scores

EXAMPLES = Path(__file__).parents[2] / "examples"


def score_from(told: dict[str, Any]) -> Score:
    """Return the score that comes of JSON that went over the wire."""
    return score_of(ScoreJson.model_validate_json(json.dumps(told)))


@settings(max_examples=60, deadline=None)
@given(scores)
def test_any_score_comes_back_from_the_page(told: dict[str, Any]) -> None:
    """A score that goes to the page comes back the same, and with the same fingerprint."""
    try:
        score = score_from(told)
    except SynthError:
        return
    again = score_from(json.loads(json.dumps(score_to_json(score))))
    assert again == score
    assert digest(again) == digest(score)


@pytest.mark.parametrize("name", ["seed", "folk", "orchestra", "nes", "groove"])
def test_examples_are_what_is_read_again(name: str) -> None:
    """What is written of an example and read again has the very same notes to compose from."""
    score = read_midi(EXAMPLES / f"{name}.mid")
    assert as_written(score) == score
    assert as_written(as_written(score)) == as_written(score)
    assert midi_bytes(score_from(score_to_json(score))) == midi_bytes(score)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tempos": []}, "tempos"),
        ({"tempos": [[0, 1e9]]}, "tempos"),
        ({"tempos": [[1, 120]]}, "beat 0"),
        ({"meters": [[0, 4, 3]]}, "meters"),
        ({"end_beats": 1e7}, "end_beats"),
        ({"tracks": [{"notes": [[0, 0, 60, 100]]}]}, "notes"),
        ({"tracks": [{"notes": [[0, 1, 60.5, 100]]}]}, "notes"),
        ({"tracks": [{"notes": [[0, 1, True, 100]]}]}, "notes"),
        ({"tracks": [{"notes": [[0, 1, 60, 0]]}]}, "notes"),
        ({"tracks": [{"notes": [[-1, 1, 60, 100]]}]}, "notes"),
        ({"tracks": [{"channel": 16}]}, "channel"),
        ({"tracks": [{}] * 1000}, "tracks"),
        ({"name": "x" * 1000}, "name"),
        ({"key": "H##"}, "key"),
        ({"dialect": "other"}, "dialect"),
        ({"more": 1}, "more"),
    ],
)
def test_limits_are_named(change: dict[str, Any], words: str) -> None:
    """What is out of range is refused with the field's name."""
    with pytest.raises((ValidationError, SynthError)) as caught:
        score_from({"end_beats": 4.0, **change})
    error = caught.value
    assert words in (say(error) if isinstance(error, ValidationError) else str(error))


def test_notes_are_limited_in_all() -> None:
    """Many tracks of many notes are too many too."""
    half = [[0.0, 1.0, 60, 100]] * (MAX_NOTES // 2 + 1)
    with pytest.raises(SynthError, match="too many"):
        score_from({"tracks": [{"notes": half}, {"notes": half}]})


def test_notes_are_limited_at_once() -> None:
    """A wall of notes that all sound together would take minutes to arrange, and is refused."""
    wall = [[k / 16, 5000.0, k % 128, 100] for k in range(300)]
    with pytest.raises(SynthError, match="300 notes sound at once"):
        score_from({"tracks": [{"notes": wall}]})
    row = [[k / 16, 1 / 16, 60, 100] for k in range(3_000)]
    assert len(score_from({"tracks": [{"notes": row}]}).tracks[0].notes) == 3_000
