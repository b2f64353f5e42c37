"""Works with takes and undo are packed small, and unpacked as they were."""

from pathlib import Path
from typing import Any

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
let refused = "";
try {
  unpacked({ ...JSON.parse(text), now: [900] });
} catch (error) {
  refused = error.message;
}
const repacked = JSON.stringify(packed(back.work, back.past, back.future)).length;
console.log(JSON.stringify({ same, bytes: text.length, refused, repacked }));
"""


def test_a_days_takes_and_edits_take_little_room(tmp_path: Path) -> None:
    """What takes share is told once; undo and redo go on where they were."""
    told: dict[str, Any] = told_by(A_DAY, MODULES, tmp_path)
    assert told["same"] == [True] * len(told["same"])
    assert told["bytes"] < 200_000  # 41 takes and 80 edits of 2,000 notes each
    assert told["repacked"] < 1.5 * told["bytes"]
    assert "damaged" in told["refused"]
