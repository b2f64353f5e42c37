/** Works: saved as files and opened, and those that the browser keeps, with their pictures. */

import * as api from "./api.js";
import { byId, icon, make } from "./dom.js";
import { saveFile } from "./export.js";
import { barCount, noteCount, pitchRange } from "./score.js";
import { attempt, counted, say } from "./status.js";
import { isHeld } from "./storage.js";
import { documentOf, renewed, takeOf } from "./store.js";
import { colours } from "./theme.js";
import { VOICES } from "./voices.js";
import { packed, unpacked } from "./work-pack.js";

const PICTURE_PX = [120, 36];
const PICTURE_NOTES = 500; // of a part, about; a picture has no room for more
const SHOWN = 3; // on the empty page
const MOST_BYTES = 32_000_000;

export class Works {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./storage.js").Storage} storage
   * @param {import("./transport.js").Transport} transport
   * @param {import("./roll.js").Roll} roll
   * @param {import("./compose.js").Composer} composer
   */
  constructor(store, storage, transport, roll, composer) {
    this.store = store;
    this.storage = storage;
    this.transport = transport;
    this.roll = roll;
    this.composer = composer;
    storage.describe = (work) => {
      const { score } = takeOf(work);
      return { name: noteCount(score) ? score.name : "", bars: barCount(score), picture: pictureOf(score) };
    };
    byId("save").addEventListener("click", () => this.save());
    byId("works-button").addEventListener("click", () => this.show());
    byId("works-dialog").addEventListener("close", () => this.#showSome());
    let empty = false;
    const seeEmpty = () => {
      const was = empty;
      empty = !noteCount(store.score);
      if (empty && !was) this.#showSome();
    };
    store.on("change", seeEmpty);
    seeEmpty();
  }

  /** Save the work with its takes and undo as a file. */
  save() {
    return attempt(async () => {
      if (!noteCount(this.store.score)) throw new Error("The roll is empty: there is nothing to save.");
      const { work, past, future } = this.store;
      const file = await api.savedWork(documentOf(work), packed(work, past, future));
      saveFile(file);
      say(`The work is saved as ${file.name}.`);
    });
  }

  /**
   * Open a work's file; the work that was here stays among those that the browser keeps.
   * @param {File} file
   */
  async open(file) {
    if (file.size > MOST_BYTES) throw new Error(`${file.name} is larger than ${MOST_BYTES / 1e6} MB.`);
    const pack = await api.openWork(file);
    let found;
    try {
      found = unpacked(pack);
      checkWork(found.work);
    } catch (error) {
      throw new Error(`${file.name} cannot be opened: ${error.message}`);
    }
    this.storage.begin();
    this.#put(found.work, found.past, found.future);
    say(`${file.name} is open, with its takes and all that can be undone.`);
  }

  /** List the works that the browser keeps. */
  async show() {
    byId("works-dialog").showModal();
    await this.#list();
  }

  async #list() {
    this.storage.flush();
    const records = (await this.#records()).map((record) => this.#row(record));
    byId("works").replaceChildren(...await Promise.all(records));
    if (!records.length) byId("works").replaceChildren(make("li", {}, "No works yet: what you make is kept here by itself."));
  }

  async #records() {
    return (await this.storage.list()).filter(({ name }) => name);
  }

  async #row(record) {
    const held = await isHeld(record.id);
    const here = record.id === this.storage.id;
    const where = here ? "open here" : held ? "open in another tab" : new Date(record.saved).toLocaleString();
    const open = this.#opener(record, where);
    open.disabled = held;
    const rename = make("button", {
      type: "button", disabled: held, "aria-label": `Rename ${record.name}`, title: "Give the piece another title.",
      onclick: () => this.#rename(record, item),
    }, "Rename");
    const remove = make("button", {
      type: "button", className: "icon small", disabled: held, "aria-label": `Delete ${record.name}`, title: "Delete the work; this cannot be undone.",
      onclick: () => this.#remove(record, remove),
    }, icon("close"));
    const item = make("li", {}, open, rename, remove);
    return item;
  }

  #opener(record, where) {
    const picture = make("img", { src: record.picture, alt: "", width: PICTURE_PX[0], height: PICTURE_PX[1] });
    return make("button", {
      type: "button", className: "work", "data-work": record.id, title: "Open this work.", onclick: () => this.#take(record),
    }, picture, make("b", {}, record.name), make("span", {}, `${counted(record.bars, "bar")}, ${where}`));
  }

  #take(record) {
    return attempt(async () => {
      const work = await this.storage.take(record.id);
      if (!work) throw new Error(`${record.name} is open in another tab.`);
      byId("works-dialog").close();
      this.#put(renewed(work));
      say(`${record.name} is open.`);
    });
  }

  #rename(record, item) {
    const field = make("input", { type: "text", value: record.name, maxLength: 60, "aria-label": "Title" });
    const keep = async () => {
      const name = field.value.trim();
      if (name && name !== record.name) await this.storage.rename(record, name);
      await this.#list();
    };
    field.addEventListener("change", keep);
    field.addEventListener("blur", keep);
    item.firstChild.replaceWith(field);
    field.focus();
  }

  /** Delete a work at the second press. */
  async #remove(record, button) {
    if (!button.dataset.sure) {
      button.dataset.sure = "true";
      button.classList.remove("icon");
      button.replaceChildren("Delete");
      return;
    }
    await this.storage.forget([record.id]);
    await this.#list();
  }

  #put(work, past = [], future = []) {
    if (this.composer.busy) this.composer.cancel();
    if (this.transport.playing) this.transport.stop();
    this.store.restore(work, past, future);
    this.transport.seek(0);
    this.roll.selectBars(null);
    this.roll.fit();
  }

  /** Show the latest works on the empty page. */
  async #showSome() {
    const others = (await this.#records()).filter(({ id }) => id !== this.storage.id).slice(0, SHOWN);
    byId("empty-works").hidden = !others.length;
    byId("empty-works").replaceChildren(...others.map((record) => this.#opener(record, new Date(record.saved).toLocaleDateString())));
  }
}

/** Refuse what would break the page: what a file says of a work is not to be trusted. */
function checkWork({ takes, current, sound, controls }) {
  const isTake = ({ id, name, score }) => Number.isInteger(id) && typeof name === "string" && typeof score.name === "string"
    && score.tempos.length > 0 && score.meters.length > 0;
  const isSound = ["string", "object"].includes(typeof sound?.preset) && sound.preset !== null
    && [sound.muted, sound.solo].every(Array.isArray) && typeof sound.values === "object" && sound.values !== null;
  if (!takes.length || !takes.every(isTake) || !takes.some(({ id }) => id === current) || !isSound || typeof controls !== "object") {
    throw new Error("it is damaged.");
  }
}

/** The notes of a piece as a small picture, in the colours of the voices. */
function pictureOf(score) {
  const [width, height] = PICTURE_PX;
  const canvas = make("canvas", { width: 2 * width, height: 2 * height });
  const g = canvas.getContext("2d");
  g.scale(2 * width / Math.max(1, score.end_beats), 2 * height);
  const [low, high] = pitchRange(score) ?? [0, 127];
  score.tracks.forEach((track, index) => {
    g.fillStyle = colours[VOICES[index % VOICES.length]];
    const step = Math.ceil(track.notes.length / PICTURE_NOTES);
    for (let at = 0; at < track.notes.length; at += step) {
      const [onset, length, pitch] = track.notes[at];
      const share = Math.min(1, Math.max(0, (high - pitch + 0.5) / (high - low + 1)));
      g.fillRect(onset, share * 0.94, length, 0.05);
    }
  });
  return canvas.toDataURL("image/png");
}
