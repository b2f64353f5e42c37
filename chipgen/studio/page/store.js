/**
 * The document: takes, sound and controls, with undo. Views subscribe to it.
 *
 * @typedef {import("./score.js").Score} Score
 * @typedef {{id: number, name: string, rngSeed: number|null, score: Score, made: Made|null, starred?: boolean,
 *   pending?: boolean, base?: {take: Omit<Take, "id">, from_bar: number|null}}} Take `base` is what it was composed on from;
 *   it is pending until the first of it is composed
 * @typedef {{request: object, seed_score: Score, digest: string, plan: string}} Made how a score was composed last, by the
 *   score's digest; only exports need it
 * @typedef {{preset: string|{yaml: string}, values: Record<string, number>, muted: string[], solo: string[],
 *   region: string|null, filter: string|null}} Sound
 * @typedef {{takes: Take[], current: number, sound: Sound,
 *   controls: Record<string, any>, own?: OwnPreset[]}} Work
 * @typedef {{name: string, description: string, preset: {yaml: string}}} OwnPreset one that the user brought
 */

import { Emitter } from "./events.js";
import { emptyScore } from "./score.js";
import { loopOf, withLoop } from "./song-edits.js";

const DEPTH = 200;

/** What undo brings back; controls stay as they are. */
const KEPT = /** @type {const} */ (["takes", "current", "sound"]);

/**
 * The work that a new tab begins with.
 * @param {string} preset
 * @returns {Work}
 */
export function newWork(preset) {
  return {
    takes: [{ id: 1, name: "Seed", rngSeed: null, score: emptyScore(), made: null }],
    current: 1,
    sound: { preset, values: {}, muted: [], solo: [], region: null, filter: null },
    controls: {},
  };
}

/**
 * A work that an earlier version kept, as this one has it: takes kept how they were composed from the
 * first seed on, of which only the last is needed, and before that in words that are lost; and the
 * work looped as a whole or not.
 * @param {any} work
 * @returns {Work}
 */
export function renewed({ loop, ...work }) {
  const looping = (score) => (loop && score.end_beats && !loopOf(score) ? withLoop(score, [0, score.end_beats]) : score);
  const made = (take) => [take.made].flat().at(-1);
  const last = (take) => ({ ...take, made: made(take) && "request" in made(take) ? made(take) : null });
  const takes = work.takes.map((take) => ({
    ...last(take), score: looping(take.score), ...(take.base && { base: { ...take.base, take: last(take.base.take) } }),
  }));
  return { ...work, takes };
}

export class Store extends Emitter {
  /** @param {Work} work */
  constructor(work) {
    super();
    this.work = work;
    /** @type {{label: string, state: Work, at: number}[]} */
    this.past = [];
    /** @type {{label: string, state: Work, at: number}[]} */
    this.future = [];
  }

  /** The take that is played and edited. */
  get take() {
    return takeOf(this.work);
  }

  get score() {
    return this.take.score;
  }

  /**
   * Change the work so that undo takes it back. Edits with one label within a second are one.
   * @param {string} label what undo says it takes back
   * @param {(work: Work) => Work} change
   * @param {{merge?: boolean, origin?: string}} [how]
   */
  edit(label, change, { merge = false, origin = "page" } = {}) {
    const now = performance.now();
    if (merge && this.merges(label)) this.past.at(-1).at = now;
    else this.past.push({ label, state: this.work, at: now });
    if (this.past.length > DEPTH) this.past.shift();
    this.future = [];
    this.amend(change, origin);
  }

  /**
   * Whether an edit that may merge would be one with the last.
   * @param {string} label
   */
  merges(label) {
    const last = this.past.at(-1);
    return last !== undefined && last.label === label && performance.now() - last.at < 1000;
  }

  /**
   * Change the work without a place in the history.
   * @param {(work: Work) => Work} change
   * @param {string} [origin] "page", or "server" for changes that came from the server
   */
  amend(change, origin = "page") {
    const before = this.work;
    this.work = change(before);
    if (this.work !== before) this.emit("change", this.work, before, origin);
  }

  /**
   * Change the work and all that undo and redo go back to: what has come cannot be taken back by
   * undoing something else.
   * @param {(work: Work) => Work} change
   * @param {string} [origin]
   */
  amendThroughout(change, origin) {
    for (const entry of [...this.past, ...this.future]) entry.state = change(entry.state);
    this.amend(change, origin);
  }

  /**
   * Change the score of the current take, undoably.
   * @param {string} label
   * @param {(score: Score) => Score} change
   * @param {{merge?: boolean}} [how]
   */
  editScore(label, change, how = {}) {
    const id = this.take.id;
    this.edit(label, (work) => withTake(work, id, (take) => ({ ...take, score: change(take.score) })), how);
  }

  /**
   * Change the sound, undoably.
   * @param {string} label
   * @param {Partial<Sound>} change
   */
  editSound(label, change) {
    const merge = { merge: true };
    this.edit(label, (work) => ({ ...work, sound: { ...work.sound, ...change } }), merge);
  }

  /** Take back the last edit; returns what it was, or null. */
  undo() {
    return this.#step(this.past, this.future);
  }

  /** Do again what was taken back; returns what it was, or null. */
  redo() {
    return this.#step(this.future, this.past);
  }

  /**
   * Replace everything, undo included, as when a saved work is opened. Emits "restore" too.
   * @param {Work} work
   * @param {{label: string, state: Work, at: number}[]} [past]
   * @param {{label: string, state: Work, at: number}[]} [future]
   */
  restore(work, past = [], future = []) {
    [this.past, this.future] = [past, future];
    this.amend(() => work);
    this.emit("restore");
  }

  #step(from, to) {
    const entry = from.pop();
    if (!entry) return null;
    to.push({ label: entry.label, state: this.work, at: 0 });
    const kept = Object.fromEntries(KEPT.map((name) => [name, entry.state[name]]));
    this.amend((work) => ({ ...work, ...kept }));
    return entry.label;
  }
}

/**
 * The take of a work that is played and edited.
 * @param {Work} work
 * @returns {Take}
 */
export function takeOf({ takes, current }) {
  return takes.find(({ id }) => id === current) ?? takes[0];
}

/**
 * Replace one take.
 * @param {Work} work
 * @param {number} id
 * @param {(take: Take) => Take} change
 * @returns {Work}
 */
export function withTake(work, id, change) {
  return { ...work, takes: work.takes.map((take) => (take.id === id ? change(take) : take)) };
}

/**
 * Add takes after the others and show the first of them; they are named by their numbers.
 * @param {Work} work
 * @param {Omit<Take, "id"|"name">[]} takes
 * @returns {Work}
 */
export function withNewTakes(work, takes) {
  const id = Math.max(0, ...work.takes.map((each) => each.id)) + 1;
  const added = takes.map((take, index) => ({ ...take, id: id + index, name: `Take ${id + index - 1}` }));
  return { ...work, takes: [...work.takes, ...added], current: id };
}

/**
 * Leave takes out, unless none would be left; if the current one goes, the last that is left is shown.
 * @template {Pick<Work, "takes"|"current">} W
 * @param {W} work
 * @param {(take: Take) => boolean} goes
 * @returns {W}
 */
export function withoutTakes(work, goes) {
  const takes = work.takes.filter((take) => !goes(take));
  if (!takes.length) return work;
  const current = takes.some(({ id }) => id === work.current) ? work.current : takes.at(-1).id;
  return { ...work, takes, current };
}

/**
 * Put what was composed into its take.
 * @param {Work} work
 * @param {number} id
 * @param {{score: Score, rng_seed?: number, made: Made}} composed the server's message
 * @returns {Work}
 */
export function withComposed(work, id, { score, rng_seed, made }) {
  return withTake(work, id, ({ pending, ...take }) => ({
    ...take, score: { ...score, name: take.score.name }, rngSeed: rng_seed ?? take.rngSeed, made,
  }));
}

/**
 * The part of the work that is sent to the server with every edit.
 * @param {Work} work
 */
export function documentOf(work) {
  return { score: takeOf(work).score, ...work.sound };
}
