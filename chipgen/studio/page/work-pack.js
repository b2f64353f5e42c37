/**
 * A work with its takes and undo as plain JSON, in which a score is told by what it changes of another: a day's
 * takes and edits share nearly all their notes.
 *
 * @typedef {import("./store.js").Work} Work
 * @typedef {import("./score.js").Score} Score
 * @typedef {import("./score-changes.js").Change} Change
 * @typedef {{label: string, state: Work, at: number}} Entry of the history
 * @typedef {{like: number|null, changes: Change[]}} PackedScore
 * @typedef {{version: number, scores: PackedScore[], takes: object[], now: number[], current: number, sound: object,
 *   past: object[], future: object[]}} Packed the work's other fields lie beside these
 */

import { NOTHING, changed, changesBetween } from "./score-changes.js";
import { withoutTakes } from "./store.js";

const VERSION = 1;

/** What was found of a score, as long as it lives: from which other, and the changes. */
const known = /** @type {WeakMap<Score, {base: WeakRef<Score>|null, changes: Change[]}>} */ (new WeakMap());

/**
 * @param {Work} work
 * @param {Entry[]} [past]
 * @param {Entry[]} [future]
 * @returns {Packed}
 */
export function packed(work, past = [], future = []) {
  const packing = new Packing();
  const entries = (list) => list.map(({ label, state }) => ({
    label, takes: packing.takesOf(state.takes), current: state.current, sound: state.sound,
  }));
  const before = entries(past);
  const now = packing.takesOf(work.takes);
  const after = entries([...future].reverse()).reverse();
  const { takes, ...others } = work;
  return { ...others, version: VERSION, scores: packing.scores, takes: packing.takes, now, past: before, future: after };
}

/**
 * @param {Packed} pack
 * @returns {{work: Work, past: Entry[], future: Entry[]}}
 */
export function unpacked(pack) {
  if (pack.version !== VERSION) throw new Error("The work was saved by another version of the studio.");
  const scores = /** @type {Score[]} */ ([]);
  for (const { like, changes } of pack.scores) {
    const base = like === null || like === undefined ? null : scores[like];
    const score = changed(base ?? NOTHING, changes);
    known.set(score, { base: base && new WeakRef(base), changes });
    scores.push(score);
  }
  const at = (list, index) => {
    if (!(index in list)) throw new Error("The work is damaged: a part of it is missing.");
    return list[index];
  };
  const whole = (take) => ({
    ...take, score: at(scores, take.score),
    ...(take.made && { made: { ...take.made, seed_score: at(scores, take.made.seed_score) } }),
    ...(take.base && { base: { ...take.base, take: whole(take.base.take) } }),
  });
  const takes = pack.takes.map(whole);
  const entries = (list) => list.map((entry) => ({
    label: entry.label, at: 0,
    state: withoutPending({ takes: entry.takes.map((index) => at(takes, index)), current: entry.current, sound: entry.sound }),
  }));
  const { version, scores: _, now, past, future, ...others } = pack;
  const work = withoutPending({ ...others, takes: now.map((index) => at(takes, index)) });
  return { work, past: entries(past ?? []), future: entries(future ?? []) };
}

/** Leave out takes of which nothing had been composed: what was to compose them is gone. */
function withoutPending(state) {
  return withoutTakes(state, ({ pending }) => Boolean(pending));
}

/** Scores and takes that are packed already, each once. */
class Packing {
  constructor() {
    this.scores = /** @type {PackedScore[]} */ ([]);
    this.takes = /** @type {object[]} */ ([]);
    this.scoreAt = new Map();
    this.takeAt = new Map();
    this.latest = new Map(); // the last score of each take, by its id
  }

  /** @param {import("./store.js").Take[]} takes */
  takesOf(takes) {
    let previous = null;
    return takes.map((take) => {
      const index = this.#take(take, this.latest.get(take.id) ?? previous);
      previous = take.score;
      this.latest.set(take.id, take.score);
      return index;
    });
  }

  #take(take, like) {
    const found = this.takeAt.get(take);
    if (found !== undefined) return found;
    this.takes.push(this.#plain(take, like));
    this.takeAt.set(take, this.takes.length - 1);
    return this.takes.length - 1;
  }

  #plain(take, like) {
    const base = take.base && { ...take.base, take: this.#plain(take.base.take, like) };
    const near = take.base?.take.score ?? like;
    const made = take.made && { ...take.made, seed_score: this.#score(take.made.seed_score, near) };
    return { ...take, score: this.#score(take.score, near), made, ...(base && { base }) };
  }

  #score(score, like) {
    const found = this.scoreAt.get(score);
    if (found !== undefined) return found;
    let entry = known.get(score);
    let base = entry?.base?.deref() ?? null;
    if (!entry || (entry.base && !this.scoreAt.has(base))) {
      base = this.scoreAt.has(like) ? like : null;
      entry = { base: base && new WeakRef(base), changes: changesBetween(base ?? NOTHING, score) };
      known.set(score, entry);
    }
    this.scores.push({ like: base && this.scoreAt.get(base), changes: entry.changes });
    this.scoreAt.set(score, this.scores.length - 1);
    return this.scores.length - 1;
  }
}
