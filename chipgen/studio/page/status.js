/** What happened, in words: the status line, errors, and the roll's text alternative. */

import { byId, make } from "./dom.js";
import { barCount, barStart, isDrums, noteCount, pitchName, secondsAt } from "./score.js";

const ALERT_MS = 12000;
let alertTimer = 0;

/** @param {string} text */
export function say(text) {
  byId("status").textContent = text;
  if (text) complain("");
}

/**
 * Show what went wrong, until it is old.
 * @param {string} text
 */
export function complain(text) {
  clearTimeout(alertTimer);
  byId("alert").textContent = text;
  if (!text) return;
  byId("status").textContent = "";
  alertTimer = setTimeout(() => complain(""), ALERT_MS);
}

/**
 * Run what may fail, and say so if it does.
 * @param {() => Promise<any>} action
 */
export async function attempt(action) {
  try {
    await action();
  } catch (error) {
    complain(error.message);
  }
}

/**
 * A number and what it counts, in the singular or the plural.
 * @param {number} count
 * @param {string} thing
 */
export function counted(count, thing) {
  return `${count} ${count === 1 ? thing : `${thing}s`}`;
}

/**
 * Keep the words about the roll true; the long list is written only while it is open.
 * @param {import("./store.js").Store} store
 */
export function describeRoll(store) {
  const details = byId("as-text");
  const update = () => {
    const { score, name } = store.take;
    byId("roll-summary").textContent = summary(score, name);
    byId("title").textContent = sizeOf(score);
    if (document.activeElement !== byId("name")) byId("name").value = score.name;
    byId("empty").hidden = noteCount(score) > 0;
    if (details.open) byId("notes-text").replaceChildren(...noteList(score));
  };
  byId("name").addEventListener("change", () => {
    const name = byId("name").value.trim() || "untitled";
    store.editScore("rename the piece", (score) => ({ ...score, name }));
  });
  store.on("change", update);
  details.addEventListener("toggle", update);
  update();
}

function sizeOf(score) {
  if (!noteCount(score)) return "empty";
  const seconds = secondsAt(score, score.end_beats);
  const length = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  return `${counted(barCount(score), "bar")} · ${length}`;
}

function summary(score, take) {
  const parts = score.tracks.filter((track) => track.notes.length)
    .map((track) => `${track.name || "a part"} with ${track.notes.length} notes`);
  if (!parts.length) return "The roll is empty.";
  return `${take}: ${score.name}, ${barCount(score)} bars; ${parts.join(", ")}.`;
}

function noteList(score) {
  const rows = [];
  for (let bar = 0; bar < barCount(score); bar += 1) {
    const from = barStart(score, bar);
    const until = barStart(score, bar + 1);
    const parts = score.tracks.map((track) => {
      const notes = track.notes.filter((note) => note[0] >= from - 1e-9 && note[0] < until - 1e-9);
      const names = notes.map((note) => pitchName(note[2], isDrums(track) ? track : undefined));
      return names.length ? `${track.name || "part"}: ${names.join(" ")}` : "";
    });
    rows.push(make("p", {}, make("b", {}, `Bar ${bar + 1} `), parts.filter(Boolean).join("; ") || "rest"));
  }
  return rows;
}
