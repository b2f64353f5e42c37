/** The list of takes: switch between them, star, name and remove them, copy their random numbers. */

import { byId, icon, make } from "./dom.js";
import { barCount } from "./score.js";
import { attempt, counted, say } from "./status.js";
import { withTake } from "./store.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("./compose.js").Composer} composer
 */
export function listTakes(store, composer) {
  const list = byId("takes");
  const rows = new Rows(store, composer);
  let shown = null;
  const update = () => {
    const { takes, current } = store.work;
    const now = [takes, current, composer.heard, composer.jobs];
    if (shown?.every((each, index) => each === now[index])) return;
    shown = now;
    if (list.querySelector("input")) return; // a name is being typed
    const at = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren(...takes.map((take) => rows.of(take)));
    if (at >= 0) (list.querySelectorAll("button")[at] ?? list.querySelector("button")).focus();
  };
  store.on("change", update);
  composer.on("state", update);
  update();
}

/** The rows of takes, each made again only when it changes: after a day there are hundreds. */
class Rows {
  constructor(store, composer) {
    this.store = store;
    this.composer = composer;
    this.made = new Map();
  }

  of(take) {
    const { store: { work: { takes, current } }, composer } = this;
    const job = composer.jobOf(take.id);
    const state = [take, take.id === current, takes.length < 2, Boolean(composer.heard), job, job?.made];
    const known = this.made.get(take.id);
    if (known?.state.every((each, index) => each === state[index])) return known.item;
    const item = row(this.store, composer, take);
    this.made.set(take.id, { state, item });
    return item;
  }
}

function row(store, composer, take) {
  const { takes, current } = store.work;
  const job = composer.jobOf(take.id);
  const size = job && !job.heard && job.made <= job.from ? "waiting" : `${counted(barCount(take.score), "bar")}${job ? "…" : ""}`;
  const star = make("button", {
    type: "button", className: "icon small star", "aria-pressed": String(Boolean(take.starred)),
    "aria-label": `Star ${take.name}`, title: "Mark this take as one to keep.",
    onclick: () => store.edit(`star ${take.name}`, (work) => withTake(work, take.id, (each) => ({ ...each, starred: !each.starred }))),
  }, icon("star"));
  const choose = make("button", {
    type: "button", className: "take", "aria-current": String(take.id === current), disabled: Boolean(composer.heard || job),
    title: "Put this take on the roll; music that plays goes on with it.", onclick: () => show(store, take.id),
  }, make("b", {}, take.name), make("span", {}, size));
  const remove = make("button", {
    type: "button", className: "icon small", "aria-label": `Remove ${take.name}`, title: "Remove this take; undo brings it back.",
    disabled: takes.length < 2 || Boolean(composer.heard || job), onclick: () => drop(store, take.id),
  }, icon("close"));
  return make("li", {}, star, choose, remove, ...(take.id === current ? [aboutTake(store, take, choose)] : []));
}

/** What is known of the take on the roll, and its name's change. */
function aboutTake(store, take, choose) {
  const rename = make("button", {
    type: "button", className: "link", "aria-label": `Rename ${take.name}`, title: "Give this take a name of its own.",
    onclick: () => askName(store, take, choose),
  }, "rename");
  const line = make("p", { className: "take-about" }, rename);
  if (take.rngSeed !== null) {
    line.append(make("button", {
      type: "button", className: "link seed-number", title: "Copy the random number, which makes this take again.",
      "aria-label": `Copy the random number of ${take.name}, ${take.rngSeed}`,
      onclick: () => attempt(() => copy(String(take.rngSeed))),
    }, String(take.rngSeed)));
  }
  return line;
}

/** Let the user type a take's name in place of its button; Escape leaves it. */
function askName(store, take, choose) {
  const field = make("input", {
    type: "text", className: "take", value: take.name, maxLength: 40, "aria-label": `Name of ${take.name}`,
    title: "Enter keeps the name, Escape the old one.",
  });
  let done = false;
  const end = (name) => {
    if (done) return;
    done = true;
    field.remove(); // from now on the list may be written again
    store.edit(`rename ${take.name}`, (work) => withTake(work, take.id, (each) => ({ ...each, name: name || each.name })));
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") end(field.value.trim());
    else if (event.key === "Escape") end("");
    else return;
    event.preventDefault();
    byId("takes").querySelector("[aria-current=true]")?.focus();
  });
  field.addEventListener("blur", () => end(field.value.trim()));
  choose.replaceWith(field);
  field.select();
}

/**
 * Copy text for the user.
 * @param {string} text
 */
export async function copy(text) {
  await navigator.clipboard.writeText(text);
  say(text.length > 40 ? "Copied." : `Copied ${text}.`);
}

/**
 * Show another take; that is no edit, so it is not undone.
 * @param {import("./store.js").Store} store
 * @param {number} id
 */
export function show(store, id) {
  store.amend((work) => ({ ...work, current: id }));
  say(`${store.take.name} is on the roll.`);
}

function drop(store, id) {
  const { name } = store.work.takes.find((take) => take.id === id);
  store.edit(`remove ${name}`, (work) => {
    const takes = work.takes.filter((take) => take.id !== id);
    const current = work.current === id ? takes.at(-1).id : work.current;
    return { ...work, takes, current };
  });
  say(`${name} removed.`);
}
