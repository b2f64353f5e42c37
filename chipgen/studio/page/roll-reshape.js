/** Notes under the pointer take other places and lengths; the score changes when it lets go. */

import { lengthened } from "./note-edits.js";
import { isDrums } from "./score.js";

export const STILL_PX = 4; // less than this is no drag

/** Move the selected notes, by steps of the grid and of the rows; the one that is held is heard. */
export function moveNotes(roll, start, hit) {
  let sounding = hit.note[2];
  const silence = () => roll.emit("key", false, sounding, hit.track);
  const first = [...roll.selected].reduce((least, note) => Math.min(least, note[0]), Infinity);
  roll.emit("key", true, sounding, hit.track);
  return reshape(roll, "move notes", (point) => {
    if (Math.hypot(point.x - start.x, point.y - start.y) < STILL_PX) return null;
    const beats = Math.max(-first, roll.snapped(hit.note[0] + point.beat - start.beat, true) - hit.note[0]);
    const rows = point.drum === start.drum ? rowsUp(roll, start, point) : 0;
    const pitch = hit.note[2] + rows;
    if (pitch !== sounding && !start.drum) {
      silence();
      sounding = pitch;
      roll.emit("key", true, sounding, hit.track);
    }
    return (entries) => entries.map(({ track, note }) => ({ track, note: movedNote(roll, note, track, beats, rows) }));
  }, silence);
}

/** Give the selected notes later or earlier ends. */
export function resizeNotes(roll, start, hit) {
  return reshape(roll, "change lengths", (point) => {
    const end = hit.note[0] + hit.note[1];
    const more = roll.snapped(end + point.beat - start.beat, true) - end;
    return (entries) => lengthened(entries, more, roll.least);
  });
}

/** Change all selected notes while the pointer moves; the score changes when it is let go. */
function reshape(roll, label, change, heard) {
  const entries = roll.meant;
  const hidden = new Set(entries.map(({ note }) => note));
  let shift = null;
  return {
    move(point) {
      const next = change(point);
      if (!next) return;
      shift = next;
      roll.hidden = hidden;
      roll.draft = shift(entries);
      roll.redraw();
    },
    up() {
      roll.hidden = new Set();
      roll.draft = [];
      if (shift) roll.alter(label, () => shift(entries));
      roll.redraw();
      heard?.();
    },
  };
}

/** How many rows of the roll, or of the lane of drums, one point lies above another. */
function rowsUp(roll, start, point) {
  const { drums } = roll.view;
  if (!start.drum) return point.pitch - start.pitch;
  return drums.indexOf(start.pitch) - drums.indexOf(point.pitch);
}

function movedNote(roll, [onset, duration, pitch, velocity], track, beats, rows) {
  const from = onset + beats;
  if (!isDrums(roll.score.tracks[track])) {
    return [from, duration, Math.max(0, Math.min(127, pitch + rows)), velocity];
  }
  const { drums } = roll.view;
  const row = Math.max(0, Math.min(drums.length - 1, drums.indexOf(pitch) - rows));
  return [from, duration, drums[row], velocity];
}
