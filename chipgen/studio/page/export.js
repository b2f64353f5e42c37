/** Files to export: every format the server writes, and the command that makes them again. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { attempt, say } from "./status.js";
import { documentOf } from "./store.js";
import { copy } from "./takes.js";
import { noteCount } from "./score.js";

/**
 * @param {import("./store.js").Store} store
 * @param {any} about
 */
export function setUpExport(store, about) {
  const dialog = byId("export-dialog");
  for (const { heading, kinds } of about.formats) {
    const buttons = kinds.map(({ kind, name }) => make("button", {
      type: "button", "data-format": kind, title: `Save as ${name}, named after the piece.`,
      onclick: (event) => tell(() => download(store, kind, name, event.target)),
    }, name));
    byId("formats").append(make("h3", {}, heading), make("div", { className: "row" }, ...buttons));
  }
  byId("export").addEventListener("click", () => {
    byId("export-said").textContent = "";
    dialog.showModal();
    tell(() => showCommand(store));
  });
  byId("command-copy").addEventListener("click", () => tell(async () => {
    await copy(byId("command").textContent);
    return "Copied.";
  }));
}

/** Run what may fail, and say in the dialog how it went: what is behind it cannot be read now. */
async function tell(action) {
  const said = byId("export-said");
  said.textContent = "";
  await attempt(async () => {
    try {
      said.textContent = await action() ?? "";
    } catch (error) {
      said.textContent = error.message;
      throw error;
    }
  });
}

async function download(store, format, name, button) {
  if (!noteCount(store.score) && format !== "preset") {
    throw new Error("The roll is empty: there is nothing to export.");
  }
  button.setAttribute("aria-busy", "true");
  try {
    const file = await api.exported(documentOf(store.work), format, store.take.made);
    saveFile(file);
    const text = `${name} saved as ${file.name}. ${file.remarks.replace(/\n/g, " ")}`.trim();
    say(text);
    return text;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function showCommand(store) {
  const [line, row] = [byId("command"), byId("command-files")];
  line.textContent = "…";
  row.hidden = true;
  byId("command-copy").disabled = true;
  if (!noteCount(store.score)) {
    line.textContent = "The roll is empty.";
    return;
  }
  try {
    const { command, files } = await api.command(documentOf(store.work), store.take.made);
    // A line may break between words, but not at the hyphens of an option.
    const words = command.split(" ").map((word) => (word.startsWith("--") ? make("span", {}, word) : word));
    line.replaceChildren(...words.flatMap((word) => [" ", word]).slice(1));
    byId("command-copy").disabled = false;
    row.replaceChildren("Save what it reads:", ...files.map(({ name, base64 }) => make("button", {
      type: "button", "data-file": name, title: "Save this file, which the command reads.", onclick: () => saveFile({ name, blob: blobOf(base64) }),
    }, name)));
    row.hidden = !files.length;
  } catch (error) {
    line.textContent = "";
    throw error;
  }
}

function blobOf(base64) {
  return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]);
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
