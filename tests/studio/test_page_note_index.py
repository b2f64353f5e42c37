"""How notes between two beats are found, by the page's own module, which Node runs."""

from pathlib import Path

from tests.studio.page_modules import told_by

SEARCH = """
import { notesBetween } from "./note-index.js";

let state = 12345;
const random = () => { state = (state * 1103515245 + 12345) % 2 ** 31; return state / 2 ** 31; };
const notes = Array.from({ length: 3000 }, () => [random() * 400, random() ** 8 * 90, 60, 90]);
notes.sort((one, other) => one[0] - other[0]);
const spans = [[0, 0], [-5, 3], [100, 100.5], [399, 500], [0, 400], [401, 402], [37.2, 61]];
const alike = spans.map(([from, until]) => {
  const slow = notes.filter(([onset, duration]) => onset <= until && onset + duration >= from);
  const found = [...notesBetween(notes, from, until)];
  return found.length === slow.length && found.every((note, index) => note === slow[index]);
});
const looks = { count: 0 };
const watched = new Proxy(notes, {
  get: (list, name) => {
    looks.count += typeof name === "string" && /^[0-9]/.test(name);
    return list[name];
  },
});
[...notesBetween(watched, 200, 201)]; // learns where chunks end
looks.count = 0;
[...notesBetween(watched, 200, 201)];
const empty = [...notesBetween([], 0, 9)].length;
console.log(JSON.stringify({ alike, empty, looks: looks.count }));
"""


def test_just_the_notes_that_sound_are_found(tmp_path: Path) -> None:
    """Long notes that began before are among them; most others are not looked at."""
    told = told_by(SEARCH, ("note-index.js",), tmp_path)
    assert told["alike"] == [True] * 7
    assert told["empty"] == 0
    assert told["looks"] < 1500
