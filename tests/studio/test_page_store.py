"""What the page sends of its work, by the page's own module, which Node runs."""

import json
from typing import Any

import pytest

from chipgen.studio.page_messages import MESSAGES
from tests.studio.page_modules import told_by

CONTINUED = """
import { documentOf, newWork, renewed, withComposed, withNewTakes } from "./store.js";
import { loopOf } from "./song-edits.js";

const bar = (k) => Array.from({ length: 16 }, (_, at) => [4 * k + at / 4, 0.25, 60 + at, 100]);
const score = (bars) => ({
  ...newWork("default").takes[0].score, end_beats: 4 * bars,
  tracks: [{ name: "lead", controls: [],
    notes: Array.from({ length: bars }, (_, k) => bar(k)).flat() }],
});
const made = (bars) => ({ request: { bars: 1 }, seed_score: score(bars), digest: `${bars}` });

let work = newWork("default");
for (let bars = 8; bars < 68; bars += 1) {
  const { made: before } = work.takes.at(-1);
  work = withNewTakes(work, [{ rngSeed: 1, score: score(bars), made: before }]);
  const composed = { score: score(bars + 1), rng_seed: 2, made: made(bars) };
  work = withComposed(work, work.current, composed);
}
const take = work.takes.at(-1);
const old = { id: 1, name: "Seed", rngSeed: null, score: score(1) };
const [two, lost, none, base] = renewed({ ...work, takes: [
  { ...old, made: [made(3), made(4)] }, { ...old, made: [{ wishes: {} }] }, { ...old, made: [] },
  { ...old, made: [], base: { take: { ...old, made: [made(5)] }, from_bar: 2 } },
] }).takes;
const around = renewed({ ...work, loop: true, takes: [{ ...old, made: [] }] });
console.log(JSON.stringify({
  document: documentOf(work), digest: take.made.digest, name: take.name, rngSeed: take.rngSeed,
  renewed: [two.made.digest, lost.made, none.made, base.base.take.made.digest, base.base.from_bar],
  around: [loopOf(documentOf(around).score), "loop" in around, loopOf(documentOf(work).score)],
}));
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the module says after 60 continuations."""
    folder = tmp_path_factory.mktemp("page")
    return told_by(CONTINUED, ("store.js", "score.js", "song-edits.js", "events.js"), folder)


def test_the_document_lasts(told: Any) -> None:
    """After 60 continuations the document is the piece and its sound, as sessions take it."""
    message = json.dumps({"type": "document", "document": told["document"]})
    assert MESSAGES.validate_json(message)
    assert len(message) < 100_000
    assert set(told["document"]) == {
        "score", "preset", "values", "muted", "solo", "region", "filter"
    }  # fmt: skip


def test_the_page_keeps_how_a_take_was_composed_last(told: Any) -> None:
    """A take knows its last composing alone: that is the one which makes it again."""
    assert (told["digest"], told["name"], told["rngSeed"]) == ("67", "Take 60", 2)


def test_works_that_were_kept_before_are_read(told: Any) -> None:
    """Of a list the last counts; words of an older version and empty lists are nothing."""
    assert told["renewed"] == ["4", None, None, "5", 2]


def test_a_work_that_looped_as_a_whole_has_its_loop_marked(told: Any) -> None:
    """The loop is the score's now, not a switch beside it."""
    assert told["around"] == [[0, 4], False, None]
