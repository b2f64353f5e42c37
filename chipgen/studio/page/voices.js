/** The chip's voices on the page: their names, and which note each of them plays. */

import { isDrums } from "./score.js";
import { TABLE } from "./voice-table.js";

/** @type {string[]} */
export const VOICES = TABLE.map((voice) => voice.name);
/** @type {Record<string, string>} */
export const VOICE_NAMES = Object.fromEntries(TABLE.map((voice) => [voice.name, voice.label]));
const BY_ROLE = Object.fromEntries(TABLE.map((voice) => [voice.role, voice.name]));
const BY_PART = Object.fromEntries(TABLE.map((voice) => [voice.part, voice.name]));

/**
 * Which voice plays a track's notes, before the arranger has said so.
 * @param {import("./score.js").Score} score
 * @param {number} index
 * @returns {string}
 */
export function usualVoice(score, index) {
  const track = score.tracks[index];
  if (track.role in BY_ROLE) return BY_ROLE[track.role];
  if (isDrums(track)) return BY_PART.drums;
  if (/bass|triangle/i.test(track.name) || (track.program >= 32 && track.program < 40)) return BY_PART.bass;
  return index === 0 ? BY_PART.melody : BY_PART.harmony;
}

/** Which voice plays each note, as far as the server has sent it. */
export class VoiceMap {
  constructor() {
    /** @type {WeakMap<object, string|null>} null for notes that are not heard */
    this.voices = new WeakMap();
    /** @type {WeakMap<object, string|undefined>} the commonest voice of a track's notes, as far as it was looked for */
    this.commonest = new WeakMap();
  }

  /**
   * Learn from the arranger; what it says of a score that has changed since is left out.
   * @param {import("./score.js").Score} score
   * @param {number[][]} placed for each track, for each note, a voice's number or -1
   */
  learn(score, placed) {
    this.commonest = new WeakMap();
    score.tracks.forEach((track, index) => {
      if (placed[index]?.length !== track.notes.length) return;
      track.notes.forEach((note, at) => this.voices.set(note, VOICES[placed[index][at]] ?? null));
    });
  }

  /** @param {object} note */
  of(note) {
    return this.voices.get(note);
  }

  /**
   * Each track's commonest voice, for notes of which nothing is known yet.
   * @param {import("./score.js").Score} score
   */
  usual(score) {
    return score.tracks.map(({ notes }, index) => {
      if (!this.commonest.has(notes)) this.commonest.set(notes, this.#commonestOf(notes));
      return this.commonest.get(notes) ?? usualVoice(score, index);
    });
  }

  #commonestOf(notes) {
    const counts = new Map();
    for (const note of notes) {
      const voice = this.voices.get(note);
      if (voice) counts.set(voice, (counts.get(voice) ?? 0) + 1);
    }
    return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0];
  }
}
