/** Draws the roll: grid, notes by voice, ruler and keys. */

import { keySign } from "./musical-keys.js";
import { notesBetween } from "./note-index.js";
import { barAt, barStart, isDrums, meterAt, pitchName } from "./score.js";
import { keyChangesOf } from "./song-edits.js";
import { colours } from "./theme.js";
import { TILE_PX } from "./tiles.js";
import { GUTTER_PX, LOOP_PX, RULER_PX } from "./view.js";

const FONT = "11px ui-sans-serif, system-ui, sans-serif";
const SMALL = "9px ui-sans-serif, system-ui, sans-serif";
const BLACK = [1, 3, 6, 8, 10];
const TOP = 128; // the pitch at the upper edge of all
const LEAST_ROUND_PX = 4; // notes that are narrower have square corners
const DENSE_PX = 6; // a beat: where they are narrower, notes may be too
const LEAST_LINE_PX = 12; // finer grid lines are left out
const LEAST_NAME_PX = 8; // rows of the lane that are thinner share a name
const UNHEARD = 0.22; // how strong notes are drawn that no voice plays
const LEAST_BAR_LABEL_PX = 34;
const MOST_TEMPO_MARKS = 64; // more are a performance's, not a score's

/**
 * What the roll shows besides the score.
 * @typedef {{selected: Set<object>, hidden: Set<object>, draft: {track: number, note: number[]}[],
 *   voices: import("./voices.js").VoiceMap, usual: string[], bars: [number, number]|null,
 *   loop: [number, number]|null, seam: number|null}} Shown `seam` is the beat from which on the model wrote
 */

/**
 * Draw the roll: pictures of its parts, which are kept while only the place changes, and over them
 * what changes often.
 * @param {CanvasRenderingContext2D} g
 * @param {import("./tiles.js").Tiles} tiles
 * @param {import("./view.js").View} view
 * @param {import("./score.js").Score} score
 * @param {Shown} shown
 */
export function drawRoll(g, tiles, view, score, shown) {
  const { selected, hidden, usual } = shown;
  tiles.keepFor([
    score.tracks, score.meters, score.end_beats, view.beatPx, view.pitchPx, view.laneRow, view.drums, selected, hidden, usual,
  ]);
  const left = view.beat0 * view.beatPx;
  const width = view.width - GUTTER_PX;
  tiles.draw(g, "pitches", [left, (TOP - view.top) * view.pitchPx], [GUTTER_PX, RULER_PX, width, view.floor - RULER_PX],
    (tile, x, y) => drawPitches(tile, partOf(view, x, y), score, shown));
  if (view.drums.length) {
    tiles.draw(g, "drums", [left, 0], [GUTTER_PX, view.floor, width, view.laneHeight],
      (tile, x) => drawLane(tile, view.at({ width: GUTTER_PX + TILE_PX, beat0: x / view.beatPx }), score, shown));
  }
  g.save();
  g.beginPath();
  g.rect(GUTTER_PX, RULER_PX, width, view.height - RULER_PX);
  g.clip();
  drawBars(g, view, score, shown.bars);
  if (shown.seam !== null) drawSeam(g, view, shown.seam);
  for (const { track, note } of shown.draft) {
    drawNote(g, view, note, isDrums(score.tracks[track]), shown.usual[track], 1, true);
  }
  g.restore();
  drawKeys(g, view, score);
  drawRuler(g, view, score, shown);
}

/** The view of a tile of the pitches that begins so many pixels right of beat 0 and below the top. */
function partOf(view, x, y) {
  return view.at({
    drums: [], width: GUTTER_PX + TILE_PX, height: RULER_PX + TILE_PX, beat0: x / view.beatPx, top: TOP - y / view.pitchPx,
  });
}

function drawPitches(g, view, score, shown) {
  g.translate(-GUTTER_PX, -RULER_PX);
  g.fillStyle = colours.well;
  g.fillRect(0, 0, view.width, view.height);
  drawRows(g, view);
  drawGrid(g, view, score);
  score.tracks.forEach((track, index) => !isDrums(track) && drawTrack(g, view, track, index, shown));
}

function drawLane(g, view, score, shown) {
  g.translate(-GUTTER_PX, -view.floor);
  g.fillStyle = colours.well;
  g.fillRect(0, 0, view.width, view.height);
  drawGrid(g, view, score);
  score.tracks.forEach((track, index) => isDrums(track) && drawTrack(g, view, track, index, shown));
  drawLaneEdge(g, view);
}

function drawRows(g, view) {
  const low = view.row(view.floor - 1).pitch;
  const high = view.row(RULER_PX).pitch;
  for (let pitch = low; pitch <= high; pitch += 1) {
    if (BLACK.includes(pitch % 12)) {
      g.fillStyle = colours.accidental;
      g.fillRect(GUTTER_PX, view.y(pitch), view.width, view.pitchPx);
    }
    if (pitch % 12 === 0) {
      g.fillStyle = colours.line;
      g.fillRect(GUTTER_PX, Math.round(view.y(pitch) + view.pitchPx) - 1, view.width, 1);
    }
  }
}

function drawGrid(g, view, score) {
  const until = view.beat0 + view.beats;
  for (let bar = barAt(score, view.beat0); ; bar += 1) {
    const start = barStart(score, bar);
    if (start > until) break;
    const meter = meterAt(score, start);
    const beat = 4 / meter.denominator;
    const step = [beat / 4, beat / 2, beat].find((each) => each * view.beatPx >= LEAST_LINE_PX);
    const end = Math.min(barStart(score, bar + 1), until + 1);
    for (let at = start; at < end - 1e-9; at += step ?? meter.bar_beats) {
      const onBar = at === start;
      const onBeat = Math.abs((at - start) / beat - Math.round((at - start) / beat)) < 1e-6;
      if (onBar && meter.bar_beats * view.beatPx < LEAST_LINE_PX / 2 && bar % 4) continue;
      g.fillStyle = onBar ? colours["ink-3"] : onBeat ? colours["line-2"] : colours.line;
      g.globalAlpha = onBar ? 0.55 : 1;
      g.fillRect(Math.round(view.x(at)), RULER_PX, 1, view.height);
      g.globalAlpha = 1;
    }
  }
  const end = view.x(score.end_beats);
  g.fillStyle = colours.paper;
  g.globalAlpha = 0.6;
  if (end < view.width) g.fillRect(end, RULER_PX, view.width - end, view.height);
  g.globalAlpha = 1;
}

/** Where the seed ends and the composed bars begin. */
function drawSeam(g, view, seam) {
  const x = Math.round(view.x(seam)) + 0.5;
  g.strokeStyle = colours.ink;
  g.lineWidth = 1;
  g.setLineDash([4, 4]);
  g.beginPath();
  g.moveTo(x, RULER_PX);
  g.lineTo(x, view.height);
  g.stroke();
  g.setLineDash([]);
}

function drawBars(g, view, score, bars) {
  if (!bars) return;
  const from = view.x(barStart(score, bars[0]));
  const until = view.x(barStart(score, bars[1]));
  g.fillStyle = colours.select;
  g.globalAlpha = 0.1;
  g.fillRect(from, RULER_PX, until - from, view.height);
  g.globalAlpha = 1;
}

function drawTrack(g, view, track, index, shown) {
  const drums = isDrums(track);
  for (const note of notesBetween(track.notes, view.beat0, view.beat0 + view.beats)) {
    if (shown.hidden.has(note)) continue;
    const played = shown.voices.of(note);
    const voice = played ?? shown.usual[index];
    const strength = played === null ? UNHEARD : 0.55 + (0.45 * note[3]) / 127;
    drawNote(g, view, note, drums, voice, strength, shown.selected.has(note));
  }
}

function drawNote(g, view, [onset, duration, pitch], drum, voice, strength, selected) {
  const height = drum ? view.laneRow - 2 : Math.max(3, view.pitchPx - 1);
  const y = view.y(pitch, drum) + (drum ? 1 : 0.5);
  if (!drum && (y > view.floor || y + height < RULER_PX)) return;
  const x = view.x(onset);
  const length = drum ? Math.min(duration, 0.25) : duration;
  const width = Math.max(view.beatPx < DENSE_PX ? 1 : 2.5, length * view.beatPx - 1);
  g.globalAlpha = strength;
  g.fillStyle = colours[voice];
  if (width < LEAST_ROUND_PX && !selected) g.fillRect(x, y, width, height);
  else {
    g.beginPath();
    g.roundRect(x, y, width, height, Math.min(2.5, width / 2));
    g.fill();
  }
  g.globalAlpha = 1;
  if (selected) {
    g.strokeStyle = colours.ink;
    g.lineWidth = 1.5;
    g.stroke();
  }
}

function drawLaneEdge(g, view) {
  if (!view.drums.length) return;
  g.fillStyle = colours.paper;
  g.fillRect(GUTTER_PX, view.floor, view.width, 7);
  g.fillStyle = colours["line-2"];
  g.fillRect(GUTTER_PX, view.floor, view.width, 1);
  g.fillRect(GUTTER_PX, view.floor + 7, view.width, 1);
}

function drawKeys(g, view, score) {
  g.fillStyle = colours.panel;
  g.fillRect(0, RULER_PX, GUTTER_PX, view.height);
  g.save();
  g.beginPath();
  g.rect(0, RULER_PX, GUTTER_PX, view.floor - RULER_PX);
  g.clip();
  const low = view.row(view.floor - 1).pitch;
  const high = view.row(RULER_PX).pitch;
  g.font = view.pitchPx < 9 ? SMALL : FONT;
  for (let pitch = low; pitch <= high; pitch += 1) {
    const y = view.y(pitch);
    if (BLACK.includes(pitch % 12)) {
      g.fillStyle = colours["ink-2"];
      g.fillRect(GUTTER_PX - 18, y + 0.5, 18, view.pitchPx - 1);
    } else {
      g.fillStyle = colours.line;
      g.fillRect(GUTTER_PX - 18, Math.round(y + view.pitchPx) - 1, 18, 1);
    }
    if (pitch % 12 === 0) {
      g.fillStyle = colours["ink-2"];
      g.fillText(pitchName(pitch), 6, y + view.pitchPx / 2 + 3.5);
    }
  }
  g.restore();
  g.font = SMALL;
  const noise = score.tracks.find((track) => isDrums(track));
  const every = Math.ceil(LEAST_NAME_PX / view.laneRow);
  for (const drum of view.drums.filter((_, row) => row % every === 0)) {
    g.fillStyle = colours["ink-2"];
    g.fillText(pitchName(drum, noise).slice(0, 9), 4, view.y(drum, true) + view.laneRow - 2.5, GUTTER_PX - 7);
  }
  g.fillStyle = colours["line-2"];
  g.fillRect(GUTTER_PX - 1, RULER_PX, 1, view.height);
}

function drawRuler(g, view, score, { bars, loop }) {
  g.fillStyle = colours.panel;
  g.fillRect(0, 0, view.width, RULER_PX);
  g.fillStyle = colours["line-2"];
  g.fillRect(0, RULER_PX - 1, view.width, 1);
  if (bars) {
    const from = Math.max(GUTTER_PX, view.x(barStart(score, bars[0])));
    const until = view.x(barStart(score, bars[1]));
    g.fillStyle = colours.select;
    if (until > from) g.fillRect(from, RULER_PX - 4, until - from, 3);
  }
  if (loop) drawLoop(g, view, loop);
  const marks = marksOf(score);
  const until = view.beat0 + view.beats;
  let free = -Infinity;
  g.font = FONT;
  for (let bar = barAt(score, view.beat0); ; bar += 1) {
    const start = barStart(score, bar);
    if (start > until) break;
    const x = view.x(start);
    if (x < GUTTER_PX - 1) continue;
    g.fillStyle = colours["line-2"];
    if (x - free >= 0) {
      g.fillRect(Math.round(x), 8, 1, RULER_PX - 9);
      g.fillStyle = start < score.end_beats ? colours["ink-2"] : colours["ink-3"];
      const label = [bar + 1, marks.get(bar)].filter(Boolean).join("  ");
      g.fillText(label, x + 4, 17);
      free = x + Math.max(LEAST_BAR_LABEL_PX, marks.has(bar) ? g.measureText(label).width + 10 : 0);
    } else g.fillRect(Math.round(x), RULER_PX - 6, 1, 5);
  }
}

/** The loop's band along the upper edge of the ruler, with handles at its ends. */
function drawLoop(g, view, loop) {
  const [from, until] = loop.map((beat) => view.x(beat));
  g.save();
  g.beginPath();
  g.rect(GUTTER_PX - 1, 0, view.width, RULER_PX);
  g.clip();
  g.fillStyle = colours.good;
  g.globalAlpha = 0.3;
  g.fillRect(from, 0, until - from, LOOP_PX);
  g.globalAlpha = 1;
  g.fillRect(from, 0, 3, LOOP_PX + 3);
  g.fillRect(until - 3, 0, 3, LOOP_PX + 3);
  g.restore();
}

/** @type {WeakMap<any, {tempos: any, markers: any, marks: Map<number, string>}>} by the map of meters */
const knownMarks = new WeakMap();

/** Changes of tempo, meter and key behind the first bar, by the bar that they fall in. */
function marksOf(score) {
  const { tempos, markers } = score;
  const known = knownMarks.get(score.meters);
  if (known?.tempos === tempos && known.markers === markers) return known.marks;
  const marks = new Map();
  const note = (beat, text) => {
    const bar = barAt(score, beat);
    if (beat > 0) marks.set(bar, marks.has(bar) ? `${marks.get(bar)} ${text}` : text);
  };
  for (const [beat, numerator, denominator] of score.meters) note(beat, `${numerator}/${denominator}`);
  if (tempos.length <= MOST_TEMPO_MARKS) for (const [beat, bpm] of tempos) note(beat, `♩=${Math.round(bpm)}`);
  for (const [beat, key] of keyChangesOf(score)) note(beat, keySign(key));
  knownMarks.set(score.meters, { tempos, markers, marks });
  return marks;
}
