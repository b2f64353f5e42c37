/** The sound's controls: levels, mute and solo for each voice, and a knob for each parameter. */

import * as api from "./api.js";
import { fillChoices } from "./controls.js";
import { byId, make, press, sentence } from "./dom.js";
import { makeKnob } from "./knobs.js";
import { attempt } from "./status.js";
import { VOICES, VOICE_NAMES } from "./voices.js";

/** Rebuilds itself for each preset, from the parameters that the preset declares. */
export class SoundPanel {
  /**
   * @param {import("./store.js").Store} store
   * @param {any} about what the server offers
   */
  constructor(store, about) {
    this.store = store;
    /** @type {Map<string, import("./knobs.js").Parameter>} */
    this.parameters = new Map();
    /** @type {Map<string, (value: number) => void>} */
    this.setters = new Map();
    this.shown = "";
    store.on("change", (work, before) => work.sound !== before.sound && this.update());
    byId("knobs-reset").addEventListener("click", () => store.editSound("reset the sound", { values: {} }));
    for (const [name, field] of [["region", "region"], ["filter", "console_filter"]]) {
      fillChoices(byId(name), about.request.find((each) => each.name === field));
      byId(name).addEventListener("change", () => store.editSound(name, { [name]: byId(name).value || null }));
    }
    this.update();
  }

  update() {
    const { preset, values, muted, solo, region, filter } = this.store.work.sound;
    byId("region").value = region ?? "";
    byId("filter").value = filter ?? "";
    if (preset !== this.shown) {
      this.shown = preset;
      attempt(() => this.#load(preset));
      return;
    }
    for (const [name, set] of this.setters) set(values[name] ?? this.parameters.get(name).default);
    for (const voice of VOICES) {
      press(byId(`mute-${voice}`), muted.includes(voice));
      press(byId(`solo-${voice}`), solo.includes(voice));
      const silent = muted.includes(voice) || (solo.length > 0 && !solo.includes(voice));
      byId(`strip-${voice}`).classList.toggle("silent", silent);
    }
    byId("knobs-reset").hidden = !Object.keys(values).length;
  }

  async #load(name) {
    const { parameters } = await api.preset(name);
    if (name !== this.shown) return;
    this.parameters = new Map(parameters.map((each) => [each.name, each]));
    this.setters = new Map();
    byId("mixer").replaceChildren(...VOICES.map((voice) => this.#strip(voice)));
    const rest = parameters.filter((each) => !each.name.endsWith("_level"));
    byId("knobs").replaceChildren(...this.#knobs(rest.filter((each) => each.kept)));
    byId("knobs-listening").replaceChildren(...this.#knobs(rest.filter((each) => !each.kept)));
    this.update();
  }

  #knobs(parameters) {
    return parameters.map((parameter) => {
      const turned = (value) => this.#turn(parameter.name, value);
      const { element, set } = makeKnob(parameter, parameter.default, turned);
      this.setters.set(parameter.name, set);
      return element;
    });
  }

  #turn(name, value) {
    const values = { ...this.store.work.sound.values, [name]: value };
    if (value === this.parameters.get(name).default) delete values[name];
    this.store.editSound(`turn ${name}`, { values });
  }

  #strip(voice) {
    const name = VOICE_NAMES[voice];
    const parameter = this.parameters.get(`${voice}_level`);
    const level = make("input", {
      type: "range", min: parameter.minimum, max: parameter.maximum, step: parameter.whole ? 1 : 0.01,
      id: `level-${voice}`, "aria-label": `Level of ${name}`, title: sentence(parameter.description),
      oninput: () => this.#turn(parameter.name, Number(level.value)),
    });
    const readout = make("output", { for: level.id });
    this.setters.set(parameter.name, (value) => {
      level.value = String(value);
      readout.value = value.toFixed(2);
    });
    const toggle = (kind, letter) => make("button", {
      type: "button", className: "toggle", id: `${kind}-${voice}`, "aria-pressed": "false",
      "aria-label": `${kind === "mute" ? "Mute" : "Solo"} ${name}`, title: kind === "mute" ? `Leave ${name} out.` : `Hear ${name} alone, or with others that are solo.`,
      onclick: () => this.#toggle(kind === "mute" ? "muted" : "solo", voice),
    }, letter);
    return make("div", { className: `strip ${voice}`, id: `strip-${voice}` },
      make("span", { className: "voice-name" }, name), level, readout, toggle("mute", "M"), toggle("solo", "S"));
  }

  /**
   * @param {"muted"|"solo"} list
   * @param {string} voice
   */
  #toggle(list, voice) {
    const now = this.store.work.sound[list];
    const next = now.includes(voice) ? now.filter((each) => each !== voice) : [...now, voice];
    this.store.editSound(`${list} ${voice}`, { [list]: next });
  }
}
