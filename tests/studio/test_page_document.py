"""The server's copy of the page's score follows its edits, and says when it does not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.music.score import Note, Score, Track
from chipgen.studio.page_document import OutOfStepError, PageDocument, changed, digest_of
from chipgen.studio.page_messages import EditMessage
from chipgen.studio.score_json import MAX_AT_ONCE, ScoreJson, score_of, score_to_json
from tests.studio.page_modules import told_by
from tests.studio.scores import scores

EDITS = """
const { changed, changesBetween, digestOf, inParts } = await import("./score-changes.js");
const told = PAIRS.map(([before, after]) => {
  const changes = changesBetween(before, after);
  const parts = inParts(changes, 400);
  const edits = parts.map((changes, k) => (
    { changes, digest: digestOf(after), more: k < parts.length - 1 }));
  return { edits, same: changesBetween(changed(before, changes), after).length === 0 };
});
console.log(JSON.stringify(told));
"""


def usual(given: dict[str, Any]) -> dict[str, Any]:
    """Return a score as the server gives it to the page."""
    return score_to_json(score_of(ScoreJson.model_validate(given)), given["name"])


def document(score: dict[str, Any]) -> PageDocument:
    """Return a document with a score of revision 7."""
    kept = PageDocument()
    kept.put(ScoreJson.model_validate(score), 7)
    return kept


@given(scores, scores, st.data())
@settings(
    max_examples=15, suppress_health_check=list(HealthCheck), deadline=None,
    phases=(Phase.explicit, Phase.generate),  # each example starts Node
)  # fmt: skip
def test_the_servers_score_is_the_pages_after_every_edit(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any], data: st.DataObject
) -> None:
    """What the page lists as changes of any score makes the other one, in its parts too."""
    before, far = usual(one), usual(other)
    near = {**before, "tracks": [dict(track) for track in before["tracks"]]}
    for track in near["tracks"]:
        track["notes"] = [note for note in track["notes"] if data.draw(st.booleans())]
    if data.draw(st.booleans()):
        near["tracks"] = near["tracks"][::-1][1:]
    told = [[before, usual(near)], [before, far], [far, before]]
    script = EDITS.replace("PAIRS", json.dumps(told))
    answers = told_by(script, ("score-changes.js",), tmp_path)
    for (old, new), answer in zip(told, answers, strict=True):
        assert answer["same"]
        kept, score = document(old), None
        for edit in answer["edits"]:
            message = EditMessage.model_validate({"type": "edit", "revision": 8, **edit})
            score = kept.edit(message)
            assert (score is None) == edit["more"]
        assert score == score_of(ScoreJson.model_validate(new))
        assert kept.name == new["name"]


def test_a_note_in_a_long_piece_is_a_short_message(tmp_path: Path) -> None:
    """Of 20,000 notes one that moves is told alone, and all that move come in small messages."""
    script = """
    const { NOTHING, changesBetween, inParts } = await import("./score-changes.js");
    const notes = Array.from({ length: 20000 }, (_, k) => [k / 7, 0.5, 60 + (k % 12), 100]);
    const of = (notes) => ({ ...NOTHING, tracks: [{ name: "a", notes }] });
    const after = (change) => inParts(changesBetween(of(notes), of(notes.map(change))));
    const size = (parts) => parts.map((part) => JSON.stringify(part).length);
    const one = size(after((note, k) => (k === 5000 ? [note[0], 1, 60, 100] : note)));
    const all = size(after((note) => [note[0], note[1], note[2] + 1, note[3]]));
    console.log(JSON.stringify({ one, all }));
    """
    told = told_by(script, ("score-changes.js",), tmp_path)
    assert len(told["one"]) == 1
    assert told["one"][0] < 200
    assert sum(told["all"]) > 400_000
    assert max(told["all"]) < 60_000


SCORE = score_to_json(Score(tracks=(Track(notes=(Note(0.0, 1.0, 60),)),), end_beats=4.0), "a")


@pytest.mark.parametrize(
    ("revision", "changes"),
    [
        (7, []), (9, []),
        (8, [{"rows": "notes", "track": 0, "splices": [[1, 1, []]]}]),
        (8, [{"rows": "notes", "track": 0, "splices": [[1, 0, []], [0, 1, []]]}]),
        (8, [{"rows": "notes", "track": 4, "splices": []}]),
        (8, [{"rows": "tempos", "track": 0, "splices": []}]),
        (8, [{"tracks": [3]}]),
        (8, [{"rows": "notes", "track": 0, "splices": [[0, 1, []]]}]),  # of another digest
    ],
)  # fmt: skip
def test_an_edit_of_another_score_is_noticed(revision: int, changes: list[Any]) -> None:
    """What does not fit asks for the whole, and changes nothing."""
    kept = document(SCORE)
    before = kept.score
    message = {"type": "edit", "revision": revision, "changes": changes, "digest": 1}
    with pytest.raises(OutOfStepError):
        kept.edit(EditMessage.model_validate(message))
    assert kept.score == before
    assert kept.revision == 7


@pytest.mark.parametrize(
    "change",
    [
        {"rows": "notes", "track": 0, "splices": [[0, 0, [[0, 1, 200, 100]]]]},
        {"rows": "notes", "track": 0, "splices": [[0, 0, [["a"]]]]},
        {"rows": "tempos", "splices": [[0, 1, []]]},
        {"set": {"end_beats": -1}},
        {"set": {"tracks": [{"notes": [1]}]}},
        {"set": {"nothing": 1}, "track": 0},
    ],
)
def test_what_no_score_may_have_is_refused(change: dict[str, Any]) -> None:
    """Values out of their range, or fields that there are not, are an error in a line."""
    message = {"type": "edit", "revision": 8, "changes": [change]}
    with pytest.raises(ChipgenError) as error:
        document(SCORE).edit(EditMessage.model_validate(message))
    assert "\n" not in str(error.value)


def test_limits_hold_for_edits_too() -> None:
    """Notes beyond those that may sound at once are refused, however they come."""
    rows = [[0, 1, 60, 100]] * (MAX_AT_ONCE + 1)
    change = {"rows": "notes", "track": 0, "splices": [[1, 0, rows]]}
    kept = document(SCORE)
    message = EditMessage.model_validate({"type": "edit", "revision": 8, "changes": [change]})
    assert kept.score is not None
    digest = digest_of(changed(kept.score, "a", message.changes)[0])
    with pytest.raises(ChipgenError, match="at once"):
        kept.edit(message.model_copy(update={"digest": digest}))
