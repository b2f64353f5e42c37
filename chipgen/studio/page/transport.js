/** Play, stop and seek; the position; sending changes to the server. */

import { Emitter } from "./events.js";
import { Clock } from "./clock.js";
import { changesBetween, digestOf, inParts } from "./score-changes.js";
import { loopOf } from "./song-edits.js";
import { documentOf, takeOf } from "./store.js";

const ROOM_MS = 20;
const PATIENT_S = 0.5; // queued before music goes on that had waited for the model: the machine is busy
const EDIT_MS = 40; // between two edits that are sent; several in a row are one

/** Emits "state" (playing or not, place). */
export class Transport extends Emitter {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./protocol.js").Connection} connection
   * @param {import("./audio.js").Audio} audio
   */
  constructor(store, connection, audio) {
    super();
    this.store = store;
    this.connection = connection;
    this.audio = audio;
    this.clock = new Clock(audio.rateHz);
    this.playing = false;
    this.place = 0; // beat where play begins
    this.begun = 0; // where it began last, or was sought since: there the playhead returns at the end
    this.resume = false; // whether to resume when the connection is back
    this.lastRoom = 0;
    this.generation = -1;
    this.editTimer = 0;
    this.editedAt = 0; // when an edit was sent last, in milliseconds
    /** @type {import("./score.js").Score|null} */
    this.sent = null; // the score that the server has
    this.revision = 0; // its number: each edit of it counts up
    /** @type {{frame: number, beat: number}|null} */
    this.ending = null;
    this.asked = false; // to play, while the server has not begun
    this.waits = false; // for more to be composed, in silence
    this.stops = 0; // that were asked for and are not answered yet
    this.gapsBefore = 0;
    this.#listen();
  }

  /** The beat that is heard now, or where play would begin. */
  get beat() {
    if (!this.playing) return this.place;
    return this.clock.beat(this.store.score, this.audio.heardFrame) ?? this.place;
  }

  /** How often the sound ran dry since play began. */
  get gaps() {
    return this.audio.state.underruns - this.gapsBefore;
  }

  /** @param {number} [beat] */
  play(beat = this.place) {
    this.audio.start();
    this.sendNow();
    [this.place, this.begun] = [beat, beat];
    this.clock.clear();
    this.ending = null;
    this.waits = false;
    this.gapsBefore = this.audio.state.underruns;
    this.playing = this.connection.send("play", { from_beat: beat });
    this.asked = this.playing;
    this.emit("state");
  }

  stop() {
    this.place = this.beat;
    this.#halt();
    if (this.connection.send("stop")) this.stops += 1;
    else this.audio.flush();
  }

  toggle() {
    if (this.playing) this.stop();
    else {
      const [start, end] = loopOf(this.store.score) ?? [0, this.store.score.end_beats];
      this.play(this.place >= end - 1e-6 ? start : this.place);
    }
  }

  /** @param {number} beat */
  seek(beat) {
    this.place = Math.max(0, beat);
    if (this.playing) {
      this.begun = this.place;
      this.clock.clear();
      this.connection.send("seek", { beat: this.place });
    }
    this.emit("state");
  }

  /** Send the score's changes when this turn's edits are all made. */
  sendSoon() {
    const wait = this.editedAt + EDIT_MS - performance.now();
    this.editTimer ||= setTimeout(() => this.sendScore(), Math.max(0, wait));
  }

  /** Send the score's changes at once if an edit still waits. */
  sendNow() {
    if (this.editTimer) this.sendScore();
  }

  /**
   * Let the server play a score, also in place of what it composed: it is told what has changed
   * since the last one that it was sent.
   * @param {import("./score.js").Score} [score]
   */
  sendScore(score = this.store.score) {
    clearTimeout(this.editTimer);
    this.editTimer = 0;
    this.editedAt = performance.now();
    if (!this.sent) {
      this.#sendDocument(score);
      return;
    }
    const parts = inParts(changesBetween(this.sent, score));
    const digest = digestOf(score);
    const revision = this.revision + 1;
    for (const [index, part] of parts.entries()) {
      const more = index < parts.length - 1;
      if (!this.connection.send("edit", { revision, changes: part, more, digest })) return;
    }
    [this.sent, this.revision] = [score, revision];
  }

  /** Send all, as the server's copy turned out to differ. */
  sendAll() {
    this.#sendDocument();
  }

  #halt() {
    this.playing = false;
    this.asked = false;
    this.resume = false;
    this.ending = null;
    this.audio.endAt(0); // what still comes is the sound's end
    this.emit("state");
  }

  /** Send all, as the server has nothing yet, or something else. */
  #sendDocument(score = this.store.score) {
    this.revision += 1;
    const document = { ...documentOf(this.store.work), score };
    this.sent = this.connection.send("document", { document, revision: this.revision }) ? score : null;
  }

  #listen() {
    const { connection, audio, store } = this;
    connection.on("open", () => {
      audio.reset();
      this.stops = 0;
      this.#sendDocument();
      if (this.resume) this.play(this.place);
    });
    connection.on("resend", () => this.#sendDocument());
    connection.on("gone", () => {
      this.sent = null;
      if (!this.playing) return;
      this.place = this.beat;
      this.playing = false;
      this.resume = true;
      audio.flush();
      this.emit("state");
    });
    connection.on("block", (block) => audio.play(block));
    connection.on("playing", (message) => {
      this.clock.set(message.frame, message.beat);
      this.ending = null;
      this.asked = false;
      if (this.playing) audio.expect(this.waits ? PATIENT_S : undefined);
      this.waits = false;
    });
    connection.on("stopped", ({ frame, beat }) => {
      const ours = this.stops > 0;
      if (ours) this.stops -= 1;
      if (this.asked || (ours && this.playing)) return; // of the time before
      audio.endAt(frame);
      if (this.playing) this.ending = { frame, beat };
    });
    connection.on("error", () => this.asked && this.#halt());
    connection.on("waiting", ({ frame }) => {
      this.waits = true;
      audio.endAt(frame);
    });
    audio.on("report", (state) => {
      const now = performance.now();
      const expected = this.playing || state.playing || state.queued > 0;
      if (expected && (now - this.lastRoom >= ROOM_MS || state.generation !== this.generation)) {
        this.generation = state.generation;
        this.lastRoom = now;
        connection.send("room", { frames: state.queued, upto: state.upto });
      }
      if (this.ending && state.position >= this.ending.frame) {
        const end = store.score.end_beats - 1e-6;
        const start = this.begun < end ? this.begun : 0;
        this.place = this.ending.beat >= end ? start : this.ending.beat;
        this.#halt();
      }
    });
    store.on("change", (work, before, origin) => {
      if (origin !== "page") return;
      if (takeOf(work).score !== takeOf(before).score) this.sendSoon();
      if (work.sound !== before.sound) connection.send("sound", work.sound);
    });
  }
}
