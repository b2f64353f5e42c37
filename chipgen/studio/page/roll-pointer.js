/** Mouse, pen and touch on the roll: draw, select, move, resize, scroll, zoom, seek. */

import { STILL_PX, moveNotes, resizeNotes } from "./roll-reshape.js";
import { barAt, isDrums } from "./score.js";
import { withLoop } from "./song-edits.js";
import { GUTTER_PX, LOOP_PX, RULER_PX } from "./view.js";

const EDGE_PX = 7; // from the right end: there a note is resized
const WHEEL_ZOOM = 0.0022;
const HOLD_MS = 400; // a finger that rests so long selects instead of scrolling
const SWEEP_PX = 3; // between the places that a sweep looks at

/**
 * Let pointers work on a roll.
 * @param {import("./roll.js").Roll} roll
 */
export function listenToPointers(roll) {
  const { box, view } = roll;
  /** @type {{move: (p: Point, event: PointerEvent) => void, up: (p: Point) => void}|null} */
  let gesture = null;
  /** @type {Map<number, Point>} */
  const touches = new Map();

  box.addEventListener("pointerdown", (event) => {
    if (event.button === 1 || event.target.closest("button")) return;
    box.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    roll.cursor = null;
    const point = place(roll, event);
    if (event.pointerType === "touch") touches.set(event.pointerId, point);
    if (touches.size === 2) gesture = pinch(roll, touches);
    else gesture = begin(roll, point, event);
    event.preventDefault();
  });
  box.addEventListener("pointermove", (event) => {
    const point = place(roll, event);
    if (touches.has(event.pointerId)) touches.set(event.pointerId, point);
    if (gesture) gesture.move(point, event);
    else box.style.cursor = cursorFor(roll, point);
  });
  const end = (event) => {
    touches.delete(event.pointerId);
    gesture?.up(place(roll, event));
    gesture = null;
  };
  box.addEventListener("pointerup", end);
  box.addEventListener("pointercancel", end);
  box.addEventListener("contextmenu", (event) => event.preventDefault());
  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    const point = place(roll, event);
    if (event.ctrlKey || event.metaKey) view.zoom(Math.exp(-event.deltaY * WHEEL_ZOOM), point.x);
    else if (event.altKey) view.zoomPitch(Math.exp(-event.deltaY * WHEEL_ZOOM), point.y);
    else if (event.shiftKey) scrollBy(roll, event.deltaY || event.deltaX, 0);
    else scrollBy(roll, event.deltaX, event.deltaY);
    roll.redraw();
  }, { passive: false });
}

/** @typedef {{x: number, y: number, beat: number, pitch: number, drum: boolean}} Point */

function place(roll, event) {
  const box = roll.box.getBoundingClientRect();
  const x = event.clientX - box.left;
  const y = event.clientY - box.top;
  return { x, y, beat: roll.view.beat(x), ...roll.view.row(y) };
}

function scrollBy(roll, across, down) {
  roll.view.scroll(across, down);
  roll.following = false;
  roll.redraw();
}

function onEdge(roll, hit, point) {
  const end = roll.view.x(hit.note[0] + hit.note[1]);
  const wide = hit.note[1] * roll.view.beatPx > 2 * EDGE_PX;
  return !point.drum && wide && point.x > end - EDGE_PX;
}

function cursorFor(roll, point) {
  if (point.y < RULER_PX && loopEnd(roll, point, "mouse") >= 0) return "ew-resize";
  if (point.y < RULER_PX || point.x < GUTTER_PX) return "pointer";
  const hit = roll.noteAt(point.beat, point.pitch, point.drum);
  if (roll.tool === "erase") return "cell";
  if (!hit) return roll.tool === "draw" ? "crosshair" : "default";
  return onEdge(roll, hit, point) ? "ew-resize" : "grab";
}

function begin(roll, point, event) {
  if (point.y < RULER_PX) return ruler(roll, point, event);
  if (point.x < GUTTER_PX) return piano(roll, point);
  if (roll.locked) return pan(roll, point);
  const hit = roll.noteAt(point.beat, point.pitch, point.drum);
  if (event.button === 2 || roll.tool === "erase") return sweep(roll, point);
  if (hit) {
    if (event.shiftKey || event.ctrlKey) return toggle(roll, hit.note);
    if (!roll.selected.has(hit.note)) roll.select([hit.note]);
    return onEdge(roll, hit, point) ? resizeNotes(roll, point, hit) : moveNotes(roll, point, hit);
  }
  if (roll.tool === "draw" && !event.shiftKey) return draw(roll, point);
  if (event.pointerType === "touch") return panOrSelect(roll, point);
  return marquee(roll, point, event.shiftKey);
}

/** Which end of the loop's band in the ruler a pointer is at: 0, 1 or -1 for neither. */
function loopEnd(roll, point, pointerType) {
  const reach = pointerType === "touch" ? 3 * EDGE_PX : EDGE_PX;
  if (!roll.loop || point.y > LOOP_PX + reach) return -1;
  const far = roll.loop.map((beat) => Math.abs(roll.view.x(beat) - point.x));
  return Math.min(...far) > reach ? -1 : far.indexOf(Math.min(...far));
}

/** Let the loop begin or end elsewhere. */
function dragLoop(roll, which) {
  return {
    move(point) {
      const loop = [...roll.loop];
      loop[which] = Math.min(roll.score.end_beats, roll.snapped(Math.max(0, point.beat), true));
      if (loop[1] - loop[0] >= roll.least) roll.loopDraft = loop;
      roll.redraw();
    },
    up() {
      const loop = roll.loopDraft;
      roll.loopDraft = null;
      if (loop) roll.store.editScore("loop", (score) => withLoop(score, loop));
    },
  };
}

/** Seek with a click, select bars with a drag, move the loop's ends. */
function ruler(roll, start, event) {
  const { score } = roll;
  const end = loopEnd(roll, start, event.pointerType);
  if (end >= 0) return dragLoop(roll, end);
  const first = barAt(score, Math.max(0, start.beat));
  let moved = false;
  if (event.shiftKey && roll.bars) {
    roll.selectBars([Math.min(roll.bars[0], first), Math.max(roll.bars[1], first + 1)]);
    moved = true;
  }
  return {
    move(point) {
      moved ||= Math.abs(point.x - start.x) > STILL_PX;
      const last = barAt(score, Math.max(0, point.beat));
      if (moved) roll.selectBars([Math.min(first, last), Math.max(first, last) + 1]);
    },
    up() {
      if (moved) return;
      roll.selectBars(null);
      roll.following = true;
      roll.transport.seek(roll.snapped(Math.max(0, start.beat), true));
    },
  };
}

/** Hear the keys at the left edge. */
function piano(roll, start) {
  let { pitch, drum } = start;
  roll.emit("key", true, pitch, roll.trackFor(drum));
  return {
    move(point) {
      if (point.pitch === pitch || point.drum !== drum) return;
      roll.emit("key", false, pitch, roll.trackFor(drum));
      ({ pitch } = point);
      roll.emit("key", true, pitch, roll.trackFor(drum));
    },
    up: () => roll.emit("key", false, pitch, roll.trackFor(drum)),
  };
}

function pan(roll, start) {
  let last = start;
  return {
    move(point) {
      scrollBy(roll, last.x - point.x, last.y - point.y);
      last = point;
    },
    up(point) {
      if (Math.hypot(point.x - start.x, point.y - start.y) < STILL_PX) roll.select([]);
    },
  };
}

/** Two fingers: scroll and zoom together. */
function pinch(roll, touches) {
  roll.draft = [];
  const spread = () => {
    const [one, other] = [...touches.values()];
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, far: Math.abs(one.x - other.x) + 20 };
  };
  let last = spread();
  return {
    move() {
      if (touches.size < 2) return;
      const now = spread();
      scrollBy(roll, last.x - now.x, last.y - now.y);
      roll.view.zoom(now.far / last.far, now.x);
      last = now;
    },
    up() {},
  };
}

/** Remove every note that the pointer passes over, when it lets go. */
function sweep(roll, start) {
  let last = start;
  const gone = new Set();
  const look = (point) => {
    const hit = roll.noteAt(point.beat, point.pitch, point.drum);
    if (hit) gone.add(hit.note);
  };
  const move = (point) => {
    const steps = Math.ceil(Math.hypot(point.x - last.x, point.y - last.y) / SWEEP_PX);
    for (let step = 1; step < steps; step += 1) {
      const [x, y] = [last.x + ((point.x - last.x) * step) / steps, last.y + ((point.y - last.y) * step) / steps];
      look({ beat: roll.view.beat(x), ...roll.view.row(y) });
    }
    look(point);
    last = point;
    if (gone.size !== roll.hidden.size) roll.hidden = new Set(gone);
    roll.redraw();
  };
  move(start);
  return {
    move,
    up() {
      roll.hidden = new Set();
      roll.remove(gone);
      roll.redraw();
    },
  };
}

/** One finger on an empty place scrolls; after it has rested there it selects in a rectangle. */
function panOrSelect(roll, start) {
  let gesture = pan(roll, start);
  let still = true;
  const timer = setTimeout(() => {
    if (!still) return;
    gesture = marquee(roll, start, false);
    gesture.move(start);
    navigator.vibrate?.(10);
  }, HOLD_MS);
  return {
    move(point) {
      still &&= Math.hypot(point.x - start.x, point.y - start.y) < STILL_PX;
      gesture.move(point);
    },
    up(point) {
      clearTimeout(timer);
      gesture.up(point);
    },
  };
}

function toggle(roll, note) {
  const selected = new Set(roll.selected);
  if (!selected.delete(note)) selected.add(note);
  roll.select(selected);
  return null;
}

/** Select all notes in a rectangle. */
function marquee(roll, start, adding) {
  const before = adding ? [...roll.selected] : [];
  roll.select(before);
  return {
    move(point) {
      roll.frame = [
        Math.min(start.x, point.x), Math.min(start.y, point.y),
        Math.abs(start.x - point.x), Math.abs(start.y - point.y),
      ];
      roll.select([...before, ...inside(roll, roll.frame)]);
    },
    up() {
      roll.frame = null;
      roll.redraw();
    },
  };
}

function inside(roll, [x, y, width, height]) {
  const { view } = roll;
  const from = view.beat(x);
  const until = view.beat(x + width);
  return roll.score.tracks.flatMap((track) => {
    const drum = isDrums(track);
    const row = drum ? view.laneRow : view.pitchPx;
    return track.notes.filter((note) => {
      const top = view.y(note[2], drum);
      return note[0] < until && note[0] + note[1] > from && top < y + height && top + row > y;
    });
  });
}

/** A new note: its pitch follows the pointer, its end too. */
function draw(roll, start) {
  const entry = roll.newNote(roll.snapped(start.beat), start.pitch, start.drum);
  if (entry.track < 0) return null;
  const { note } = entry;
  let moved = false;
  roll.draft = [entry];
  roll.select([]);
  roll.emit("key", true, note[2], entry.track);
  return {
    move(point) {
      moved ||= Math.abs(point.x - start.x) > STILL_PX;
      if (moved && !start.drum) {
        note[1] = Math.max(roll.least, roll.snapped(point.beat, true) - note[0]);
        roll.length = note[1];
      }
      roll.redraw();
    },
    up() {
      roll.emit("key", false, note[2], entry.track);
      if (roll.draft.length) roll.add([entry]);
      roll.draft = [];
      roll.redraw();
    },
  };
}
