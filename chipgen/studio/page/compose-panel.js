/** The composing panel: its controls, kept with the work, and what they ask for. */

import { idOf, makeRow, showValue, valueOf } from "./controls.js";
import { byId, icon, make } from "./dom.js";
import { VOICES, VOICE_NAMES } from "./voices.js";

const OWN = ["fresh", "from", "take-count"]; // controls of the page's own, beside those of the request
const SEEDS = 2 ** 32;

export class ComposePanel {
  /**
   * @param {import("./store.js").Store} store
   * @param {any} about what the server offers
   */
  constructor(store, about) {
    this.store = store;
    this.fields = about.request.filter((field) => field.page && field.composes);
    const first = this.fields.filter((field) => field.name === "bars");
    byId("compose").prepend(...first.flatMap(makeRow));
    byId("compose-more").append(...this.fields.filter((field) => !first.includes(field)).flatMap(makeRow));
    for (const { name, summary } of about.models) byId("model").querySelector(`[value="${name}"]`).title = summary;
    byId("rng-seed").replaceWith(randomNumber(byId("rng-seed")));
    byId("rng-seed").closest(".pair").after(make("span"), fresh());
    for (const voice of VOICES) {
      const box = make("input", { type: "checkbox", value: voice, checked: true, title: `Let the model write ${VOICE_NAMES[voice]} anew.` });
      byId("rewrite-voices").append(make("label", { className: `check ${voice}` }, box, VOICE_NAMES[voice]));
    }
    this.#restore();
    this.store.on("restore", () => this.#restore());
    byId("new-seed").addEventListener("click", () => this.newSeed());
    byId("compose").addEventListener("input", (event) => {
      if (event.target === byId("rng-seed")) byId("fresh").checked = false;
      this.#keep();
    });
  }

  /** How many takes a press makes. */
  get takes() {
    return Number(byId("take-count").value);
  }

  /** The bar to continue from, counted from 1; null for the end. */
  get bar() {
    return byId("from").value === "bar" ? Math.max(2, Number(byId("from-bar").value)) : null;
  }

  /** @param {number} bar from 1 */
  set bar(bar) {
    byId("from-bar").value = String(Math.max(2, bar));
  }

  /** The voices that are ticked to be rewritten. */
  get voices() {
    return [...byId("rewrite-voices").querySelectorAll("input:checked")].map((box) => box.value);
  }

  /**
   * What the controls ask for, of those that apply to a task; a new random number, if wished.
   * @param {string} task
   */
  asked(task) {
    if (byId("fresh").checked) this.newSeed();
    const asked = this.fields.filter((field) => field.tasks.includes(task)).map((field) => [field.name, valueOf(field)]);
    return Object.fromEntries(asked.filter(([, value]) => value !== null));
  }

  /** Draw a new number for every take from now on. */
  renew() {
    byId("fresh").checked = true;
  }

  newSeed() {
    byId("rng-seed").value = String(crypto.getRandomValues(new Uint32Array(1))[0] % SEEDS);
    this.#keep();
  }

  #keep() {
    const kept = [...this.fields.map(idOf), ...OWN].map((id) => byId(id));
    const controls = Object.fromEntries(kept.map((control) => [control.id, stateOf(control)]));
    this.store.amend((work) => ({ ...work, controls }), "controls");
    this.#showValues();
  }

  #restore() {
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

/**
 * The random number of a take after another one's.
 * @param {number} number
 * @param {number} later
 */
export function numberAfter(number, later) {
  return (number + later) % SEEDS;
}

function stateOf(control) {
  return control.type === "checkbox" ? control.checked : control.value;
}

/** The random number with a button that draws another. */
function randomNumber(field) {
  const draw = make("button", {
    type: "button", className: "icon", id: "new-seed", "aria-label": "Draw a new random number",
    title: "Draw another number: another take.",
  }, icon("draw-lot"));
  return make("span", { className: "pair" }, field.cloneNode(), draw);
}

function fresh() {
  const box = make("input", { type: "checkbox", id: "fresh", checked: true, title: "Draw a new random number for every press." });
  return make("label", { className: "check" }, box, " new each time");
}
