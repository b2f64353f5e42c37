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
  const { run: play } = shortcuts.find(({ keys }) => keys === "Space");
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
    if (isSpace(event)) {
      event.preventDefault();
      if (!event.repeat) play();
      return;
    }
    if (event.key === "Enter" && document.activeElement.type === "checkbox") {
      event.preventDefault();
      document.activeElement.click();
      return;
    }
    if (typing()) return;
    const onButton = document.activeElement?.matches("button, summary, [role=slider], [role=listbox], input");
    if (onButton && ["Enter", "Home", "Delete"].includes(event.key)) return;
    const found = shortcuts.find(({ match }) => match?.(event));
    if (!found) return;
    event.preventDefault();
    found.run();
  });
  addEventListener("keyup", (event) => {
    if (isSpace(event) && !document.querySelector("dialog[open], :popover-open")) event.preventDefault();
  });
}

/** Whether a key is the one that plays: Space, wherever the focus is, except where text is typed. */
function isSpace(event) {
  return plain(" ")(event) && !event.target.matches("input[type=text], input[type=search], textarea");
}
