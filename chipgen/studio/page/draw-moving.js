/** Draws what moves over the roll: playhead, the frame of a selection, the keyboard's cursor. */

import { colours } from "./theme.js";
import { GUTTER_PX, RULER_PX } from "./view.js";

/**
 * @param {CanvasRenderingContext2D} g
 * @param {import("./view.js").View} view
 * @param {{beat: number, frame: number[]|null, cursor: {beat: number, pitch: number, drum: boolean, length: number}|null,
 *   made: [number, number]|null}} moving `frame` is a rectangle, `made` the beats being composed
 */
export function drawMoving(g, view, { beat, frame, cursor, made }) {
  g.clearRect(0, 0, view.width, view.height);
  g.save();
  g.beginPath();
  g.rect(GUTTER_PX - 6, 0, view.width, view.height);
  g.clip();
  if (made) {
    const from = view.x(made[0]);
    g.fillStyle = colours.ink;
    g.globalAlpha = 0.05;
    g.fillRect(from, RULER_PX, view.x(made[1]) - from, view.height);
    g.globalAlpha = 1;
  }
  const x = Math.round(view.x(beat));
  g.fillStyle = colours.now;
  g.fillRect(x - 0.75, RULER_PX - 8, 1.5, view.height);
  g.beginPath();
  g.moveTo(x - 5, RULER_PX - 10);
  g.lineTo(x + 5, RULER_PX - 10);
  g.lineTo(x, RULER_PX - 3);
  g.fill();
  if (cursor) {
    const height = cursor.drum ? view.laneRow : view.pitchPx;
    g.strokeStyle = colours.select;
    g.lineWidth = 1.5;
    const y = view.y(cursor.pitch, cursor.drum);
    g.strokeRect(view.x(cursor.beat), y, Math.max(4, cursor.length * view.beatPx), height);
  }
  if (frame) {
    g.fillStyle = colours.select;
    g.globalAlpha = 0.12;
    g.fillRect(...frame);
    g.globalAlpha = 1;
    g.strokeStyle = colours.select;
    g.lineWidth = 1;
    g.strokeRect(...frame);
  }
  g.restore();
}
