/**
 * Changes of what a song has besides notes: tempo, meter, key, loop and parts; always into new scores.
 *
 * @typedef {import("./score.js").Score} Score
 */

import { barCount, barStart, isDrums } from "./score.js";

const LOOP_START = "loopStart";
const LOOP_END = "loopEnd";
/** What markers that mark a loop in files say, in small letters. */
const LOOP_MARKS = new Map([
  ...["loopstart", "loop start", "loop_start", "loop"].map((text) => [text, LOOP_START]),
  ...["loopend", "loop end", "loop_end"].map((text) => [text, LOOP_END]),
]);
const RPG_MAKER_LOOP = 111; // the controller that marks a loop's start in other editors' files
const KEY_CHANGE = /^key ([A-G][b#]?m?)$/; // a marker, which MIDI files have as a key signature
const DRUM_CHANNEL = 9;
const CHANNELS = 16;

/**
 * Let a tempo hold from a bar on, until the next change.
 * @param {Score} score
 * @param {number} bar from 0
 * @param {number} bpm
 * @returns {Score}
 */
export function withTempo(score, bar, bpm) {
  const beat = barStart(score, bar);
  return { ...score, tempos: changedMap(score.tempos, [beat, bpm]) };
}

/**
 * Let a meter hold from a bar on, until the next change. Notes stay at their beats; bar lines move.
 * @param {Score} score
 * @param {number} bar from 0
 * @param {number} numerator
 * @param {number} denominator
 * @returns {Score}
 */
export function withMeter(score, bar, numerator, denominator) {
  const beat = barStart(score, bar);
  const barred = { ...score, meters: changedMap(score.meters, [beat, numerator, denominator]) };
  return { ...barred, end_beats: barStart(barred, barCount(barred)) };
}

/**
 * The key at a beat, as MIDI names it; empty if none is given.
 * @param {Score} score
 * @param {number} beat
 */
export function keyAt(score, beat) {
  const changes = keyChangesOf(score).filter(([from]) => from <= beat + 1e-9);
  return changes.at(-1)?.[1] ?? score.key ?? "";
}

/**
 * Where the key changes behind the beginning: beats and keys.
 * @param {Score} score
 * @returns {[number, string][]}
 */
export function keyChangesOf(score) {
  return score.markers.flatMap(([beat, text]) => {
    const key = KEY_CHANGE.exec(text)?.[1];
    return key ? [/** @type {[number, string]} */ ([beat, key])] : [];
  });
}

/**
 * Let a key hold from a bar on, until the next change.
 * @param {Score} score
 * @param {number} bar from 0
 * @param {string} key empty lets the key before go on
 * @returns {Score}
 */
export function withKey(score, bar, key) {
  if (!bar) return { ...score, key };
  const beat = barStart(score, bar);
  const isOld = ([at, text]) => KEY_CHANGE.test(text) && Math.abs(at - beat) < 1e-9;
  const others = score.markers.filter((marker) => !isOld(marker));
  const without = { ...score, markers: others };
  if (!key || keyAt(without, beat) === key) return without;
  return { ...score, markers: byBeat([...others, [beat, `key ${key}`]]) };
}

/** @returns {[number, string][]} */
function byBeat(markers) {
  return markers.sort((one, other) => one[0] - other[0]);
}

/** A map of (beat, value...) with a value from a beat on; what changes nothing is left out. */
function changedMap(map, change) {
  const others = map.filter(([beat]) => Math.abs(beat - change[0]) > 1e-9);
  const sorted = [...others, change].sort((one, other) => one[0] - other[0]);
  return sorted.filter((row, index) => !index || row.slice(1).some((value, at) => value !== sorted[index - 1][at + 1]));
}

/** Which end of a loop a marker marks, if any. */
const loopMark = ([, text]) => LOOP_MARKS.get(text.trim().toLowerCase());

/**
 * The beats between which the piece loops; null if it ends.
 * @param {Score} score
 * @returns {[number, number]|null}
 */
export function loopOf(score) {
  const marked = (text) => score.markers.find((marker) => loopMark(marker) === text)?.[0];
  const controls = score.tracks.flatMap((track) => track.controls.filter(([, number]) => number === RPG_MAKER_LOOP));
  const start = marked(LOOP_START) ?? (controls.length ? Math.min(...controls.map(([beat]) => beat)) : undefined);
  return start === undefined ? null : [start, marked(LOOP_END) ?? score.end_beats];
}

/**
 * Mark where the piece loops, as all formats that know loops have it. A loop up to the end of the
 * piece follows it when the piece grows.
 * @param {Score} score
 * @param {[number, number]|null} loop beats; null lets the piece end
 * @returns {Score}
 */
export function withLoop(score, loop) {
  const others = score.markers.filter((marker) => !loopMark(marker));
  const marks = loop ? [[loop[0], LOOP_START], [loop[1], LOOP_END]] : [];
  if (loop && loop[1] >= score.end_beats) marks.pop();
  const markers = byBeat([...others, ...marks]);
  const marked = (track) => track.controls.some(([, number]) => number === RPG_MAKER_LOOP);
  const tracks = !score.tracks.some(marked) ? score.tracks : score.tracks.map((track) => (
    marked(track) ? { ...track, controls: track.controls.filter(([, number]) => number !== RPG_MAKER_LOOP) } : track
  ));
  return { ...score, markers, tracks };
}

/**
 * A score whose loop lies inside it: one that begins behind the end goes.
 * @param {Score} score
 */
export function withFittingLoop(score) {
  const loop = loopOf(score);
  if (!loop || loop[1] <= score.end_beats && loop[0] < loop[1]) return score;
  return withLoop(score, loop[0] < score.end_beats ? [loop[0], score.end_beats] : null);
}

/**
 * Whether a piece loops as a whole.
 * @param {Score} score
 */
export function loopsWhole(score) {
  const loop = loopOf(score);
  return loop !== null && loop[0] === 0 && loop[1] >= score.end_beats;
}

/**
 * Whether parts can be added to a piece, removed, and given other instruments: in a file of the
 * chip's own music they are its four voices.
 * @param {Score} score
 */
export function hasFreeParts(score) {
  return score.dialect === "gm";
}

/**
 * Add an empty part after the others.
 * @param {Score} score
 * @param {string} name
 * @param {number} program General MIDI, from 0
 * @param {boolean} drums
 * @returns {Score}
 */
export function withPart(score, name, program, drums) {
  const used = score.tracks.map((track) => track.channel);
  const free = [...Array(CHANNELS).keys()].filter((channel) => channel !== DRUM_CHANNEL && !used.includes(channel));
  const channel = drums ? DRUM_CHANNEL : free[0] ?? 0;
  const track = { name, role: "", channel, program: drums ? 0 : program, notes: [], controls: [], bends: [] };
  return { ...score, tracks: [...score.tracks, track] };
}

/**
 * @param {Score} score
 * @param {number} index
 * @returns {Score}
 */
export function withoutPart(score, index) {
  return { ...score, tracks: score.tracks.filter((_, at) => at !== index) };
}

/**
 * Name a part.
 * @param {Score} score
 * @param {number} index
 * @param {string} name
 * @returns {Score}
 */
export function withPartName(score, index, name) {
  return withPartFields(score, index, { name });
}

/**
 * Give a part an instrument from its beginning to its end.
 * @param {Score} score
 * @param {number} index
 * @param {number} program General MIDI, from 0
 * @returns {Score}
 */
export function withInstrument(score, index, program) {
  if (isDrums(score.tracks[index])) return score;
  return withPartFields(score, index, { program, program_changes: [] });
}

function withPartFields(score, index, fields) {
  return { ...score, tracks: score.tracks.map((track, at) => (at === index ? { ...track, ...fields } : track)) };
}
