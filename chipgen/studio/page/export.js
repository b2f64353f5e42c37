/** Files to take away: every format the server writes, and the command that makes them again. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { attempt, say } from "./status.js";
import { documentOf } from "./store.js";
import { copy } from "./takes.js";
import { noteCount } from "./score.js";

const KINDS = [
  ["Score", [[".mid", "MIDI"]]],
  ["Sound", [
    [".wav", "WAV"], [".flac", "FLAC"], [".ogg", "OGG Vorbis"], [".opus", "Opus"], [".mp3", "MP3"],
    ["stems", "Stems (ZIP)"],
  ]],
  ["Chip", [[".vgm", "VGM"], [".vgz", "VGZ"], [".nsf", "NSF"], [".nes", "NES ROM"]]],
  ["Timbre", [["preset", "Preset (YAML)"]]],
];

/**
 * @param {import("./store.js").Store} store
 * @param {any} about
 */
export function setUpExport(store, about) {
  const dialog = byId("take-away-dialog");
  for (const [title, formats] of KINDS) {
    const offered = formats.filter(([format]) => about.formats.includes(format));
    if (!offered.length) continue;
    const buttons = offered.map(([format, name]) => make("button", {
      type: "button", "data-format": format,
      onclick: (event) => attempt(() => download(store, format, name, event.target)),
    }, name));
    byId("formats").append(make("h3", {}, title), make("div", { className: "row" }, ...buttons));
  }
  byId("take-away").addEventListener("click", () => {
    dialog.showModal();
    attempt(() => showCommand(store));
  });
  byId("command-copy").addEventListener("click", () => attempt(() => copy(byId("command").textContent)));
}

async function download(store, format, name, button) {
  if (!noteCount(store.score) && format !== "preset") {
    throw new Error("The roll is empty: there is nothing to take away.");
  }
  button.setAttribute("aria-busy", "true");
  try {
    const file = await api.exported(documentOf(store.work), format);
    saveFile(file);
    say(`${name} saved as ${file.name}. ${file.remarks.replace(/\n/g, " ")}`.trim());
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function showCommand(store) {
  byId("command").textContent = "…";
  const { command } = await api.command(documentOf(store.work));
  byId("command").textContent = command;
}

/**
 * Hand a file to the browser's downloads.
 * @param {{blob: Blob, name: string}} file
 */
export function saveFile({ blob, name }) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
