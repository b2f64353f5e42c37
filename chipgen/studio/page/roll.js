/** The piano roll: what is selected and shown of the score, drawn when it changes. */

import { Emitter } from "./events.js";
import { fitCanvas } from "./dom.js";
import { drawRoll } from "./draw-roll.js";
import { drawMoving } from "./draw-moving.js";
import { placeNotes } from "./note-edits.js";
import { barAt, barCount, barStart, isDrums, meterAt, pitchRange } from "./score.js";
import { loopOf } from "./song-edits.js";
import { takeOf } from "./store.js";
import { onTheme } from "./theme.js";
import { Tiles } from "./tiles.js";
import { View } from "./view.js";
import { VoiceMap } from "./voices.js";

const VELOCITY = 100;
const FOLLOW_AT = 0.85; // of the width: from there on the page turns

/** Emits "select" (notes or bars), "tool", and "key" (on, pitch, track) for notes to be heard. */
export class Roll extends Emitter {
  /**
   * @param {HTMLElement} box
   * @param {import("./store.js").Store} store
   * @param {import("./transport.js").Transport} transport
   */
  constructor(box, store, transport) {
    super();
    this.box = box;
    this.store = store;
    this.transport = transport;
    this.view = new View();
    this.notesCanvas = box.querySelector("#roll-notes");
    this.overCanvas = box.querySelector("#roll-over");
    this.tool = "select";
    this.snap = 0.25;
    this.length = 1; // of the next note drawn, in beats
    this.part = 0;
    /** @type {Set<any>} */
    this.selected = new Set();
    /** @type {[number, number]|null} bars from (and up to, excluded) that are selected */
    this.bars = null;
    /** @type {{track: number, note: any}[]} */
    this.draft = [];
    /** @type {Set<any>} */
    this.hidden = new Set();
    /** @type {number[]|null} */
    this.frame = null;
    /** @type {{beat: number, pitch: number, drum: boolean}|null} */
    this.cursor = null;
    /** @type {[number, number]|null} */
    this.made = null;
    /** @type {[number, number]|null} */
    this.loopDraft = null;
    this.locked = false; // while the model writes
    /** @type {any} the last of several changes that are one; see `alter` */
    this.stroke = null;
    this.voices = new VoiceMap();
    this.usual = this.voices.usual(store.score);
    this.tiles = new Tiles();
    this.following = true;
    this.stale = true;
    this.lastX = -1; // of the playhead, in pixels
    this.view.setScore(store.score);
    onTheme(() => {
      this.tiles.clear();
      this.redraw();
    });
    new ResizeObserver(() => this.#resize()).observe(box);
    store.on("change", (work, before) => this.#changed(work, before));
    transport.on("state", () => {
      if (!transport.playing && this.following) this.show(transport.place);
    });
    requestAnimationFrame(() => this.#draw());
  }

  get score() {
    return this.store.score;
  }

  redraw() {
    this.stale = true;
  }

  /**
   * What the arranger made of the score: colours follow.
   * @param {{placed: number[][]}} message
   */
  setPlayed({ placed }) {
    this.voices.learn(this.score, placed);
    this.usual = this.voices.usual(this.score);
    this.tiles.clear();
    this.redraw();
  }

  /** @param {"select"|"draw"|"erase"} tool */
  setTool(tool) {
    this.tool = tool;
    this.emit("tool", tool);
  }

  /** @param {Iterable<any>} notes */
  select(notes) {
    this.selected = new Set(notes);
    this.redraw();
    this.emit("select");
  }

  /** @param {[number, number]|null} bars */
  selectBars(bars) {
    this.bars = bars;
    this.redraw();
    this.emit("select");
  }

  selectAll() {
    this.select(this.score.tracks.flatMap((track) => track.notes));
  }

  /**
   * Round a beat down to the snap grid, counted from its bar; `nearest` rounds either way.
   * @param {number} beat
   * @param {boolean} [nearest]
   */
  snapped(beat, nearest = false) {
    if (!this.snap) return Math.max(0, beat);
    const bar = barStart(this.score, barAt(this.score, Math.max(0, beat)));
    const steps = (beat - bar) / this.snap;
    return Math.max(0, bar + (nearest ? Math.round(steps) : Math.floor(steps + 1e-6)) * this.snap);
  }

  /** Smallest length that editing makes. */
  get least() {
    return this.snap || 1 / 24;
  }

  /**
   * The track that a row's new notes go to.
   * @param {boolean} drum
   */
  trackFor(drum) {
    const { tracks } = this.score;
    if (tracks[this.part] && isDrums(tracks[this.part]) === drum) return this.part;
    return tracks.findIndex((track) => isDrums(track) === drum);
  }

  /**
   * The note under a point, the topmost first.
   * @param {number} beat
   * @param {number} pitch
   * @param {boolean} drum
   */
  noteAt(beat, pitch, drum) {
    const reach = 2 / this.view.beatPx;
    for (let index = this.score.tracks.length - 1; index >= 0; index -= 1) {
      const track = this.score.tracks[index];
      if (isDrums(track) !== drum) continue;
      const found = track.notes.findLast((note) => {
        const length = drum ? Math.max(Math.min(note[1], 0.25), 8 / this.view.beatPx) : note[1];
        return note[2] === pitch && note[0] - reach <= beat && beat < note[0] + length + reach;
      });
      if (found) return { track: index, note: found };
    }
    return null;
  }

  /**
   * What editing is meant for: the selected notes or, without any, those that begin in the selected bars.
   * @returns {import("./note-edits.js").Entry[]}
   */
  get meant() {
    const [from, until] = this.bars && !this.selected.size ? this.bars.map((bar) => barStart(this.score, bar)) : [0, 0];
    const chosen = (note) => this.selected.has(note) || (note[0] >= from - 1e-9 && note[0] < until - 1e-9);
    return this.score.tracks.flatMap((track, index) => (
      track.notes.filter(chosen).map((note) => ({ track: index, note }))
    ));
  }

  /**
   * Place notes and select them; what they cover gives way.
   * @param {import("./note-edits.js").Entry[]} entries
   * @param {string} [label]
   */
  add(entries, label = "draw notes") {
    this.#edit(label, this.score, new Set(), entries);
  }

  /**
   * Take out notes, by default what editing is meant for; returns how many.
   * @param {Iterable<any>} [notes]
   */
  remove(notes = this.meant.map(({ note }) => note)) {
    const gone = new Set(notes);
    return gone.size && this.#edit("remove notes", this.score, gone, []) ? gone.size : 0;
  }

  /**
   * Change the notes that editing is meant for. With `merge`, changes of one label in a row are one:
   * notes that a moved note passes over stay as they are.
   * @param {string} label
   * @param {(entries: import("./note-edits.js").Entry[]) => import("./note-edits.js").Entry[]} change
   * @param {boolean} [merge]
   */
  alter(label, change, merge = false) {
    const goesOn = merge && this.stroke?.score === this.score && this.stroke.selected === this.selected
      && this.store.merges(label);
    const stroke = goesOn ? this.stroke : { before: this.score, entries: this.meant, change: (same) => same };
    if (!stroke.entries.length) return false;
    const whole = (entries) => change(stroke.change(entries));
    const taken = new Set(stroke.entries.map(({ note }) => note));
    const done = this.#edit(label, stroke.before, taken, whole(stroke.entries), merge);
    this.stroke = { ...stroke, change: whole, score: this.score, selected: this.selected };
    return done;
  }

  #edit(label, before, taken, entries, merge = false) {
    if (this.locked) return false;
    const { score, placed } = placeNotes(before, taken, entries);
    this.store.editScore(label, () => score, { merge });
    this.select(placed);
    return true;
  }

  /** A new note with the length drawn last. */
  newNote(beat, pitch, drum) {
    return { track: this.trackFor(drum), note: [beat, drum ? this.least : this.length, pitch, VELOCITY] };
  }

  fit() {
    this.view.setScore(this.score);
    this.view.fit(pitchRange(this.score));
    this.redraw();
  }

  /** Scroll so that a beat is seen. */
  show(beat) {
    const { view } = this;
    if (beat < view.beat0 || beat > view.beat0 + view.beats) {
      view.beat0 = Math.max(0, beat - view.beats * 0.1);
      this.redraw();
    }
  }

  #changed(work, before) {
    if (this.store.take !== takeOf(before)) {
      if (this.selected.size) this.#selectKept();
      if (this.bars && this.bars[1] > barCount(this.score)) this.selectBars(null);
      this.view.setScore(this.score);
      this.usual = this.voices.usual(this.score);
      this.redraw();
    }
  }

  /** Select those of the selected notes that are still there. */
  #selectKept() {
    const there = new Set(this.score.tracks.flatMap((track) => track.notes));
    const kept = [...this.selected].filter((note) => there.has(note));
    if (kept.length !== this.selected.size) this.select(kept);
  }

  #resize() {
    const whole = this.view.fitted || !this.view.width;
    this.view.width = this.box.clientWidth;
    this.view.height = this.box.clientHeight;
    if (whole) this.fit();
    this.redraw();
  }

  #follow(beat) {
    const { view } = this;
    if (!this.transport.playing || !this.following) return;
    const at = (beat - view.beat0) / view.beats;
    if (at > FOLLOW_AT || at < 0) {
      view.beat0 = Math.max(0, beat - view.beats * 0.08);
      this.redraw();
    }
  }

  #draw() {
    requestAnimationFrame(() => this.#draw());
    if (!this.view.width) return;
    const beat = this.transport.beat;
    this.#follow(beat);
    const x = Math.round(this.view.x(beat));
    const moved = x !== this.lastX || this.stale;
    if (this.stale) {
      const { context } = fitCanvas(this.notesCanvas);
      drawRoll(context, this.tiles, this.view, this.score, {
        selected: this.selected, hidden: this.hidden, draft: this.draft, voices: this.voices,
        usual: this.usual, bars: this.bars, loop: this.loop, seam: this.seam,
      });
      this.stale = false;
    }
    if (moved) {
      const { context } = fitCanvas(this.overCanvas);
      const cursor = this.cursor && { ...this.cursor, length: this.cursorLength };
      drawMoving(context, this.view, { beat, frame: this.frame, cursor, made: this.made });
      this.lastX = x;
    }
  }

  /** Where the piece loops, as it is dragged or marked. */
  get loop() {
    return this.loopDraft ?? loopOf(this.score);
  }

  /** The beat from which on the model wrote the take; null for a seed. */
  get seam() {
    const { base } = this.store.take;
    if (!base) return null;
    const { score } = base.take;
    return base.from_bar === null ? score.end_beats : barStart(score, base.from_bar - 1);
  }

  /** How wide the keyboard's cursor is, in beats. */
  get cursorLength() {
    return this.snap || meterAt(this.score, 0).bar_beats / 16;
  }
}
