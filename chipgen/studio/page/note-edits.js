/**
 * Changes of notes, always into new scores, under one rule: a note that is placed wins. Of its part
 * and pitch, a note that begins earlier ends where it begins, and one that begins under it loses
 * what is covered, or goes.
 *
 * @typedef {import("./score.js").Note} Note
 * @typedef {import("./score.js").Score} Score
 * @typedef {{track: number, note: Note}} Entry a note, and the number of its part
 */

import { isDrums, withEnd } from "./score.js";
import { withFittingLoop } from "./song-edits.js";

const SAME = 1e-9; // beats; less apart is the same time

/**
 * Take notes out and place others. The end of the piece moves only where it must.
 * @param {Score} score
 * @param {Set<Note>} taken
 * @param {Entry[]} [entries] what is placed
 * @returns {{score: Score, placed: Note[]}} `placed` are the placed notes as they are now
 */
export function placeNotes(score, taken, entries = []) {
  const placed = score.tracks.map((_, index) => (
    apart(entries.filter(({ track }) => track === index).map(({ note }) => note))
  ));
  const tracks = score.tracks.map((track, index) => {
    const stay = track.notes.filter((note) => !taken.has(note));
    if (!placed[index].length && stay.length === track.notes.length) return track;
    return { ...track, notes: [...givingWay(stay, placed[index]), ...placed[index]].sort(inOrder) };
  });
  return { score: withFittingLoop(withEnd({ ...score, tracks })), placed: placed.flat() };
}

/**
 * Notes by pitch, in order.
 * @param {Note[]} notes
 * @returns {Map<number, Note[]>}
 */
function byPitch(notes) {
  const rows = new Map();
  for (const note of [...notes].sort(inOrder)) {
    if (!rows.has(note[2])) rows.set(note[2], []);
    rows.get(note[2]).push(note);
  }
  return rows;
}

/** Notes placed together: each ends where the next of its pitch begins; of two at once the longer stays. */
function apart(notes) {
  return [...byPitch(notes).values()].flatMap((row) => {
    const kept = row.filter((note, at) => !row[at + 1] || row[at + 1][0] > note[0] + SAME);
    return kept.map((note, at) => (kept[at + 1] ? endingBy(note, kept[at + 1][0]) : note));
  });
}

/** What is left of the notes that stay beside those that are placed. */
function givingWay(notes, placed) {
  const rows = byPitch(placed);
  return notes.flatMap((note) => {
    /** @type {Note|null} */
    let left = note;
    for (const [onset, duration] of rows.get(note[2]) ?? []) {
      if (left) left = beside(left, onset, onset + duration);
    }
    return left ? [left] : [];
  });
}

/** What is left of a note beside a span of time: its beginning, else its end, else nothing. */
function beside(note, from, until) {
  const [onset, duration, pitch, velocity] = note;
  const end = onset + duration;
  if (end <= from + SAME || onset >= until - SAME) return note;
  if (onset < from - SAME) return endingBy(note, from);
  return end > until + SAME ? [until, end - until, pitch, velocity] : null;
}

/** @returns {Note} */
function endingBy(note, end) {
  return note[0] + note[1] <= end + SAME ? note : [note[0], end - note[0], note[2], note[3]];
}

/**
 * Notes at other times and pitches; drums keep theirs. None goes before the beginning, and either
 * all change their pitch or, if one would leave the range, none.
 * @param {Score} score
 * @param {Entry[]} entries
 * @param {number} beats
 * @param {number} semitones
 * @returns {Entry[]}
 */
export function moved(score, entries, beats, semitones) {
  const first = entries.reduce((least, { note }) => Math.min(least, note[0]), Infinity);
  const later = Math.max(beats, -first);
  const drum = ({ track }) => isDrums(score.tracks[track]);
  const inside = ({ note }) => note[2] + semitones >= 0 && note[2] + semitones <= 127;
  const up = entries.every((entry) => drum(entry) || inside(entry)) ? semitones : 0;
  return entries.map((entry) => {
    const [onset, duration, pitch, velocity] = entry.note;
    return { ...entry, note: [onset + later, duration, drum(entry) ? pitch : pitch + up, velocity] };
  });
}

/**
 * Notes that begin on a grid.
 * @param {Entry[]} entries
 * @param {(beat: number) => number} snapped the nearest beat of the grid
 * @returns {Entry[]}
 */
export function quantised(entries, snapped) {
  return entries.map(({ track, note: [onset, ...rest] }) => ({ track, note: [snapped(onset), ...rest] }));
}

/**
 * Longer or shorter notes.
 * @param {Entry[]} entries
 * @param {number} more beats
 * @param {number} least the shortest there is
 * @returns {Entry[]}
 */
export function lengthened(entries, more, least) {
  return entries.map(({ track, note: [onset, duration, ...rest] }) => (
    { track, note: [onset, Math.max(least, duration + more), ...rest] }
  ));
}

/**
 * Louder or softer notes.
 * @param {Entry[]} entries
 * @param {number} more MIDI velocity
 * @returns {Entry[]}
 */
export function louder(entries, more) {
  return entries.map(({ track, note: [onset, duration, pitch, velocity] }) => (
    { track, note: [onset, duration, pitch, Math.max(1, Math.min(127, velocity + more))] }
  ));
}

/**
 * Put notes at the end of tracks, as passages bring them.
 * @param {Score} score
 * @param {import("./score.js").Track[]} tracks one for each track of the score, and new ones after them
 * @param {number} from beat from which what was there gives way
 * @param {number} end
 * @returns {Score}
 */
export function appended(score, tracks, from, end) {
  const known = score.tracks.map((track, index) => {
    const more = tracks[index]?.notes ?? [];
    const kept = track.notes.filter((note) => note[0] < from - SAME);
    return { ...track, notes: [...kept, ...more] };
  });
  return { ...score, tracks: [...known, ...tracks.slice(known.length)], end_beats: end };
}

/** The server's order, so that both count a track's notes alike. */
function inOrder(one, other) {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2] || one[3] - other[3];
}
