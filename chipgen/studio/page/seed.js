/** Ways to begin: open a file, drop one, take an example, or an empty roll. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { emptyScore, noteCount } from "./score.js";
import { attempt, complain, say } from "./status.js";

const MENU_PX = 330; // room for the list of examples
const EDGE_PX = 8; // between it and the window's edges

export class Seed {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./transport.js").Transport} transport
   * @param {import("./roll.js").Roll} roll
   * @param {import("./compose.js").Composer} composer
   * @param {import("./presets.js").Presets} presets what is dropped may be one
   * @param {import("./works.js").Works} works or one of these
   */
  constructor(store, transport, roll, composer, presets, works) {
    this.store = store;
    this.transport = transport;
    this.roll = roll;
    this.composer = composer;
    this.presets = presets;
    this.works = works;
  }

  /** @param {any} about */
  setUp(about) {
    this.limit_bytes = about.limits?.upload_bytes ?? Infinity;
    const file = byId("file");
    file.accept = [".chipgen", ...about.opens].join(",");
    for (const id of ["open", "empty-open"]) byId(id).addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      this.take([...file.files]);
      file.value = "";
    });
    byId("new").addEventListener("click", () => this.begin(emptyScore()));
    byId("empty-draw").addEventListener("click", () => {
      this.roll.setTool("draw");
      this.roll.box.focus();
      say("Draw notes on the roll with the mouse, or press the arrow keys and Enter.");
    });
    const first = about.examples.find((each) => each.name === "seed") ?? about.examples[0];
    byId("hear").addEventListener("click", () => this.hear(first.name));
    this.#menu(about.examples);
    this.#drop();
  }

  /**
   * Take files: works are opened, presets are loaded, the first score is the piece and others are takes beside it.
   * What is refused is named.
   * @param {File[]} files
   */
  async take(files) {
    const refused = [];
    const scores = [];
    for (const file of files) {
      try {
        if (/\.chipgen$/i.test(file.name)) await this.works.open(file);
        else if (/\.ya?ml$/i.test(file.name)) await this.presets.load(file, files.length === 1);
        else scores.push(await this.#read(file));
      } catch (error) {
        refused.push(error.message);
      }
    }
    if (scores.length) this.begin(scores[0], scores.slice(1));
    if (refused.length) complain(refused.join(" "));
  }

  #read(file) {
    if (file.size > this.limit_bytes) {
      throw new Error(`${file.name} is larger than ${Math.round(this.limit_bytes / 1e6)} MB.`);
    }
    return api.readMidi(file);
  }

  /**
   * Play an example and let the model go on with it.
   * @param {string} name
   */
  hear(name) {
    return attempt(async () => {
      this.transport.audio.start();
      this.begin(await api.example(name));
      this.transport.play(0);
      this.composer.continue();
    });
  }

  /** @param {string} name */
  example(name) {
    return attempt(async () => this.begin(await api.example(name)));
  }

  /**
   * Begin with a score: the only take, until there are more; undo brings back what was.
   * @param {import("./score.js").Score} score
   * @param {import("./score.js").Score[]} [others] takes beside it
   */
  begin(score, others = []) {
    if (this.composer.busy) this.composer.cancel();
    if (this.transport.playing) this.transport.stop();
    const takes = [score, ...others].map((each, index) => ({
      id: index + 1, name: others.length ? each.name || `File ${index + 1}` : "Seed", rngSeed: null, score: each, made: null,
    }));
    if (noteCount(this.store.score)) this.works.storage.begin(); // what was stays among the works
    this.store.edit("new piece", (work) => ({ ...work, takes, current: 1 }));
    this.transport.seek(0);
    this.roll.selectBars(null);
    this.roll.cursor = null;
    this.roll.fit();
    const notes = noteCount(score);
    const beside = others.length ? ` ${others.map(({ name }) => name).join(", ")}: in the list of takes.` : "";
    say(notes ? `${score.name || "The file"} is on the roll: ${notes} notes.${beside}` : "The roll is empty.");
  }

  #menu(examples) {
    const menu = byId("examples");
    const button = byId("examples-button");
    menu.append(...examples.map(({ name, title }) => make("button", {
      type: "button", "data-name": name, title: "Begin with this piece; undo brings the one before back.",
      onclick: () => {
        menu.hidePopover();
        this.example(name);
      },
    }, title || name)));
    button.popoverTargetElement = menu;
    menu.firstChild.autofocus = true; // the focus goes there when it opens
    menu.addEventListener("beforetoggle", (event) => {
      button.setAttribute("aria-expanded", String(event.newState === "open"));
      const at = button.getBoundingClientRect();
      const left = Math.max(EDGE_PX, Math.min(at.left, innerWidth - MENU_PX));
      const top = at.bottom + 4;
      menu.style.left = `${left}px`;
      menu.style.top = `${top}px`;
      menu.style.maxWidth = `${innerWidth - left - EDGE_PX}px`;
      menu.style.maxHeight = `${innerHeight - top - EDGE_PX}px`;
    });
    menu.addEventListener("keydown", (event) => {
      const items = [...menu.children];
      const at = items.indexOf(document.activeElement);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
      if (next === undefined) return;
      items[(next + items.length) % items.length].focus();
      event.preventDefault();
    });
  }

  #drop() {
    const veil = byId("drop");
    const brings = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      veil.hidden = false;
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) veil.hidden = true;
    });
    addEventListener("drop", (event) => {
      veil.hidden = true;
      if (!brings(event)) return;
      event.preventDefault();
      this.take([...event.dataTransfer.files]);
    });
  }
}
