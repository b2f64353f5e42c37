/** What is done with notes, by key and by button alike; each action says what it did. */

import { lengthened, louder, moved, quantised } from "./note-edits.js";
import { barStart, pitchName, placeName } from "./score.js";
import { counted } from "./status.js";

const STRENGTH = 8; // MIDI velocity, at a time

/**
 * @param {import("./roll.js").Roll} roll
 * @param {(text: string) => void} say
 * @returns {Record<string, () => void>}
 */
export function editActions(roll, say) {
  /** @type {import("./note-edits.js").Entry[]} what was copied last */
  let clipped = [];

  /** Do something to the notes that are meant, and say it; `told` gets the first of them. */
  const alter = (label, change, told, merge = true) => {
    if (roll.alter(label, change, merge)) say(told([...roll.selected][0]));
    else say("Select notes or bars first.");
  };
  const copied = () => {
    clipped = roll.meant;
    return clipped.length;
  };
  const place = (entries, label) => entries.length && roll.add(entries, label);
  const move = (beats, semitones) => () => alter("move notes", (entries) => (
    moved(roll.score, entries, beats * roll.least, semitones)
  ), (note) => `Moved to ${pitchName(note[2])}, ${placeName(roll.score, note[0])}.`);
  const lengthen = (steps) => () => alter("change lengths", (entries) => (
    lengthened(entries, steps * roll.least, roll.least)
  ), (note) => {
    roll.length = note[1];
    return `${lengthName(note[1])}.`;
  });
  const strike = (more) => () => alter("change loudness", (entries) => louder(entries, more),
    (note) => `Velocity ${note[3]}.`);

  const editing = {
    earlier: move(-1, 0), later: move(1, 0), up: move(0, 1), down: move(0, -1),
    octaveUp: move(0, 12), octaveDown: move(0, -12),
    longer: lengthen(1), shorter: lengthen(-1),
    louder: strike(STRENGTH), softer: strike(-STRENGTH),
    quantise: () => {
      if (!roll.snap) say("Snap is off: choose a grid to quantise to.");
      else alter("quantise", (entries) => quantised(entries, (beat) => roll.snapped(beat, true)),
        () => `${counted(roll.selected.size, "note")} begin on the grid.`, false);
    },
    remove: () => {
      const count = roll.remove();
      say(count ? `${counted(count, "note")} deleted.` : "Nothing is selected.");
    },
    cut: () => {
      if (copied()) roll.remove();
      say(clipped.length ? `${counted(clipped.length, "note")} cut.` : "Nothing is selected.");
    },
    paste: () => {
      const at = roll.snapped(roll.cursor ? roll.cursor.beat : roll.transport.beat, true);
      const entries = shifted(clipped.filter(({ track }) => roll.score.tracks[track]), at - startOf(clipped));
      place(entries, "paste notes");
      say(entries.length ? `${counted(entries.length, "note")} put at ${placeName(roll.score, at)}.` : "Nothing was copied.");
    },
    duplicate: () => {
      const entries = roll.meant;
      place(shifted(entries, spanOf(roll, entries)), "duplicate notes");
      say(entries.length ? `${counted(entries.length, "note")} duplicated.` : "Select notes or bars first.");
    },
  };
  const unlessLocked = (action) => () => {
    if (roll.locked) say("The model is writing this take: stop it or wait.");
    else action();
  };
  return {
    ...Object.fromEntries(Object.entries(editing).map(([name, action]) => [name, unlessLocked(action)])),
    copy: () => say(copied() ? `${counted(clipped.length, "note")} copied.` : "Nothing is selected."),
    selectAll: () => {
      roll.selectAll();
      say(`${counted(roll.selected.size, "note")} selected.`);
    },
    selectNone: () => {
      roll.select([]);
      roll.selectBars(null);
      roll.cursor = null;
      say("Nothing is selected.");
    },
  };
}

/**
 * Say how long something is.
 * @param {number} beats
 */
export function lengthName(beats) {
  return `${Number(beats.toFixed(2))} ${beats === 1 ? "beat" : "beats"}`;
}

function startOf(entries) {
  return Math.min(...entries.map(({ note }) => note[0]));
}

function shifted(entries, beats) {
  return entries.map(({ track, note: [onset, ...rest] }) => ({ track, note: [onset + beats, ...rest] }));
}

/** How far on a copy of notes lies: as long as the selected bars, else whole steps of the grid. */
function spanOf(roll, entries) {
  if (!roll.selected.size && roll.bars) {
    const [from, until] = roll.bars.map((bar) => barStart(roll.score, bar));
    return until - from;
  }
  const end = Math.max(...entries.map(({ note }) => note[0] + note[1]));
  const span = end - startOf(entries);
  return roll.snap ? Math.ceil(span / roll.snap - 1e-6) * roll.snap : span;
}
