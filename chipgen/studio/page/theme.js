/** Light and dark: the system's choice or the user's, and colours for what is drawn on canvas. */

import { VOICES } from "./voices.js";

const KEY = "chipgen-studio-theme";
const NAMES = [
  "paper", "panel", "well", "ink", "ink-2", "ink-3", "line", "line-2", "accidental", "now", "select", "good",
  ...VOICES,
];

/** @type {Record<string, string>} */
export const colours = {};
/** @type {(() => void)[]} */
const listeners = [];

/** @param {() => void} listener called when the colours change */
export function onTheme(listener) {
  listeners.push(listener);
}

/** Apply the stored choice, follow the system's, and listen to the button. */
export function setUpTheme(button) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = localStorage.getItem(KEY);
    document.documentElement.dataset.theme = chosen ?? (dark.matches ? "dark" : "light");
    readColours();
  };
  dark.addEventListener("change", apply);
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme;
    localStorage.setItem(KEY, now === "dark" ? "light" : "dark");
    apply();
  });
  apply();
}

function readColours() {
  const probe = document.createElement("i");
  document.body.append(probe);
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  for (const listener of listeners) listener();
}
