"""What differs between two scores makes the one the other, for the page as for the server."""

import json
from typing import Any

from hypothesis import given

from chipgen.studio.page_document import changed
from chipgen.studio.page_messages import CHANGES
from chipgen.studio.score_changes import changes_between
from chipgen.studio.score_json import ScoreJson, score_of, score_to_json
from tests.studio.scores import scores
from tests.studio.test_page_document import usual


@given(scores, scores)
def test_the_changes_between_any_two_scores_make_the_other(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Whatever they have, and nothing is told of a score that stays as it is."""
    before, after = usual(one), usual(other)
    told = json.loads(json.dumps(changes_between(before, after)))
    score = score_of(ScoreJson.model_validate(before))
    made, name = changed(score, before["name"], CHANGES.validate_python(told))
    assert score_to_json(made, name) == after
    assert changes_between(before, before) == []


def test_few_notes_are_few_rows() -> None:
    """Of a long track that has notes put in and taken out, those alone are told."""
    notes = [[beat / 4, 0.25, 60 + beat % 7, 90] for beat in range(4000)]
    before = usual({"name": "", "tracks": [{"notes": notes}], "end_beats": 1000.0})
    kept = [note for index, note in enumerate(notes) if index not in (7, 3000)]
    added = [[5.1, 1.0, 50, 80], [1000.0, 1.0, 50, 80]]
    after = usual({"name": "", "tracks": [{"notes": kept + added}], "end_beats": 1001.0})
    assert len(json.dumps(changes_between(before, after))) < 400
