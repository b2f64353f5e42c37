/**
 * What differs between two scores, as the server and saved works take it: rows and fields alone.
 *
 * @typedef {import("./score.js").Score} Score
 * @typedef {import("./score.js").Track} Track
 * @typedef {[number, number, any[]]} Splice from which row on how many give way, and the rows put there
 * @typedef {{tracks: (number|null)[]}} TracksChange for each track the one that it was; null is a new one
 * @typedef {{track?: number, set: Record<string, any>}} FieldsChange without a track, of the score
 * @typedef {{track?: number, rows: string, splices: Splice[]}} RowsChange splices are in order, by the rows before
 * @typedef {TracksChange|FieldsChange|RowsChange} Change
 */

const SCORE_FIELDS = { name: "", dialect: "gm", key: "", end_beats: 0 };
const SCORE_ROWS = { tempos: [[0, 120]], meters: [[0, 4, 4]], markers: [] };
const TRACK_FIELDS = { name: "", role: "", channel: 0, program: 0, drums: null };
const TRACK_ROWS = { notes: [], controls: [], bends: [], program_changes: [] };
const PART_BYTES = 50_000; // of one message

/** The score that the first of several is told as a change of. */
export const NOTHING = { ...SCORE_FIELDS, ...SCORE_ROWS, tracks: [] };
const NO_TRACK = { ...TRACK_FIELDS, ...TRACK_ROWS };

/**
 * List what makes one score the other; nothing if they are alike.
 * @param {Score} before
 * @param {Score} after
 * @returns {Change[]}
 */
export function changesBetween(before, after) {
  const origins = originsOf(before.tracks, after.tracks);
  const moved = origins.length !== before.tracks.length || origins.some((origin, index) => origin !== index);
  const changes = /** @type {Change[]} */ (moved ? [{ tracks: origins }] : []);
  changes.push(...differences(before, after, SCORE_FIELDS, SCORE_ROWS, {}));
  after.tracks.forEach((track, index) => {
    const old = origins[index] === null ? NO_TRACK : before.tracks[origins[index]];
    if (old !== track) changes.push(...differences(old, track, TRACK_FIELDS, TRACK_ROWS, { track: index }));
  });
  return changes;
}

/**
 * Return the score that the changes of an edit make of another, all together.
 * @param {Score} score
 * @param {Change[]} changes
 * @returns {Score}
 */
export function changed(score, changes) {
  const tracks = [...score.tracks];
  const result = { ...score, tracks };
  for (const change of changes) {
    if ("tracks" in change) {
      const made = change.tracks.map((origin) => (origin === null ? { ...NO_TRACK } : score.tracks[origin]));
      tracks.splice(0, tracks.length, ...made);
      continue;
    }
    const old = change.track === undefined ? result : tracks[change.track];
    const now = "set" in change ? { ...old, ...change.set }
      : { ...old, [change.rows]: spliced(old[change.rows] ?? [], change.splices) };
    if (change.track === undefined) Object.assign(result, now);
    else tracks[change.track] = now;
  }
  return result;
}

/**
 * Distribute changes over messages of a limited size.
 * @param {Change[]} changes
 * @param {number} [most] bytes, about
 * @returns {Change[][]}
 */
export function inParts(changes, most = PART_BYTES) {
  const { parts, add } = partsUpTo(most);
  for (const change of changes) {
    const whole = JSON.stringify(change).length;
    if (whole <= most || !("splices" in change)) add(change, whole);
    else for (const splices of spliceParts(change.splices, most / 2)) add({ ...change, splices }, JSON.stringify(splices).length + 60);
  }
  return parts;
}

/**
 * A number by which two copies of a score are compared, over all rows but their texts.
 * @param {Score} score
 */
export function digestOf(score) {
  let sum = rowsDigest(score.tempos, 1) + rowsDigest(score.meters, 2) + rowsDigest(score.markers, 3);
  score.tracks.forEach((track, index) => {
    sum += Math.imul(trackDigest(track), 2 * index + 1) >>> 0;
  });
  return sum % 2 ** 32;
}

/** @type {WeakMap<Track, number>} */
const digests = new WeakMap();

function trackDigest(track) {
  const known = digests.get(track);
  if (known !== undefined) return known;
  const sum = Object.keys(TRACK_ROWS).reduce((all, rows, kind) => all + rowsDigest(track[rows] ?? [], 4 + kind), 1);
  const digest = sum % 2 ** 32;
  digests.set(track, digest);
  return digest;
}

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);

/** The sum over all rows, so that their order does not matter. */
function rowsDigest(rows, kind) {
  let sum = 0;
  for (const row of rows) {
    let mixed = kind;
    for (const value of row) {
      if (typeof value === "string") continue;
      number[0] = value + 0; // no -0, which JSON does not have
      mixed = Math.imul(mixed ^ words[0], 0x9e3779b1);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed ^ words[1], 0x85ebca77);
      mixed ^= mixed >>> 13;
    }
    sum += mixed >>> 0;
  }
  return sum % 2 ** 32;
}

/** For each track the index of the one that it was, found by identity or else by its place. */
function originsOf(before, after) {
  if (before.length === after.length) return after.map((_, index) => index);
  const same = after.map((track) => before.findIndex((old) => old === track || old.notes === track.notes));
  return after.map((_, index) => {
    if (same[index] >= 0) return same[index];
    return index < before.length && !same.includes(index) ? index : null;
  });
}

function differences(before, after, fields, rows, place) {
  const set = {};
  for (const [name, usual] of Object.entries(fields)) {
    if ((before[name] ?? usual) !== (after[name] ?? usual)) set[name] = after[name] ?? usual;
  }
  const changes = Object.keys(set).length ? [{ ...place, set }] : [];
  for (const name of Object.keys(rows)) {
    const [old, now] = [before[name] ?? [], after[name] ?? []];
    const splices = old === now ? [] : splicesBetween(old, now, name === "notes");
    if (splices.length) changes.push({ ...place, rows: name, splices });
  }
  return changes;
}

/** Sorted rows are compared one by one; of others all between what begins and ends alike is replaced. */
function splicesBetween(old, now, sorted) {
  let first = 0;
  while (first < old.length && first < now.length && alike(old[first], now[first])) first += 1;
  let [oldEnd, nowEnd] = [old.length, now.length];
  while (oldEnd > first && nowEnd > first && alike(old[oldEnd - 1], now[nowEnd - 1])) [oldEnd, nowEnd] = [oldEnd - 1, nowEnd - 1];
  if (first === oldEnd && first === nowEnd) return [];
  if (!sorted) return [[first, oldEnd - first, now.slice(first, nowEnd)]];
  const splices = [];
  let [at, next] = [first, first];
  while (at < oldEnd || next < nowEnd) {
    const [start, added] = [at, next];
    while (at < oldEnd || next < nowEnd) {
      const order = at === oldEnd ? 1 : next === nowEnd ? -1 : compare(old[at], now[next]);
      if (!order) break;
      if (order < 0) at += 1;
      else next += 1;
    }
    if (at > start || next > added) splices.push([start, at - start, now.slice(added, next)]);
    while (at < oldEnd && next < nowEnd && alike(old[at], now[next])) [at, next] = [at + 1, next + 1];
  }
  return splices;
}

function spliced(rows, splices) {
  const result = [];
  let at = 0;
  for (const [start, count, added] of splices) {
    for (; at < start; at += 1) result.push(rows[at]);
    for (const row of added) result.push(row);
    at = start + count;
  }
  for (; at < rows.length; at += 1) result.push(rows[at]);
  return result;
}

/** Parts of a limited size, and what adds to the last of them or, where that is full, to a new one. */
function partsUpTo(most) {
  const parts = [[]];
  let size = 0;
  const add = (item, bytes) => {
    if (size + bytes > most && parts.at(-1).length) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1).push(item);
    size += bytes;
  };
  return { parts, add };
}

function spliceParts(splices, most) {
  const { parts, add } = partsUpTo(most);
  for (const [start, count, added] of splices) {
    const few = Math.max(1, Math.floor(most / 1000));
    if (added.length <= few) add([start, count, added], JSON.stringify(added).length + 20);
    else for (let from = 0; from < added.length; from += few) {
      const rows = added.slice(from, from + few);
      add(from ? [start + count, 0, rows] : [start, count, rows], JSON.stringify(rows).length + 20);
    }
  }
  return parts;
}

function alike(one, other) {
  return one === other || (one.length === other.length && one.every((value, index) => value === other[index]));
}

function compare(one, other) {
  if (one === other) return 0;
  for (let index = 0; index < one.length; index += 1) {
    if (one[index] !== other[index]) return one[index] < other[index] ? -1 : 1;
  }
  return 0;
}
