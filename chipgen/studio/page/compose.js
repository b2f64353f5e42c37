/** The composing panel: asks the model to continue or rewrite, and adds its music to the piece. */

import { Emitter } from "./events.js";
import { idOf, makeRow, showValue, valueOf } from "./controls.js";
import { byId, icon, make } from "./dom.js";
import { appended } from "./note-edits.js";
import { barAt, barCount, barStart, meterAt, noteCount, tempoAt } from "./score.js";
import { loopOf, loopsWhole, withLoop } from "./song-edits.js";
import { withComposed, withNewTake, withTake } from "./store.js";
import { complain, say } from "./status.js";
import { VOICES, VOICE_NAMES } from "./voices.js";

const OWN = ["fresh", "from"]; // controls of the page's own, beside those of the request
const SEEDS = 2 ** 32;

/** Emits "state" when composing begins or ends. */
export class Composer extends Emitter {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./transport.js").Transport} transport
   * @param {import("./protocol.js").Connection} connection
   * @param {import("./roll.js").Roll} roll
   */
  constructor(store, transport, connection, roll) {
    super();
    this.store = store;
    this.transport = transport;
    this.connection = connection;
    this.roll = roll;
    this.count = 0;
    /** @type {{id: string, type: string, take: number, from: number, until: number, made: number}|null} */
    this.job = null;
  }

  /** @param {any} about what the server offers */
  setUp(about) {
    this.fields = about.request.filter((field) => field.page && field.composes);
    byId("compose").prepend(...this.fields.flatMap(makeRow));
    for (const { name, summary } of about.models) byId("model").querySelector(`[value="${name}"]`).title = summary;
    byId("rng-seed").replaceWith(seedNumber(byId("rng-seed")));
    byId("rng-seed").closest(".pair").after(make("span"), fresh());
    for (const voice of VOICES) {
      const box = make("input", { type: "checkbox", value: voice, checked: true });
      byId("rewrite-voices").append(make("label", { className: `check ${voice}` }, box, VOICE_NAMES[voice]));
    }
    this.#restoreControls();
    this.#listen();
    this.#show();
  }

  /** Continue the current take: from its end, or from the bar that is chosen. */
  continue() {
    const bar = Math.max(2, Number(byId("from-bar").value));
    this.#continue(this.store.take, byId("from").value === "bar" ? bar : null);
  }

  /** Compose on once more from where the current take began, with another number. */
  again() {
    const { base } = this.store.take;
    if (!base) return;
    byId("fresh").checked = true;
    this.#keepControls();
    this.#continue(base.take, base.from_bar);
  }

  /**
   * @param {{score: import("./score.js").Score, made: object|null}} given
   * @param {number|null} bar from 1; what follows its beginning is replaced
   */
  #continue(given, bar) {
    if (this.job) return;
    const base = { ...given, score: heardOn(given.score) };
    const { score } = base;
    if (bar !== null && bar > barCount(score) + 1) {
      complain(`There is no bar ${bar}; the take has ${barCount(score)}.`);
      return;
    }
    const from = bar === null ? score.end_beats : barStart(score, bar - 1);
    const request = noteCount(score) ? this.#asked("continue") : { ...this.#asked("scratch"), ...songOf(score) };
    const until = barStart(score, barAt(score, from + 1e-6) + request.bars);
    const none = score.tracks.map((track) => ({ ...track, notes: [] }));
    const kept = bar === null ? score : appended(score, none, from, from);
    this.#begin("compose", { ...request, loop: loopsWhole(score) }, bar, from, until, base, kept);
    if (!noteCount(kept)) return; // from nothing: it plays when it is there
    const { beat, playing } = this.transport;
    const near = barStart(score, Math.max(0, barAt(score, from) - 1));
    if (!playing) this.transport.play(beat > from ? near : beat);
  }

  /** Rewrite the selected bars, for the voices that are ticked. */
  rewrite() {
    const { bars } = this.roll;
    if (this.job || !bars) return;
    const ticked = [...byId("rewrite-voices").querySelectorAll("input:checked")];
    if (!ticked.length) {
      complain("Tick at least one voice to rewrite.");
      return;
    }
    const { model, ...asked } = this.#asked("rewrite"); // not every model can
    const request = { ...asked, fill: [bars[0] + 1, bars[1]], only: ticked.map((box) => box.value) };
    const { take } = this.store;
    const [from, until] = bars.map((bar) => barStart(take.score, bar));
    this.#begin("rewrite", request, null, from, until, take, take.score);
  }

  /** Stop; what is made already stays. */
  cancel() {
    if (!this.job) return;
    this.connection.send("cancel", { id: this.job.id });
    this.#finish(`Stopped. ${this.#summary()}`);
    this.transport.sendSoon();
  }

  #begin(type, request, from_bar, from, until, base, score) {
    if (!this.connection.isOpen) {
      complain("There is no connection to the studio's server; the last line of the page says why.");
      return;
    }
    this.transport.audio.start();
    this.transport.sendScore(base.score);
    this.count += 1;
    const id = `${type}-${this.count}`;
    this.store.edit("compose", (work) => withNewTake(work, {
      rngSeed: request.rng_seed, score, made: base.made,
      ...(type === "compose" && { base: { take: { ...base, base: undefined }, from_bar } }),
    }), { origin: "server" });
    this.job = { id, type, take: this.store.work.current, from, until, made: from };
    this.roll.locked = true;
    this.roll.made = [from, from];
    this.connection.send("compose", { id, request, from_bar });
    say(type === "compose" ? "Composing…" : "Rewriting…");
    this.#show();
  }

  /** What the controls ask for, of those that apply to a task. */
  #asked(task) {
    if (byId("fresh").checked) this.newSeed();
    const asked = this.fields.filter((field) => field.tasks.includes(task)).map((field) => [field.name, valueOf(field)]);
    return Object.fromEntries(asked.filter(([, value]) => value !== null));
  }

  newSeed() {
    byId("rng-seed").value = String(crypto.getRandomValues(new Uint32Array(1))[0] % SEEDS);
    this.#keepControls();
  }

  #passage(message) {
    if (message.id !== this.job?.id) return;
    const { take } = this.job;
    this.job.made = message.end_beats;
    if (this.job.type === "compose") this.store.amend((work) => withTake(work, take, (each) => {
      const seed = message.seed ? { ...message.seed, name: each.score.name } : each.score;
      const score = appended(seed, message.tracks, message.start_beats, message.end_beats);
      return { ...each, score };
    }), "server");
    this.roll.made = [this.job.from, message.end_beats];
    this.#show();
  }

  #composed(message) {
    if (message.id !== this.job?.id) return;
    const { take, from } = this.job;
    this.store.amend((work) => withComposed(work, take, message), "server");
    this.job.made = this.job.until;
    const remarks = (message.remarks ?? []).join(" ");
    this.#finish(`${this.#summary()} It took ${message.seconds.toFixed(1)} s. ${remarks}`.trim());
    if (from === 0 && !this.transport.playing) {
      this.roll.fit();
      this.transport.play(0);
    }
  }

  #failed(message) {
    complain(message.error);
    if (message.id !== undefined && message.id === this.job?.id) {
      const empty = this.job.made <= this.job.from;
      this.#finish("");
      if (empty) this.store.undo();
      complain(message.error);
    }
  }

  #summary() {
    const { from, made, type } = this.job;
    const { score, take } = this.store;
    const bars = Math.max(1, Math.round((made - from) / meterAt(score, from).bar_beats));
    const done = type === "rewrite" ? "rewritten" : "composed";
    return made > from ? `${take.name}: ${bars} ${bars === 1 ? "bar" : "bars"} ${done}.` : `Nothing was ${done}.`;
  }

  #finish(text) {
    this.job = null;
    this.roll.locked = false;
    this.roll.made = null;
    this.roll.redraw();
    say(text);
    this.#show();
  }

  #show() {
    const { job } = this;
    const go = byId("compose-go");
    go.textContent = job ? "Stop composing" : noteCount(this.store.score) ? "Continue" : "Compose";
    go.classList.toggle("busy", Boolean(job));
    const share = job ? (job.made - job.from) / Math.max(1e-6, job.until - job.from) : 0;
    byId("another").hidden = !this.store.take.base;
    byId("another").disabled = Boolean(job);
    byId("compose-bar").style.width = `${Math.round(100 * Math.min(1, share))}%`;
    const { bars } = this.roll;
    byId("rewrite-go").disabled = !bars || Boolean(job);
    byId("rewrite-where").textContent = bars ? barsName(bars) : "select bars on the ruler";
    this.emit("state");
  }

  #listen() {
    const { connection, roll } = this;
    byId("compose").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.job) this.cancel();
      else this.continue();
    });
    byId("rewrite-go").addEventListener("click", () => this.rewrite());
    byId("new-seed").addEventListener("click", () => this.newSeed());
    byId("compose").addEventListener("input", (event) => {
      if (event.target === byId("rng-seed")) byId("fresh").checked = false;
      this.#keepControls();
    });
    byId("another").addEventListener("click", () => this.again());
    roll.on("select", () => {
      if (roll.bars) byId("from-bar").value = String(Math.max(2, roll.bars[0] + 1));
      this.#show();
    });
    connection.on("passage", (message) => this.#passage(message));
    connection.on("composed", (message) => this.#composed(message));
    connection.on("error", (message) => this.#failed(message));
    connection.on("gone", () => this.job && this.#finish(`The connection to the server was lost. ${this.#summary()}`));
    this.store.on("change", () => {
      const { job } = this;
      if (job && !this.store.work.takes.some((take) => take.id === job.take)) this.cancel();
      else if (!job) this.#show();
    });
  }

  #keepControls() {
    const kept = [...this.fields.map(idOf), ...OWN].map((id) => byId(id));
    const controls = Object.fromEntries(kept.map((control) => [control.id, stateOf(control)]));
    this.store.amend((work) => ({ ...work, controls }), "controls");
    this.#showValues();
  }

  #restoreControls() {
    for (const [id, value] of Object.entries(this.store.work.controls)) {
      const control = document.getElementById(id); // an older page may have had another
      if (control && typeof value === "boolean") control.checked = value;
      else if (control) control.value = value;
    }
    if (!byId("model").value) byId("model").selectedIndex = 0;
    this.#showValues();
  }

  #showValues() {
    this.fields.forEach(showValue);
    byId("from-bar").hidden = byId("from").value !== "bar";
  }
}

function stateOf(control) {
  return control.type === "checkbox" ? control.checked : control.value;
}

/** The seed number with a button that draws another. */
function seedNumber(field) {
  const label = "Draw a new seed number";
  const draw = make("button", { type: "button", className: "icon", id: "new-seed", "aria-label": label, title: label }, icon("draw-lot"));
  return make("span", { className: "pair" }, field.cloneNode(), draw);
}

function fresh() {
  const box = make("input", { type: "checkbox", id: "fresh", checked: true });
  return make("label", { className: "check" }, box, " new each time");
}

/** A score that does not loop before its end, where what is composed would never be heard. */
function heardOn(score) {
  const loop = loopOf(score);
  return loop && loop[1] < score.end_beats ? withLoop(score, null) : score;
}

/** What a piece from nothing has of its empty roll; the meter the server takes from there. */
function songOf(score) {
  return { tempo_bpm: tempoAt(score, 0), ...(score.key && { key: score.key }) };
}

function barsName([first, end]) {
  return end - first === 1 ? `bar ${first + 1}` : `bars ${first + 1}–${end}`;
}
