/** Asks the model to continue or rewrite, several takes a press, and adds its music to them. */

import { numberAfter } from "./compose-panel.js";
import { byId } from "./dom.js";
import { Emitter } from "./events.js";
import { appended } from "./note-edits.js";
import { changed, digestOf } from "./score-changes.js";
import { barAt, barCount, barStart, meterAt, noteCount, tempoAt } from "./score.js";
import { loopOf, loopsWhole, withLoop } from "./song-edits.js";
import { withComposed, withNewTakes, withTake, withoutTakes } from "./store.js";
import { complain, counted, say } from "./status.js";

/**
 * A take that is being composed; the first of a press is heard meanwhile.
 * @typedef {{id: string, type: "compose"|"rewrite", take: number, seed: import("./score.js").Score, from: number,
 *   until: number, made: number, heard: boolean}} Job beats; `seed` is what the server was given
 */

/** Emits "state" when composing begins, goes on or ends. */
export class Composer extends Emitter {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./transport.js").Transport} transport
   * @param {import("./protocol.js").Connection} connection
   * @param {import("./roll.js").Roll} roll
   * @param {import("./compose-panel.js").ComposePanel} panel
   */
  constructor(store, transport, connection, roll, panel) {
    super();
    this.store = store;
    this.transport = transport;
    this.connection = connection;
    this.roll = roll;
    this.panel = panel;
    this.count = 0;
    /** @type {Job[]} in the order in which they are done */
    this.jobs = [];
    this.#listen();
    this.#show();
  }

  /** Whether anything is being composed. */
  get busy() {
    return this.jobs.length > 0;
  }

  /** The job whose music is heard as it comes. */
  get heard() {
    return this.jobs.find((job) => job.heard);
  }

  /**
   * The job that writes a take.
   * @param {number} take
   */
  jobOf(take) {
    return this.jobs.find((job) => job.take === take);
  }

  /** Continue the current take: from its end, or from the bar that is chosen. */
  continue() {
    this.#continue(this.store.take, this.panel.bar);
  }

  /** Compose on once more from where the current take began, with other numbers. */
  again() {
    const { base } = this.store.take;
    if (!base) return;
    this.panel.renew();
    this.#continue(base.take, base.from_bar);
  }

  /**
   * @param {{score: import("./score.js").Score, made: object|null}} given
   * @param {number|null} bar from 1; what follows its beginning is replaced
   */
  #continue(given, bar) {
    if (this.busy) return;
    const base = { ...given, score: heardOn(given.score) };
    const { score } = base;
    if (bar !== null && bar > barCount(score) + 1) {
      complain(`There is no bar ${bar}; the take has ${barCount(score)}.`);
      return;
    }
    const from = bar === null ? score.end_beats : barStart(score, bar - 1);
    const request = noteCount(score) ? this.panel.asked("continue") : { ...this.panel.asked("scratch"), ...songOf(score) };
    const until = barStart(score, barAt(score, from + 1e-6) + request.bars);
    const none = score.tracks.map((track) => ({ ...track, notes: [] }));
    const kept = bar === null ? score : appended(score, none, from, from);
    this.#begin("compose", { ...request, loop: loopsWhole(score) }, bar, from, until, base, kept);
    if (!noteCount(kept)) return; // from nothing: it plays when its first bars are there
    const { beat, playing } = this.transport;
    const near = barStart(score, Math.max(0, barAt(score, from) - 1));
    if (!playing) this.transport.play(beat > from ? near : beat);
  }

  /** Rewrite the selected bars, for the voices that are ticked. */
  rewrite() {
    const { bars } = this.roll;
    if (this.busy || !bars) return;
    const { voices } = this.panel;
    if (!voices.length) {
      complain("Tick at least one voice to rewrite.");
      return;
    }
    const { model, ...asked } = this.panel.asked("rewrite"); // not every model can
    const request = { ...asked, fill: [bars[0] + 1, bars[1]], only: voices };
    const { take } = this.store;
    const [from, until] = bars.map((bar) => barStart(take.score, bar));
    this.#begin("rewrite", request, null, from, until, take, take.score);
  }

  /** Stop; what is made already stays, and takes that have nothing go. */
  cancel() {
    if (!this.busy) return;
    for (const { id } of this.jobs) this.connection.send("cancel", { id });
    this.#stop("Stopped.");
    this.transport.sendSoon();
  }

  #begin(type, request, from_bar, from, until, base, score) {
    if (!this.connection.isOpen) {
      complain("There is no connection to the studio's server; the last line of the page says why.");
      return;
    }
    this.transport.audio.start();
    this.transport.sendScore(base.score);
    const numbers = [...Array(this.panel.takes).keys()].map((later) => numberAfter(request.rng_seed, later));
    const origin = type === "compose" && { base: { take: { ...base, base: undefined }, from_bar } };
    const takes = numbers.map((rngSeed) => ({ rngSeed, score, made: base.made, pending: true, ...origin }));
    this.store.edit("compose", (work) => withNewTakes(work, takes), { origin: "server" });
    const ids = this.store.work.takes.slice(-takes.length).map(({ id }) => id);
    this.jobs = ids.map((take, index) => {
      this.count += 1;
      return { id: `${type}-${this.count}`, type, take, seed: base.score, from, until, made: from, heard: index === 0 };
    });
    const [first, ...others] = this.jobs;
    this.connection.send("compose", {
      id: first.id, request, from_bar,
      others: others.map(({ id }, index) => ({ id, rng_seed: numbers[index + 1] })),
    });
    say(type === "compose" ? "Composing…" : "Rewriting…");
    this.#show();
  }

  #passage(message) {
    const job = this.jobs.find(({ id }) => id === message.id);
    if (!job) return;
    job.made = message.end_beats;
    if (job.type === "compose") this.store.amend((work) => withTake(work, job.take, ({ pending, ...each }) => {
      const seed = message.seed ? { ...changed(job.seed, message.seed), name: each.score.name } : each.score;
      return { ...each, score: appended(seed, message.tracks, message.start_beats, message.end_beats) };
    }), "server");
    if (message.seed && job.heard && job.from === 0) this.#playFromStart();
    this.#show();
  }

  /** What is composed from nothing plays as soon as it begins. */
  #playFromStart() {
    if (this.transport.playing) return;
    this.roll.fit();
    this.transport.play(0);
  }

  #composed(message) {
    const job = this.jobs.find(({ id }) => id === message.id);
    if (!job) return;
    const score = changed(job.seed, message.changes);
    if (digestOf(score) !== message.digest) {
      job.made = job.from; // what came of it goes
      this.#failed({ id: job.id, error: "The server has another piece than the page. It is sent again: compose once more." });
      this.transport.sendAll();
      return;
    }
    const { seed_changes, ...made } = message.made;
    const composed = { ...message, score, made: { ...made, seed_score: changed(job.seed, seed_changes) } };
    this.store.amendThroughout((work) => withComposed(work, job.take, composed), "server");
    job.made = job.until;
    const remarks = (message.remarks ?? []).join(" ");
    this.#finish(job, `${this.#summary(job)} It took ${message.seconds.toFixed(1)} s. ${remarks}`.trim());
    if (job.heard && job.from === 0) this.#playFromStart();
  }

  #failed(message) {
    complain(message.error);
    const job = message.id !== undefined && this.jobs.find(({ id }) => id === message.id);
    if (!job) return;
    this.#finish(job, "");
    this.#dropEmpty([job]);
    complain(message.error);
  }

  #summary({ from, made, type, take }) {
    const { name, score } = this.store.work.takes.find((each) => each.id === take) ?? this.store.take;
    const bars = Math.max(1, Math.round((made - from) / meterAt(score, from).bar_beats));
    const done = type === "rewrite" ? "rewritten" : "composed";
    return made > from ? `${name}: ${counted(bars, "bar")} ${done}.` : `Nothing was ${done}.`;
  }

  /** End all jobs at once. */
  #stop(text) {
    const [first] = this.jobs;
    const stopped = this.jobs;
    this.jobs = [];
    this.#dropEmpty(stopped);
    say(`${text} ${this.#summary(first)}`);
    this.#show();
  }

  #finish(job, text) {
    this.jobs = this.jobs.filter((each) => each !== job);
    say(text);
    this.#show();
  }

  /** Remove the takes of jobs that made nothing; if no other take of the press is left, undo it. */
  #dropEmpty(jobs) {
    const empty = jobs.filter((job) => job.made <= job.from).map((job) => job.take);
    if (!empty.length) return;
    if (empty.includes(this.store.work.current) && this.store.past.at(-1)?.label === "compose") this.store.undo();
    else this.store.amendThroughout((work) => withoutTakes(work, ({ id }) => empty.includes(id)));
  }

  #show() {
    const { heard, busy, store: { score, take } } = this;
    const job = this.jobOf(take.id);
    this.roll.locked = Boolean(job);
    this.roll.made = job ? [job.from, job.made] : null;
    this.roll.redraw();
    const go = byId("compose-go");
    go.textContent = busy ? "Stop composing" : noteCount(score) ? "Continue" : "Compose";
    go.classList.toggle("busy", busy);
    const share = heard ?? this.jobs[0];
    const part = share ? (share.made - share.from) / Math.max(1e-6, share.until - share.from) : 0;
    byId("compose-bar").style.width = `${Math.round(100 * Math.min(1, part))}%`;
    byId("another").hidden = !take.base;
    byId("another").disabled = busy;
    const { bars } = this.roll;
    byId("rewrite-go").disabled = !bars || busy;
    byId("rewrite-where").textContent = bars ? barsName(bars) : "select bars on the ruler";
    this.emit("state");
  }

  #listen() {
    const { connection, roll, panel } = this;
    byId("compose").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.busy) this.cancel();
      else this.continue();
    });
    byId("rewrite-go").addEventListener("click", () => this.rewrite());
    byId("another").addEventListener("click", () => this.again());
    roll.on("select", () => {
      if (roll.bars) panel.bar = roll.bars[0] + 1;
      this.#show();
    });
    connection.on("passage", (message) => this.#passage(message));
    connection.on("composed", (message) => this.#composed(message));
    connection.on("error", (message) => this.#failed(message));
    connection.on("gone", () => this.busy && this.#stop("The connection to the server was lost."));
    this.store.on("change", () => {
      const lost = this.jobs.some((job) => !this.store.work.takes.some((take) => take.id === job.take));
      if (lost) this.cancel();
      else this.#show();
    });
  }
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
