/** The chip's four voices on the page: names, colours, and which note each of them plays. */

import { isDrums } from "./score.js";

export const VOICES = /** @type {const} */ (["pulse1", "pulse2", "triangle", "noise"]);
export const VOICE_NAMES = { pulse1: "Pulse 1", pulse2: "Pulse 2", triangle: "Triangle", noise: "Noise" };
const ROLES = { p1: "pulse1", p2: "pulse2", tr: "triangle", no: "noise" };
const SAME_BEATS = 0.13; // a voice's note begins this near to the score's

/**
 * Which voice plays a track's notes, before the arranger has said so.
 * @param {import("./score.js").Score} score
 * @param {number} index
 * @returns {typeof VOICES[number]}
 */
export function usualVoice(score, index) {
  const track = score.tracks[index];
  if (track.role in ROLES) return ROLES[track.role];
  if (isDrums(track)) return "noise";
  if (/bass|triangle/i.test(track.name) || (track.program >= 32 && track.program < 40)) return "triangle";
  return index === 0 ? "pulse1" : "pulse2";
}

/**
 * Find the voice that plays each note: a map from the score's notes to voices.
 * @param {import("./score.js").Score} score
 * @param {number[][]} played voice (as in VOICES), start, end, pitch, volume
 * @returns {{voices: Map<object, string>, usual: string[]}} `usual` is each track's commonest voice
 */
export function matchVoices(score, played) {
  const byTime = [...played].filter((entry) => VOICES[entry[0]] !== "noise").sort((a, b) => a[1] - b[1]);
  /** @type {Map<object, string>} */
  const voices = new Map();
  const usual = score.tracks.map((track, index) => {
    if (isDrums(track)) return "noise";
    const counts = new Map();
    let from = 0;
    for (const note of track.notes) {
      while (from < byTime.length && byTime[from][1] < note[0] - SAME_BEATS) from += 1;
      const voice = nearest(byTime, from, note);
      if (!voice) continue;
      voices.set(note, voice);
      counts.set(voice, (counts.get(voice) ?? 0) + 1);
    }
    const common = [...counts].sort((one, other) => other[1] - one[1])[0];
    return common ? common[0] : usualVoice(score, index);
  });
  return { voices, usual };
}

function nearest(byTime, from, note) {
  let best = null;
  let cost = Infinity;
  for (let index = from; index < byTime.length; index += 1) {
    const [voice, start, , pitch] = byTime[index];
    if (start > note[0] + SAME_BEATS) break;
    const octaves = Math.abs(pitch - note[2]) / 12;
    if (octaves !== Math.floor(octaves)) continue;
    const price = Math.abs(start - note[0]) + octaves;
    if (price < cost) [best, cost] = [VOICES[voice], price];
  }
  return best;
}
