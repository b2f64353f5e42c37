/** The preset browser: choose by ear, hear the demonstration, save as YAML. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { saveFile } from "./export.js";
import { attempt, say } from "./status.js";
import { documentOf } from "./store.js";

export class Presets {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./transport.js").Transport} transport
   * @param {import("./audio.js").Audio} audio
   */
  constructor(store, transport, audio) {
    this.store = store;
    this.transport = transport;
    this.audio = audio;
    /** @type {Map<string, Promise<ArrayBuffer>>} demonstrations that were asked for */
    this.heard = new Map();
    /** @type {(() => void)|null} */
    this.silence = null;
    this.turn = 0; // a demonstration sounds only if nothing else was wished for since
  }

  /** @param {any} about */
  setUp(about) {
    this.presets = about.presets;
    const list = byId("presets");
    list.append(...this.presets.map(({ name, description }) => make("li", {
      id: `preset-${name}`, role: "option", "data-name": name, title: description,
    }, name)));
    list.addEventListener("click", (event) => {
      const name = event.target.closest("[data-name]")?.dataset.name;
      if (name) this.choose(name);
    });
    list.addEventListener("keydown", (event) => this.#keys(event));
    byId("preset-find").addEventListener("input", () => this.#find());
    byId("audition").addEventListener("click", () => this.silence ? this.hush() : this.audition());
    byId("preset-save").addEventListener("click", () => attempt(async () => {
      saveFile(await api.exported(documentOf(this.store.work), "preset"));
    }));
    this.store.on("change", (work, before) => work.sound !== before.sound && this.#show());
    this.transport.on("state", () => this.transport.playing && this.hush());
    this.#show();
  }

  /**
   * Play with this preset from now on; heard at once, in the piece or as a demonstration.
   * @param {string} name
   */
  choose(name) {
    if (name !== this.store.work.sound.preset) {
      this.store.editSound(`preset ${name}`, { preset: name, values: {} });
    }
    if (!this.transport.playing) this.audition();
  }

  /** Hear a few bars that show what the preset is for. */
  audition() {
    const { preset, values } = this.store.work.sound;
    attempt(async () => {
      this.hush();
      const { turn } = this;
      const key = JSON.stringify([preset, values]);
      if (!this.heard.has(key)) {
        if (this.heard.size > 40) this.heard.clear();
        this.heard.set(key, api.audition(preset, values));
      }
      const bytes = await this.heard.get(key).catch((error) => {
        this.heard.delete(key);
        throw error;
      });
      if (turn !== this.turn) return;
      const silence = await this.audio.playFile(bytes.slice(0), () => this.#ended(turn));
      if (turn !== this.turn) {
        silence();
        return;
      }
      this.silence = silence;
      byId("audition").textContent = "Stop";
      say(`Hearing ${preset}.`);
    });
  }

  /** End the demonstration, or what is on its way to be one. */
  hush() {
    this.turn += 1;
    this.silence?.();
    this.silence = null;
    byId("audition").textContent = "Hear it";
  }

  #ended(turn) {
    if (turn === this.turn) this.hush();
  }

  #keys(event) {
    const shown = [...byId("presets").querySelectorAll("[data-name]:not([hidden])")];
    const at = shown.findIndex((item) => item.dataset.name === this.store.work.sound.preset);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (event.key === "Enter") this.audition();
    else if (next === undefined || !shown[next]) return;
    else this.choose(shown[next].dataset.name);
    event.preventDefault();
  }

  #find() {
    const wanted = byId("preset-find").value.trim().toLowerCase();
    for (const item of byId("presets").children) {
      item.hidden = !`${item.dataset.name} ${item.title}`.toLowerCase().includes(wanted);
    }
  }

  #show() {
    const { preset } = this.store.work.sound;
    const list = byId("presets");
    for (const item of list.children) {
      const chosen = item.dataset.name === preset;
      item.setAttribute("aria-selected", String(chosen));
      if (!chosen) continue;
      list.setAttribute("aria-activedescendant", item.id);
      const low = item.offsetTop + item.offsetHeight - list.clientHeight;
      if (list.scrollTop < low || list.scrollTop > item.offsetTop) {
        list.scrollTop = item.offsetTop - list.clientHeight / 2;
      }
    }
    byId("preset-about").textContent = this.presets.find((each) => each.name === preset)?.description ?? "";
  }
}
