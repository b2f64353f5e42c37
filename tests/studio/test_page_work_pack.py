"""Works with takes and undo are packed small, and unpacked as they were."""

from typing import Any

import pytest

from tests.studio.page_modules import told_by

MODULES = (
    "work-pack.js", "score-changes.js", "store.js", "score.js", "song-edits.js", "note-edits.js",
    "events.js",
)  # fmt: skip
A_DAY = """
const { Store, newWork, withNewTakes } = await import("./store.js");
const { packed, unpacked } = await import("./work-pack.js");
const store = new Store(newWork("default"));
const notes = Array.from({ length: 500 }, (_, k) => [k / 2, 0.5, 60 + (k % 12), 100]);
store.editScore("draw", (score) => ({
  ...score, end_beats: 1000, tracks: score.tracks.map((track) => ({ ...track, notes })),
}));
const withFirst = (score, change) => ({
  ...score,
  tracks: score.tracks.map((track, k) => (k ? track : { ...track, notes: change(track.notes) })),
});
for (let k = 0; k < 40; k += 1) {
  const base = { ...store.take, base: undefined };
  const made = { request: { bars: 1 }, seed_score: base.score, digest: "", plan: "" };
  const score = withFirst(base.score, (before) => [...before, [1000 + k, 1, 60, 100]]);
  const take = { rngSeed: k, score, made, base: { take: base, from_bar: null } };
  store.edit("compose", (work) => withNewTakes(work, [take]));
  const softer = ([from, length, pitch, loud], at) => [from, length, pitch, at === k ? 99 : loud];
  store.editScore("softer", (each) => withFirst(each, (before) => before.map(softer)));
}
store.undo();
const text = JSON.stringify(packed(store.work, store.past, store.future));
const back = unpacked(JSON.parse(text));
const again = new Store(newWork("default"));
again.restore(back.work, back.past, back.future);
const told = ({ work, take }) => JSON.stringify([
  work.current, work.takes.length, take.name, take.rngSeed, take.made?.request,
  take.made?.seed_score.tracks.map((track) => track.notes), take.base?.take.score.end_beats,
  take.score.tracks.map(({ name, notes, channel }) => [name, notes, channel]),
]);
const same = [told(again) === told(store)];
for (const step of ["undo", "undo", "undo", "redo", "redo", "redo", "redo"]) {
  same.push(again[step]() === store[step](), told(again) === told(store));
}
const asked = [3, 4].map((rngSeed) => ({ ...back.work.takes[1], rngSeed, pending: true }));
const begun = withNewTakes(back.work, asked); // and the page is closed
const closed = unpacked(packed(begun, [{ label: "compose", state: begun, at: 0 }]));
const sizes = ({ takes, current }) => [takes.length, current];
const left = [closed.work, closed.past[0].state].map(sizes);
let refused = "";
try {
  unpacked({ ...JSON.parse(text), now: [900] });
} catch (error) {
  refused = error.message;
}
const repacked = JSON.stringify(packed(back.work, back.past, back.future)).length;
const takes = back.work.takes.length;
console.log(JSON.stringify({ same, left, takes, bytes: text.length, refused, repacked }));
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the modules make of a day."""
    return told_by(A_DAY, MODULES, tmp_path_factory.mktemp("page"))


def test_a_days_takes_and_edits_take_little_room(told: Any) -> None:
    """What takes share is told once; undo and redo go on where they were."""
    assert told["same"] == [True] * len(told["same"])
    assert told["bytes"] < 200_000  # 41 takes and 80 edits of 2,000 notes each
    assert told["repacked"] < 1.5 * told["bytes"]
    assert "damaged" in told["refused"]


def test_takes_that_were_never_begun_are_left_out(told: Any) -> None:
    """Closing the page while it composes leaves no take without a note of its own."""
    assert told["left"] == [[told["takes"], told["takes"]]] * 2
