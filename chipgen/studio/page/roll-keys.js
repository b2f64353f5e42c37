/** The roll from the keyboard: a cursor, notes put down and taken up, moved and resized. */

import { lengthName } from "./edit-actions.js";
import { barAt, barStart, isDrums, pitchName, placeName } from "./score.js";

/**
 * Let keys work on a roll that has the focus.
 * @param {import("./roll.js").Roll} roll
 * @param {Record<string, () => void>} actions of `editActions`
 * @param {(text: string) => void} say announces what happened to screen readers
 */
export function listenToRollKeys(roll, actions, say) {
  roll.box.addEventListener("keydown", (event) => {
    if (event.target !== roll.box) return;
    const done = handle(roll, event, actions, say);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const MOVES = { ArrowLeft: "earlier", ArrowRight: "later", ArrowUp: "up", ArrowDown: "down" };
const WITH_SHIFT = { ArrowLeft: "shorter", ArrowRight: "longer", ArrowUp: "octaveUp", ArrowDown: "octaveDown" };
const WITH_CONTROL = {
  a: "selectAll", c: "copy", x: "cut", v: "paste", d: "duplicate", ArrowUp: "louder", ArrowDown: "softer",
};

function handle(roll, event, actions, say) {
  const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (altKey) return false;
  if (ctrlKey || metaKey) {
    if (!(name in WITH_CONTROL)) return false;
    actions[WITH_CONTROL[name]]();
  } else if (key in ARROWS) {
    if (roll.selected.size) actions[(shiftKey ? WITH_SHIFT : MOVES)[key]]();
    else moveCursor(roll, ARROWS[key][0], ARROWS[key][1] * (shiftKey ? 12 : 1), say);
  } else if (key === "PageUp" || key === "PageDown") {
    stepBars(roll, key === "PageUp" ? -1 : 1, shiftKey, say);
  } else if (name === "b") selectBar(roll, say);
  else if (name === "q") actions.quantise();
  else if (key === "Enter") put(roll, say);
  else if (key === "Delete" || key === "Backspace") actions.remove();
  else if (key === "Escape" && (roll.selected.size || roll.bars || roll.cursor)) actions.selectNone();
  else return false;
  return true;
}

/** The bar of the cursor, else of the playhead. */
function barHere(roll) {
  return barAt(roll.score, roll.cursor ? roll.cursor.beat : roll.transport.beat);
}

function selectBar(roll, say) {
  const bar = barHere(roll);
  roll.select([]);
  roll.selectBars([bar, bar + 1]);
  say(`Bar ${bar + 1} selected.`);
}

/** Go a bar on or back; with Shift the selection of bars grows or shrinks at its end. */
function stepBars(roll, step, selecting, say) {
  if (!selecting) {
    const beat = barStart(roll.score, Math.max(0, barHere(roll) + step));
    if (roll.cursor) roll.cursor.beat = beat;
    else roll.transport.seek(beat);
    roll.show(beat);
    say(placeName(roll.score, beat));
  } else if (!roll.bars) selectBar(roll, say);
  else {
    const [first, end] = roll.bars;
    roll.selectBars([first, Math.max(first + 1, end + step)]);
    roll.show(barStart(roll.score, roll.bars[1] - 1));
    say(`Bars ${first + 1} to ${roll.bars[1]} selected.`);
  }
  roll.redraw();
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

function nameOf(roll, pitch, drum) {
  return pitchName(pitch, drum ? roll.score.tracks.find(isDrums) : undefined);
}
