"""Any score of the page sounds, or a line says why not."""

import json
import math
from typing import Any

from hypothesis import given, settings

from chipgen.music.score import Score
from chipgen.studio.page_messages import SoundSettings
from chipgen.studio.score_json import (
    ScoreJson,
    score_of,
)
from chipgen.studio.voicer import Voicer, voices_json
from synth.errors import SynthError
from tests.studio.scores import scores


def score_from(told: dict[str, Any]) -> Score:
    """Return the score that comes of JSON that went over the wire."""
    return score_of(ScoreJson.model_validate_json(json.dumps(told)))


@settings(max_examples=80, deadline=None)
@given(scores)
def test_any_score_sounds_or_says_why_not(told: dict[str, Any]) -> None:
    """Any piece within the limits can be voiced and driven, or is refused in a line."""
    try:
        score = score_from(told)
        voiced = Voicer().voice(score, SoundSettings())
        answer = voices_json(voiced)
    except SynthError as error:
        refusal = str(error)
    else:
        refusal = ""
    assert "\n" not in refusal
    if refusal:
        return
    assert voiced.log.duration_s >= 0
    assert all(math.isfinite(value) for note in answer["notes"] for value in note[1:])
    json.dumps(answer, allow_nan=False)
