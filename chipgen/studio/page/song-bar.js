/** The song bar: tempo, meter and key at the bar of the playhead or the selection, and the loop. */

import { KEYS, keyName } from "./musical-keys.js";
import { byId, make } from "./dom.js";
import { barAt, barCount, barStart, meterAt, tempoAt } from "./score.js";
import { keyAt, loopOf, withKey, withMeter, withTempo } from "./song-edits.js";
import { complain, say } from "./status.js";

const METERS = ["2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "2/2", "3/8", "5/8", "6/8", "7/8", "9/8", "12/8"];

export class SongBar {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./transport.js").Transport} transport
   * @param {import("./roll.js").Roll} roll
   */
  constructor(store, transport, roll) {
    this.store = store;
    this.transport = transport;
    this.roll = roll;
    this.shown = -1; // the bar
    byId("song-key").append(
      make("option", { value: "" }, "not given"),
      ...KEYS.map((key) => make("option", { value: key }, keyName(key))),
    );
    byId("song-bar").addEventListener("change", () => this.#go());
    byId("song-tempo").addEventListener("change", () => this.#setTempo());
    byId("song-meter").addEventListener("change", () => this.#setMeter());
    byId("song-key").addEventListener("change", () => this.#setKey());
    store.on("change", () => this.#show());
    roll.on("select", () => this.#show());
    this.#follow();
  }

  /** The bar that changes apply from, counted from 0. */
  get bar() {
    return this.roll.bars ? this.roll.bars[0] : barAt(this.store.score, this.transport.beat);
  }

  #follow() {
    requestAnimationFrame(() => this.#follow());
    if (this.bar !== this.shown) this.#show();
  }

  /** @param {boolean} [always] also in a field where somebody is typing */
  #show(always = false) {
    const { store: { score }, bar } = this;
    this.shown = bar;
    const beat = barStart(score, bar);
    const { numerator, denominator } = meterAt(score, beat);
    const meter = `${numerator}/${denominator}`;
    const meters = METERS.includes(meter) ? METERS : [meter, ...METERS];
    write(byId("song-bar"), String(bar + 1), always);
    write(byId("song-tempo"), String(Number(tempoAt(score, beat).toFixed(2))), always);
    if (byId("song-meter").childElementCount !== meters.length || byId("song-meter").value !== meter) {
      byId("song-meter").replaceChildren(...meters.map((each) => make("option", {}, each)));
      byId("song-meter").value = meter;
    }
    byId("song-key").value = keyAt(score, beat);
    byId("loop-where").textContent = loopName(score);
  }

  #go() {
    const bar = Number(byId("song-bar").value);
    if (!byId("song-bar").checkValidity() || !bar) return this.#refuse("a bar from 1 on");
    this.roll.selectBars(null);
    this.transport.seek(barStart(this.store.score, bar - 1));
    this.roll.show(this.transport.place);
    this.#show(true);
  }

  #setTempo() {
    const { bar } = this;
    const field = byId("song-tempo");
    if (!field.checkValidity() || !field.value) return this.#refuse(`a tempo of ${field.min} to ${field.max} beats per minute`);
    this.store.editScore("change the tempo", (score) => withTempo(score, bar, Number(field.value)));
    say(`${field.value} beats per minute from bar ${bar + 1} on.`);
  }

  #setMeter() {
    const { bar } = this;
    const [numerator, denominator] = byId("song-meter").value.split("/").map(Number);
    this.store.editScore("change the meter", (score) => withMeter(score, bar, numerator, denominator));
    say(`${numerator}/${denominator} from bar ${bar + 1} on.`);
  }

  #setKey() {
    const { bar } = this;
    const key = byId("song-key").value;
    this.store.editScore("change the key", (score) => withKey(score, bar, key));
    say(key ? `${keyName(key)} from bar ${bar + 1} on.` : `No key of its own from bar ${bar + 1} on.`);
    this.#show(); // without one the key before goes on
  }

  #refuse(wanted) {
    complain(`Give ${wanted}.`);
    this.#show(true);
  }
}

function write(field, value, always) {
  if (always || document.activeElement !== field) field.value = value;
}

/** @param {import("./score.js").Score} score */
function loopName(score) {
  const loop = loopOf(score);
  if (!loop) return "";
  const [first, last] = [barAt(score, loop[0]) + 1, Math.max(1, Math.min(barCount(score), barAt(score, loop[1] - 1e-6) + 1))];
  return first === last ? `loops bar ${first}` : `loops bars ${first}–${last}`;
}
