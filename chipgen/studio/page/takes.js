/** The list of takes: switch between them, copy their seed numbers, remove them. */

import { byId, icon, make } from "./dom.js";
import { barCount } from "./score.js";
import { attempt, say } from "./status.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("./compose.js").Composer} composer
 */
export function listTakes(store, composer) {
  const list = byId("takes");
  let shown = null;
  const update = () => {
    const { takes, current } = store.work;
    const now = [takes, current, Boolean(composer.job)];
    if (shown?.every((each, index) => each === now[index])) return;
    shown = now;
    const at = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren(...takes.map((take) => row(store, composer, take)));
    if (at >= 0) (list.querySelectorAll("button")[at] ?? list.querySelector("button")).focus();
  };
  store.on("change", update);
  composer.on("state", update);
  update();
}

function row(store, composer, take) {
  const { takes, current } = store.work;
  const bars = barCount(take.score);
  const choose = make("button", {
    type: "button", className: "take", "aria-current": String(take.id === current), disabled: Boolean(composer.job),
    onclick: () => show(store, take.id),
  }, make("b", {}, take.name), make("span", {}, `${bars} ${bars === 1 ? "bar" : "bars"}`));
  const item = make("li", {}, choose);
  if (take.rngSeed !== null) {
    item.append(make("button", {
      type: "button", className: "seed-number", title: "Copy the seed number",
      "aria-label": `Copy the seed number of ${take.name}, ${take.rngSeed}`,
      onclick: () => attempt(() => copy(String(take.rngSeed))),
    }, String(take.rngSeed)));
  }
  const remove = make("button", {
    type: "button", className: "icon small", "aria-label": `Remove ${take.name}`, title: `Remove ${take.name}`,
    disabled: takes.length < 2 || Boolean(composer.job), onclick: () => drop(store, take.id),
  }, icon("close"));
  item.append(remove);
  return item;
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
