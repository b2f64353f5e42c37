/** The overview strip: the whole piece in small, and which part of it the roll shows. */

import { fitCanvas } from "./dom.js";
import { barAt, barCount, barStart, isDrums, pitchRange } from "./score.js";
import { colours, onTheme } from "./theme.js";
import { GUTTER_PX } from "./view.js";

const EDGE_PX = 3; // above and below the notes
const REST = 10; // times as long as painting all notes took, the next picture of them waits

export class Overview {
  /**
   * @param {HTMLElement} box
   * @param {import("./roll.js").Roll} roll
   */
  constructor(box, roll) {
    this.box = box;
    this.roll = roll;
    this.canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
    this.notes = document.createElement("canvas");
    /** @type {{tracks: any, usual: any}|null} what `notes` shows */
    this.pictured = null;
    this.dueAt = 0; // when all notes may be painted again, in milliseconds
    this.drawn = "";
    onTheme(() => {
      this.pictured = null;
    });
    new ResizeObserver(() => {
      this.pictured = null;
    }).observe(box);
    box.addEventListener("pointerdown", (event) => {
      box.setPointerCapture(event.pointerId);
      this.#goTo(event);
    });
    box.addEventListener("pointermove", (event) => box.hasPointerCapture(event.pointerId) && this.#goTo(event));
    box.addEventListener("keydown", (event) => this.#key(event));
    this.#follow();
  }

  /** Pixels a beat; the strip is as wide as the roll's notes. */
  get beatPx() {
    return (this.box.clientWidth - GUTTER_PX) / Math.max(this.roll.view.end, 1);
  }

  #goTo(event) {
    const { view } = this.roll;
    const beat = (event.clientX - this.box.getBoundingClientRect().left - GUTTER_PX) / this.beatPx;
    this.#show(beat - view.beats / 2);
  }

  #show(beat) {
    const { roll } = this;
    const { view } = roll;
    view.scroll((Math.min(beat, Math.max(0, view.end - view.beats / 2)) - view.beat0) * view.beatPx, 0);
    roll.following = false;
    roll.redraw();
  }

  #key(event) {
    const { view, score } = this.roll;
    const bar = barAt(score, view.beat0 + 1e-6);
    const beat = {
      ArrowLeft: barStart(score, Math.max(0, bar - 1)), ArrowRight: barStart(score, bar + 1),
      PageUp: view.beat0 - view.beats, PageDown: view.beat0 + view.beats, Home: 0, End: view.end - view.beats,
    }[event.key];
    if (beat === undefined) return;
    this.#show(Math.max(0, beat));
    event.preventDefault();
  }

  #follow() {
    requestAnimationFrame(() => this.#follow());
    const { view, score, usual, transport } = this.roll;
    if (!this.box.clientWidth) return;
    const playhead = Math.round(transport.beat * this.beatPx);
    const time = performance.now();
    const now = [view.beat0, view.beatPx, view.width, view.end, playhead].join(" ");
    const changed = score.tracks !== this.pictured?.tracks || usual !== this.pictured.usual;
    const old = changed && (!this.pictured || time >= this.dueAt);
    if (now === this.drawn && !old) return;
    this.drawn = now;
    if (old) {
      this.#picture();
      this.dueAt = performance.now() + REST * (performance.now() - time);
    }
    this.#draw(playhead);
    const bar = barAt(score, view.beat0 + 1e-6) + 1;
    const last = Math.min(barCount(score), barAt(score, view.beat0 + view.beats - 1e-6) + 1);
    this.box.setAttribute("aria-valuemax", String(Math.max(1, barCount(score))));
    this.box.setAttribute("aria-valuenow", String(bar));
    this.box.setAttribute("aria-valuetext", `bars ${bar} to ${Math.max(bar, last)} of ${barCount(score)}`);
  }

  #draw(playhead) {
    const { view } = this.roll;
    const { context: g, width, height } = fitCanvas(this.canvas);
    g.fillStyle = colours.panel;
    g.fillRect(0, 0, width, height);
    g.drawImage(this.notes, 0, 0, width, height);
    const from = GUTTER_PX + view.beat0 * this.beatPx;
    const wide = Math.min(view.beats * this.beatPx, width - from);
    g.fillStyle = colours.select;
    g.globalAlpha = 0.14;
    g.fillRect(from, 0, wide, height);
    g.globalAlpha = 1;
    g.strokeStyle = colours.select;
    g.strokeRect(from + 0.5, 0.5, Math.max(2, wide - 1), height - 1);
    g.fillStyle = colours.now;
    g.fillRect(GUTTER_PX + playhead - 0.5, 0, 1.5, height);
  }

  /** Paint all notes in small, once for each state of the piece. */
  #picture() {
    const { score, voices, usual } = this.roll;
    this.pictured = { tracks: score.tracks, usual };
    this.notes.width = this.canvas.clientWidth * devicePixelRatio;
    this.notes.height = this.canvas.clientHeight * devicePixelRatio;
    const g = /** @type {CanvasRenderingContext2D} */ (this.notes.getContext("2d"));
    g.scale(devicePixelRatio, devicePixelRatio);
    const [low, high] = pitchRange(score) ?? [0, 127];
    const height = this.canvas.clientHeight - 2 * EDGE_PX;
    const row = height / Math.max(12, high - low + 3);
    const { beatPx } = this;
    score.tracks.forEach((track, index) => {
      for (const note of track.notes) {
        g.fillStyle = colours[voices.of(note) ?? usual[index]];
        const up = isDrums(track) ? 0 : note[2] - low + 2;
        g.fillRect(GUTTER_PX + note[0] * beatPx, EDGE_PX + height - (up + 1) * row, Math.max(1, note[1] * beatPx), Math.max(1, row));
      }
    });
  }
}
