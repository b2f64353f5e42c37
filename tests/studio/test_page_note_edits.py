"""How notes that are placed and others give way, by the page's own module, which Node runs."""

from typing import Any

import pytest

from tests.studio.page_modules import told_by

EDITS = """
import { lengthened, louder, moved, placeNotes, quantised } from "./note-edits.js";
import { emptyScore } from "./score.js";

const piece = (...parts) => {
  const empty = emptyScore();
  const tracks = empty.tracks.map((track, index) => ({ ...track, notes: parts[index] ?? [] }));
  return { ...empty, tracks, end_beats: 16 };
};
const placed = (notes, entries, taken = []) => {
  const score = piece(notes);
  const done = placeNotes(score, new Set(taken.map((at) => notes[at])), entries);
  return done.score.tracks[0].notes;
};
const at = (onset, duration, pitch = 60, track = 0) => (
  { track, note: [onset, duration, pitch, 90] }
);

const long = [[0, 4, 60, 100]];
const row = [[0, 1, 60, 100], [1, 1, 60, 100], [2, 1, 60, 100]];
const untouched = piece(long, [[0, 4, 60, 100]]);
const other = placeNotes(untouched, new Set(), [at(1, 1, 60, 0)]).score;
const entries = [at(0.3, 1), at(1.6, 1, 64), at(2, 1, 36, 3)];
const doubled = placeNotes(piece(), new Set(), [at(0, 1), at(0, 2), at(1, 1)]);
console.log(JSON.stringify({
  inside: placed(long, [at(1, 1)]),
  same: placed(row, [at(1, 1)]),
  covers: placed(row, [at(0, 3)]),
  head: placed([[1, 2, 60, 100]], [at(0, 2)]),
  beside: placed(long, [at(4, 1), at(1, 1, 61)]),
  resized: placed(row, [at(0, 1.5)], [0]),
  kept: [other.tracks[1] === untouched.tracks[1], untouched.tracks[0].notes],
  doubled: [doubled.score.tracks[0].notes, doubled.placed.length],
  end: [
    placeNotes(piece(), new Set(), [at(17, 1)]).score.end_beats,
    placeNotes(piece(long), new Set(long)).score.end_beats,
  ],
  moved: moved(piece(), entries, -1, 12).map(({ note }) => note.slice(0, 3)),
  tooHigh: moved(piece(), [at(0, 1, 120), at(0, 1, 60)], 0, 12).map(({ note }) => note[2]),
  quantised: quantised(entries, Math.round).map(({ note }) => note[0]),
  lengthened: lengthened([at(0, 1), at(0, 0.25)], -0.5, 0.25).map(({ note }) => note[1]),
  louder: louder([at(0, 1)], 100)[0].note[3],
}));
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the module makes of some scores."""
    folder = tmp_path_factory.mktemp("page")
    return told_by(EDITS, ("note-edits.js", "score.js", "song-edits.js"), folder)


def test_a_note_that_began_earlier_ends_where_one_is_placed(told: Any) -> None:
    """No note hides under another: the placed one is heard, and ends as it was drawn."""
    assert told["inside"] == [[0, 1, 60, 100], [1, 1, 60, 90]]
    assert told["resized"] == [[0, 1.5, 60, 90], [1.5, 0.5, 60, 100], [2, 1, 60, 100]]


def test_a_note_under_a_placed_one_goes_or_keeps_its_end(told: Any) -> None:
    """What is covered whole goes; what lasts longer begins behind the placed note."""
    assert told["same"] == [[0, 1, 60, 100], [1, 1, 60, 90], [2, 1, 60, 100]]
    assert told["covers"] == [[0, 3, 60, 90]]
    assert told["head"] == [[0, 2, 60, 90], [2, 1, 60, 100]]


def test_other_pitches_and_parts_stay(told: Any) -> None:
    """Only notes of the same part and pitch give way; the old score is as it was."""
    assert told["beside"] == [[0, 4, 60, 100], [1, 1, 61, 90], [4, 1, 60, 90]]
    assert told["kept"] == [True, [[0, 4, 60, 100]]]


def test_notes_that_are_placed_together_do_not_overlap(told: Any) -> None:
    """Of two at once the longer stays, and it ends where the next one begins."""
    assert told["doubled"] == [[[0, 1, 60, 90], [1, 1, 60, 90]], 2]


def test_the_end_follows_the_last_note(told: Any) -> None:
    """The piece grows by whole bars, and is empty without notes."""
    assert told["end"] == [20, 0]


def test_moves_stay_in_range_and_in_shape(told: Any) -> None:
    """Nothing goes before the beginning; drums keep their rows; a chord is not squeezed."""
    assert told["moved"] == [[0, 1, 72], [pytest.approx(1.3), 1, 76], [1.7, 1, 36]]
    assert told["tooHigh"] == [120, 60]


def test_onsets_lengths_and_velocities_change(told: Any) -> None:
    """Onsets go to the grid; lengths and velocities stop at their limits."""
    assert told["quantised"] == [0, 2, 2]
    assert told["lengthened"] == [0.5, 0.25]
    assert told["louder"] == 127
