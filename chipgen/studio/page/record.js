/** Notes that are played by hand: heard at once, and written down while recording. */

import { placeNotes } from "./note-edits.js";
import { beatAt, isDrums, secondsAt } from "./score.js";
import { usualVoice } from "./voices.js";

export class Recorder {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./transport.js").Transport} transport
   * @param {import("./roll.js").Roll} roll
   * @param {import("./protocol.js").Connection} connection
   */
  constructor(store, transport, roll, connection) {
    this.store = store;
    this.transport = transport;
    this.roll = roll;
    this.connection = connection;
    this.on = false;
    /** @type {Map<number, {beat: number, velocity: number, track: number}>} */
    this.held = new Map();
    /** @type {{track: number, note: any}[]} */
    this.taken = [];
    this.began = 0; // of a recording without playback: when its first key was struck
    this.place = 0;
  }

  /**
   * A key goes down or up.
   * @param {boolean} on
   * @param {number} note
   * @param {number} velocity
   * @param {number} [track]
   */
  play(on, note, velocity, track = this.roll.part) {
    const part = this.store.score.tracks[track];
    const voice = isDrums(part) && !part.role ? "drums" : usualVoice(this.store.score, track);
    this.transport.audio.start();
    this.connection.send("key", { on, note, velocity, voice });
    if (!this.on) return;
    if (on) this.held.set(note, { beat: this.#now(), velocity, track });
    else this.#release(note);
  }

  /** Let all keys go, as when the window loses the keyboard. */
  release() {
    this.connection.send("keys_off");
  }

  start() {
    this.on = true;
    this.taken = [];
    this.began = 0;
    this.place = this.transport.place;
  }

  /** Stop, and put what was played into the score; returns how many notes it was. */
  stop() {
    for (const note of this.held.keys()) this.#release(note);
    this.on = false;
    const { taken } = this;
    this.taken = [];
    this.roll.draft = [];
    this.roll.redraw();
    if (taken.length) this.store.editScore("record notes", (score) => placeNotes(score, new Set(), taken).score);
    return taken.length;
  }

  /** The beat now: the playhead's, or counted from the first key at the piece's tempo. */
  #now() {
    if (this.transport.playing) return this.transport.beat;
    this.began ||= performance.now();
    const { score } = this.store;
    const seconds = (performance.now() - this.began) / 1000;
    return beatAt(score, secondsAt(score, this.place) + seconds);
  }

  #release(note) {
    const struck = this.held.get(note);
    if (!struck) return;
    this.held.delete(note);
    const { roll } = this;
    const onset = roll.snapped(struck.beat, true);
    const end = Math.max(onset + roll.least, roll.snapped(this.#now(), true));
    this.taken.push({ track: struck.track, note: [onset, end - onset, note, struck.velocity] });
    roll.draft = this.taken;
    roll.redraw();
  }
}
