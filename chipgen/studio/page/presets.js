/** The preset browser: choose by ear, hear the demonstration, load and save as YAML. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { saveFile } from "./export.js";
import { attempt, say } from "./status.js";
import { documentOf } from "./store.js";

const MOST_OWN = 12; // they are kept with the work

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
    this.#list();
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.choose(this.#entries()[[...list.children].indexOf(item)].preset);
    });
    list.addEventListener("keydown", (event) => this.#keys(event));
    byId("preset-find").addEventListener("input", () => this.#find());
    byId("audition").addEventListener("click", () => this.silence ? this.hush() : this.audition());
    byId("preset-save").addEventListener("click", () => attempt(async () => {
      saveFile(await api.exported(documentOf(this.store.work), "preset"));
    }));
    const file = byId("preset-file");
    byId("preset-open").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files[0]) attempt(() => this.load(file.files[0]));
      file.value = "";
    });
    this.store.on("change", (work, before) => {
      if (work.own !== before.own) this.#list();
      if (work.sound !== before.sound || work.own !== before.own) this.#show();
    });
    this.transport.on("state", () => this.transport.playing && this.hush());
    this.#show();
  }

  /**
   * Play with this preset from now on; heard at once, in the piece or as a demonstration.
   * @param {string|{yaml: string}} preset
   * @param {boolean} [heard]
   */
  choose(preset, heard = true) {
    if (!same(preset, this.store.work.sound.preset)) {
      this.store.editSound(`preset ${this.#nameOf(preset)}`, { preset, values: {} });
    }
    if (heard && !this.transport.playing) this.audition();
  }

  /**
   * Load a preset file; one with the name of another that was loaded takes its place.
   * @param {File} file
   * @param {boolean} [heard] whether its demonstration sounds
   */
  async load(file, heard = true) {
    const { name, description, yaml } = await api.readPreset(file, file.name);
    const entry = { name, description, preset: { yaml } };
    this.store.amend((work) => {
      const others = (work.own ?? []).filter((each) => each.name !== name);
      return { ...work, own: [entry, ...others].slice(0, MOST_OWN) };
    });
    say(`${name} is loaded.`);
    this.choose(entry.preset, heard);
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
      say(`Hearing ${this.#nameOf(preset)}.`);
    });
  }

  /** End the demonstration, or what is on its way to be one. */
  hush() {
    this.turn += 1;
    this.silence?.();
    this.silence = null;
    byId("audition").textContent = "Preview";
  }

  #ended(turn) {
    if (turn === this.turn) this.hush();
  }

  #keys(event) {
    const items = [...byId("presets").children];
    const shown = items.filter((item) => !item.hidden);
    const at = shown.findIndex((item) => item.ariaSelected === "true");
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (event.key === "Enter") this.audition();
    else if (next === undefined || !shown[next]) return;
    else this.choose(this.#entries()[items.indexOf(shown[next])].preset);
    event.preventDefault();
  }

  #find() {
    const wanted = byId("preset-find").value.trim().toLowerCase();
    for (const item of byId("presets").children) {
      item.hidden = !`${item.textContent} ${item.title}`.toLowerCase().includes(wanted);
    }
  }

  #show() {
    const { preset } = this.store.work.sound;
    const list = byId("presets");
    const entries = this.#entries();
    for (const [index, item] of [...list.children].entries()) {
      const chosen = same(entries[index].preset, preset);
      item.setAttribute("aria-selected", String(chosen));
      if (!chosen) continue;
      list.setAttribute("aria-activedescendant", item.id);
      const low = item.offsetTop + item.offsetHeight - list.clientHeight;
      if (list.scrollTop < low || list.scrollTop > item.offsetTop) {
        list.scrollTop = item.offsetTop - list.clientHeight / 2;
      }
    }
    byId("preset-about").textContent = entries.find((each) => same(each.preset, preset))?.description ?? "";
  }

  /** The user's own, then those that are shipped. */
  #entries() {
    const shipped = this.presets.map(({ name, description }) => ({ name, description, preset: name }));
    return [...(this.store.work.own ?? []), ...shipped];
  }

  #nameOf(preset) {
    return this.#entries().find((each) => same(each.preset, preset))?.name ?? "a preset of your own";
  }

  #list() {
    byId("presets").replaceChildren(...this.#entries().map(({ name, description, preset }, index) => make("li", {
      id: typeof preset === "string" ? `preset-${name}` : `own-${index}`, role: "option", title: description,
      ...(typeof preset === "string" && { "data-name": name }),
    }, name, ...(typeof preset === "string" ? [] : [make("small", {}, "your own")]))));
    this.#find();
  }
}

/** Whether two are one preset: the same name, or the same text. */
function same(one, other) {
  return one === other || (one.yaml !== undefined && one.yaml === other.yaml);
}
