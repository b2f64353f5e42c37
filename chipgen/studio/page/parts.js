/** The parts of a piece: named, given instruments, added and removed in a dialog. */

import { byId, icon, make } from "./dom.js";
import { INSTRUMENTS } from "./instruments.js";
import { isDrums } from "./score.js";
import { hasFreeParts, withInstrument, withPart, withPartName, withoutPart } from "./song-edits.js";
import { say } from "./status.js";

const FIRST_PROGRAM = 80; // a square lead

/**
 * @param {import("./store.js").Store} store
 * @param {import("./roll.js").Roll} roll
 */
export function setUpParts(store, roll) {
  const dialog = byId("parts-dialog");
  const list = byId("parts");
  const choice = byId("part");
  let shown = null;
  const update = () => {
    const { tracks } = store.score;
    if (tracks === shown) return;
    shown = tracks;
    roll.part = Math.max(0, Math.min(roll.part, tracks.length - 1));
    choice.replaceChildren(...tracks.map((track, index) => (
      make("option", { value: String(index) }, partName(track, index))
    )));
    choice.value = String(roll.part);
    if (dialog.open) showRows();
  };
  const showRows = () => {
    const free = hasFreeParts(store.score);
    const at = [...list.querySelectorAll("input, select, button")].indexOf(document.activeElement);
    list.replaceChildren(...store.score.tracks.map((track, index) => row(store, track, index, free)));
    if (at >= 0) list.querySelectorAll("input, select, button")[at]?.focus();
    for (const button of [byId("part-add"), byId("drums-add")]) button.disabled = !free;
    byId("parts-fixed").hidden = free;
  };
  const add = (name, drums) => {
    store.editScore(`add ${name}`, (score) => withPart(score, name, FIRST_PROGRAM, drums));
    roll.part = store.score.tracks.length - 1;
    choice.value = String(roll.part);
    say(`${name} added: new notes go to it.`);
    list.lastElementChild.querySelector("input").select();
  };
  choice.addEventListener("change", () => {
    roll.part = Number(choice.value);
  });
  byId("parts-button").addEventListener("click", () => {
    showRows();
    dialog.showModal();
  });
  byId("part-add").addEventListener("click", () => add(`part ${store.score.tracks.length + 1}`, false));
  byId("drums-add").addEventListener("click", () => add("drums", true));
  store.on("change", update);
  update();
}

function row(store, track, index, free) {
  const name = partName(track, index);
  const field = make("input", {
    type: "text", value: track.name, maxLength: 60, placeholder: name, "aria-label": `Name of ${name}`,
    title: "Name the part; a voice's name, such as bass, helps the arranger.",
    onchange: () => store.editScore(`rename ${name}`, (score) => withPartName(score, index, field.value.trim())),
  });
  const remove = make("button", {
    type: "button", className: "icon", disabled: !free || store.score.tracks.length < 2,
    "aria-label": `Remove ${name}`, title: "Remove the part with its notes; undo brings it back.",
    onclick: () => {
      store.editScore(`remove ${name}`, (score) => withoutPart(score, index));
      say(`${name} removed.`);
    },
  }, icon("remove"));
  return make("li", {}, field, instrument(store, track, index, name, free), remove);
}

function instrument(store, track, index, name, free) {
  if (isDrums(track) || !free) return make("span", {}, isDrums(track) ? "drums" : "a voice of the chip");
  const select = make("select", {
    "aria-label": `Instrument of ${name}`, title: "Choose the instrument; the preset gives each family its timbre.",
    onchange: () => store.editScore(`instrument of ${name}`, (score) => withInstrument(score, index, Number(select.value))),
  }, ...INSTRUMENTS.map(({ family, instruments }) => make("optgroup", { label: family }, ...instruments.map(
    ({ program, name: each }) => make("option", { value: String(program) }, each),
  ))));
  select.value = String(track.program);
  return select;
}

function partName(track, index) {
  return track.name || `part ${index + 1}`;
}
