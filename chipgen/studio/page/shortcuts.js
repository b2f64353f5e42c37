/** Keyboard shortcuts of the whole page, and the list of them. */

import { byId, make, typing } from "./dom.js";

/**
 * @typedef {{keys: string, does: string, match?: (event: KeyboardEvent) => boolean,
 *   run?: () => void}} Shortcut without `match` it is only listed
 */

/**
 * Match a key by itself.
 * @param {...string} names
 */
export function plain(...names) {
  return (event) => !event.ctrlKey && !event.metaKey && !event.altKey
    && names.includes(event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

/**
 * Match a key with Control (or Command).
 * @param {string} name
 * @param {boolean} [shift]
 */
export function withControl(name, shift = false) {
  return (event) => (event.ctrlKey || event.metaKey) && !event.altKey && event.shiftKey === shift
    && event.key.toLowerCase() === name;
}

/** @param {Shortcut[]} shortcuts */
export function listenToShortcuts(shortcuts) {
  const list = byId("shortcuts");
  for (const { keys, does } of shortcuts) {
    const names = keys.split(" ").map((key) => make("kbd", {}, key));
    list.append(make("dt", {}, ...names), make("dd", {}, does));
  }
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || typing() || document.querySelector("dialog[open]")) return;
    const onButton = document.activeElement?.matches("button, summary, [role=slider], [role=listbox], input");
    if (onButton && [" ", "Enter", "Home", "Delete"].includes(event.key)) return;
    const found = shortcuts.find(({ match }) => match?.(event));
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}
