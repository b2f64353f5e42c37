/** Finds the notes of a part that sound between two beats, without looking at all of them. */

const CHUNK = 128; // notes

/** @type {WeakMap<any, number[]>} the latest end in each chunk of notes */
const ends = new WeakMap();

/**
 * The notes that sound between two beats.
 * @param {import("./score.js").Note[]} notes sorted by onset
 * @param {number} from
 * @param {number} until
 * @returns {Generator<import("./score.js").Note>}
 */
export function* notesBetween(notes, from, until) {
  const latest = latestEnds(notes);
  for (let chunk = 0; chunk < latest.length; chunk += 1) {
    const first = chunk * CHUNK;
    if (notes[first][0] > until) return;
    if (latest[chunk] < from) continue;
    const end = Math.min(first + CHUNK, notes.length);
    for (let index = first; index < end; index += 1) {
      const note = notes[index];
      if (note[0] > until) return;
      if (note[0] + note[1] >= from) yield note;
    }
  }
}

function latestEnds(notes) {
  const known = ends.get(notes);
  if (known) return known;
  const found = Array(Math.ceil(notes.length / CHUNK)).fill(0);
  notes.forEach(([onset, duration], index) => {
    const chunk = Math.floor(index / CHUNK);
    found[chunk] = Math.max(found[chunk], onset + duration);
  });
  ends.set(notes, found);
  return found;
}
