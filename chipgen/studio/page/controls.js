/** Controls made from what the server says can be asked for: range, choices, default, help. */

import { byId, make } from "./dom.js";

/**
 * A field of a request.
 * @typedef {{name: string, label: string, help: string, unit: string,
 *   kind: "switch"|"whole"|"number"|"choice"|"text", minimum: number|null, maximum: number|null,
 *   choices: {value: string, label: string}[], default: any, unset: string, tasks: string[],
 *   page: boolean, composes: boolean}} Field
 */

const STEPS = 60; // of a slider at most

/**
 * The default of a field.
 * @param {Field[]} fields
 * @param {string} name
 */
export function defaultOf(fields, name) {
  return fields.find((field) => field.name === name).default;
}

/**
 * The id of a field's control.
 * @param {Field} field
 */
export function idOf(field) {
  return field.name.replace(/_/g, "-");
}

/**
 * Make a label and a control for a field.
 * @param {Field} field
 * @returns {HTMLElement[]} as the rows of a form have them
 */
export function makeRow(field) {
  const id = idOf(field);
  const title = [field.help, field.unit && field.unit !== field.label.toLowerCase() && `Unit: ${field.unit}.`].filter(Boolean).join(" ");
  const label = make("label", { for: id, title }, field.label);
  if (isSlider(field)) {
    const slider = make("input", {
      type: "range", id, title, min: field.minimum, max: field.maximum, step: stepOf(field), value: field.default,
    });
    const output = make("output", { for: id, id: `${id}-out` });
    return [label, make("span", { className: "pair" }, slider, output)];
  }
  if (field.kind === "whole" || field.kind === "number") {
    return [label, make("input", {
      type: "number", id, title, min: field.minimum, max: field.maximum, step: field.kind === "whole" ? 1 : "any",
      value: field.default ?? "", placeholder: field.unset, required: field.default !== null,
    })];
  }
  if (field.kind === "switch") {
    const box = make("input", { type: "checkbox", id, checked: field.default });
    return [make("span"), make("label", { className: "check", title }, box, field.label)];
  }
  const select = make("select", { id, title });
  fillChoices(select, field);
  return [label, select];
}

/**
 * Fill a select with a field's choices.
 * @param {HTMLSelectElement} select
 * @param {Field} field
 */
export function fillChoices(select, field) {
  const none = field.default === null ? [make("option", { value: "" }, field.unset)] : [];
  select.replaceChildren(...none, ...field.choices.map(({ value, label }) => make("option", { value }, label)));
  select.value = field.default ?? "";
  select.title = field.help;
}

/**
 * What a control asks for; null where it is left open.
 * @param {Field} field
 */
export function valueOf(field) {
  const control = byId(idOf(field));
  if (field.kind === "switch") return control.checked;
  if (control.value === "") return null;
  return field.kind === "whole" || field.kind === "number" ? Number(control.value) : control.value;
}

/**
 * Say a slider's value beside it.
 * @param {Field} field
 */
export function showValue(field) {
  if (isSlider(field)) byId(`${idOf(field)}-out`).value = Number(byId(idOf(field)).value).toFixed(2);
}

/** @param {Field} field */
function isSlider(field) {
  return field.kind === "number" && field.default !== null && field.maximum !== null;
}

/**
 * A step that the range and the default are whole multiples of.
 * @param {Field} field
 */
function stepOf(field) {
  const span = field.maximum - field.minimum;
  return [0.01, 0.05, 0.1, 0.5, 1, 5, 10].find((step) => span / step <= STEPS) ?? span / STEPS;
}
