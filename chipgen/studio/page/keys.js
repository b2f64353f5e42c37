/** The computer keyboard as a piano: two rows of keys, wherever the layout puts its letters. */

import { typing } from "./dom.js";

const LOWER = [
  "KeyZ", "KeyS", "KeyX", "KeyD", "KeyC", "KeyV", "KeyG", "KeyB", "KeyH", "KeyN", "KeyJ", "KeyM",
  "Comma", "KeyL", "Period", "Semicolon", "Slash",
];
const UPPER = [
  "KeyQ", "Digit2", "KeyW", "Digit3", "KeyE", "KeyR", "Digit5", "KeyT", "Digit6", "KeyY", "Digit7",
  "KeyU", "KeyI", "Digit9", "KeyO", "Digit0", "KeyP",
];
const MIDDLE_C = 60;
const OCTAVES = [-3, 3];
const TOLD = "Computer keys play notes: Z to / and Q to P, Page Up and Down change the octave.";

/**
 * Which semitone above its octave's C a key plays; null for others.
 * @param {string} code
 */
export function semitoneOf(code) {
  if (LOWER.includes(code)) return LOWER.indexOf(code) - 12;
  return UPPER.includes(code) ? UPPER.indexOf(code) : null;
}

export class Keys {
  /**
   * @param {(on: boolean, note: number, velocity: number) => void} play
   * @param {(text: string) => void} say
   */
  constructor(play, say) {
    this.play = play;
    this.say = say;
    this.on = false;
    this.octave = 0;
    /** @type {Map<string, number>} */
    this.held = new Map();
    addEventListener("keydown", (event) => this.#down(event), true);
    addEventListener("keyup", (event) => this.#up(event), true);
    addEventListener("blur", () => this.release());
  }

  /** @param {boolean} on */
  turn(on) {
    this.on = on;
    this.release();
    this.say(on ? TOLD : "Computer keys are shortcuts again.");
  }

  release() {
    for (const note of this.held.values()) this.play(false, note, 0);
    this.held.clear();
  }

  #down(event) {
    if (!this.on || typing() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "PageUp" || event.key === "PageDown") this.#shift(event.key === "PageUp" ? 1 : -1);
    else {
      const semitone = semitoneOf(event.code);
      if (semitone === null) return;
      if (!event.repeat && !this.held.has(event.code)) {
        const note = MIDDLE_C + 12 * this.octave + semitone;
        this.held.set(event.code, note);
        this.play(true, note, 100);
      }
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #up(event) {
    const note = this.held.get(event.code);
    if (note === undefined) return;
    this.held.delete(event.code);
    this.play(false, note, 0);
  }

  #shift(octaves) {
    this.release();
    this.octave = Math.max(OCTAVES[0], Math.min(OCTAVES[1], this.octave + octaves));
    this.say(`Octave ${this.octave > 0 ? "+" : ""}${this.octave}.`.replace("-", "−"));
  }
}
