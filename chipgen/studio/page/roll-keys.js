/** The roll from the keyboard: a cursor, notes put down and taken up, moved and resized. */

import { isDrums, pitchName, placeName } from "./score.js";

/**
 * Let keys work on a roll that has the focus.
 * @param {import("./roll.js").Roll} roll
 * @param {(text: string) => void} say announces what happened to screen readers
 */
export function listenToRollKeys(roll, say) {
  roll.box.addEventListener("keydown", (event) => {
    if (event.target !== roll.box) return;
    const done = handle(roll, event, say);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
}

const STRENGTH = 8;
/** @type {{track: number, note: number[]}[]} what was copied last */
let clipped = [];

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function handle(roll, event, say) {
  const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
  if (altKey) return false;
  if ((ctrlKey || metaKey) && key.toLowerCase() === "a") {
    roll.selectAll();
    say(`${roll.selected.size} notes selected`);
    return true;
  }
  if ((ctrlKey || metaKey) && "cxv".includes(key.toLowerCase())) {
    clip(roll, key.toLowerCase(), say);
    return true;
  }
  if ((ctrlKey || metaKey) && (key === "ArrowUp" || key === "ArrowDown")) {
    strike(roll, key === "ArrowUp" ? STRENGTH : -STRENGTH, say);
    return true;
  }
  if (key in ARROWS && !ctrlKey && !metaKey) {
    arrow(roll, ARROWS[key], shiftKey, say);
    return true;
  }
  if (key === "Enter") {
    put(roll, say);
    return true;
  }
  if (key === "Delete" || key === "Backspace") {
    const count = roll.selected.size;
    roll.remove();
    say(count ? `${count} ${count === 1 ? "note" : "notes"} removed` : "nothing is selected");
    return true;
  }
  if (key === "Escape" && (roll.selected.size || roll.bars || roll.cursor)) {
    roll.select([]);
    roll.selectBars(null);
    roll.cursor = null;
    say("nothing selected");
    return true;
  }
  return false;
}

function arrow(roll, [across, up], shift, say) {
  if (!roll.selected.size) moveCursor(roll, across, shift ? 12 * up : up, say);
  else if (shift && across) resize(roll, across, say);
  else shiftNotes(roll, across, shift ? 12 * up : up, say);
}

function moveCursor(roll, across, up, say) {
  const { view } = roll;
  if (!roll.cursor) {
    const drum = isDrums(roll.score.tracks[roll.part]);
    const pitch = drum ? view.drums[0] : Math.round(view.top - (view.floor - 26) / view.pitchPx / 2);
    roll.cursor = { beat: roll.snapped(roll.transport.beat), pitch, drum };
  } else if (roll.cursor.drum) {
    const row = view.drums.indexOf(roll.cursor.pitch) - up;
    roll.cursor.pitch = view.drums[Math.max(0, Math.min(view.drums.length - 1, row))];
  } else roll.cursor.pitch = Math.max(0, Math.min(127, roll.cursor.pitch + up));
  roll.cursor.beat = Math.max(0, roll.cursor.beat + across * roll.cursorLength);
  roll.show(roll.cursor.beat);
  showPitch(roll, roll.cursor.pitch);
  roll.redraw();
  const { beat, pitch, drum } = roll.cursor;
  const hit = roll.noteAt(beat + 1e-6, pitch, drum);
  say(`${nameOf(roll, pitch, drum)} at ${placeName(roll.score, beat)}${hit ? ", a note" : ""}`);
}

function showPitch(roll, pitch) {
  const { view } = roll;
  if (roll.cursor.drum) return;
  const y = view.y(pitch);
  if (y < 26) view.scroll(0, y - 26);
  if (y + view.pitchPx > view.floor) view.scroll(0, y + view.pitchPx - view.floor);
}

function put(roll, say) {
  if (!roll.cursor) return;
  const { beat, pitch, drum } = roll.cursor;
  const hit = roll.noteAt(beat + 1e-6, pitch, drum);
  if (hit) {
    roll.select([hit.note]);
    say(`${nameOf(roll, pitch, drum)} selected, ${lengthName(hit.note[1])}`);
    return;
  }
  const entry = roll.newNote(beat, pitch, drum);
  if (entry.track < 0) return;
  roll.add([entry]);
  roll.select([]);
  roll.emit("key", true, pitch, entry.track);
  setTimeout(() => roll.emit("key", false, pitch, entry.track), 200);
  roll.cursor.beat += roll.cursorLength;
  roll.show(roll.cursor.beat);
  say(`${nameOf(roll, pitch, drum)} added at ${placeName(roll.score, beat)}`);
}

/** Copy, cut, or put what was copied at the cursor or the playhead. */
function clip(roll, letter, say) {
  if (letter === "v") {
    if (!clipped.length || roll.locked) return;
    const first = Math.min(...clipped.map(({ note }) => note[0]));
    const at = roll.snapped(roll.cursor ? roll.cursor.beat : roll.transport.beat, true);
    const notes = clipped.filter(({ track }) => roll.score.tracks[track]);
    roll.add(notes.map(({ track, note }) => ({ track, note: [note[0] - first + at, ...note.slice(1)] })), "paste notes");
    say(`${notes.length} ${notes.length === 1 ? "note" : "notes"} put at ${placeName(roll.score, at)}`);
    return;
  }
  clipped = roll.score.tracks.flatMap((track, index) => (
    track.notes.filter((note) => roll.selected.has(note)).map((note) => ({ track: index, note }))
  ));
  if (letter === "x") roll.remove();
  say(`${clipped.length} ${clipped.length === 1 ? "note" : "notes"} ${letter === "x" ? "cut" : "copied"}`);
}

/** Make the selected notes louder or softer. */
function strike(roll, more, say) {
  roll.alter("change loudness", ([onset, duration, pitch, velocity]) => (
    [onset, duration, pitch, Math.max(1, Math.min(127, velocity + more))]
  ), true);
  const [first] = roll.selected;
  if (first) say(`velocity ${first[3]}`);
}

function resize(roll, across, say) {
  roll.alter("change lengths", ([onset, duration, pitch, velocity]) => (
    [onset, Math.max(roll.least, duration + across * roll.least), pitch, velocity]
  ), true);
  const [first] = roll.selected;
  roll.length = first[1];
  say(lengthName(first[1]));
}

function shiftNotes(roll, across, up, say) {
  const drums = new Set(roll.score.tracks.filter(isDrums).flatMap((track) => track.notes));
  roll.alter("move notes", (note) => {
    const [onset, duration, pitch, velocity] = note;
    const moved = drums.has(note) ? pitch : Math.max(0, Math.min(127, pitch + up));
    return [Math.max(0, onset + across * roll.least), duration, moved, velocity];
  }, true);
  const [first] = roll.selected;
  say(`moved to ${pitchName(first[2])}, ${placeName(roll.score, first[0])}`);
}

function nameOf(roll, pitch, drum) {
  return pitchName(pitch, drum ? roll.score.tracks.find(isDrums) : undefined);
}

function lengthName(beats) {
  return `${Number(beats.toFixed(2))} ${beats === 1 ? "beat" : "beats"}`;
}
