/** A knob: a number in a range, turned by dragging, wheel or keys. */

import { make, sentence } from "./dom.js";

const SPAN_PX = 160; // drag from one end to the other
const SWEEP = [135, 405]; // degrees, clockwise from three o'clock
const RADIUS = 15;
const SVG = "http://www.w3.org/2000/svg";
const DUTIES = { "-1": "preset", 0: "12.5 %", 1: "25 %", 2: "50 %", 3: "75 %" };

/**
 * @typedef {{name: string, unit: string, minimum: number, maximum: number, default: number,
 *   whole: boolean, description: string, kept: boolean}} Parameter `kept` is what files have too
 */

/**
 * Make a knob.
 * @param {Parameter} parameter
 * @param {number} value
 * @param {(value: number) => void} turned
 * @returns {{element: HTMLElement, set: (value: number) => void}}
 */
export function makeKnob(parameter, value, turned) {
  const label = labelOf(parameter);
  const dial = make("div", {
    className: "knob", role: "slider", tabindex: 0, title: sentence(parameter.description), "aria-label": label,
    "aria-valuemin": parameter.minimum, "aria-valuemax": parameter.maximum,
  });
  const { svg, arc, hand } = picture();
  dial.append(svg);
  const readout = make("output", { className: "readout" });
  const element = make("div", { className: "knob-box" }, dial, make("span", { className: "knob-name" }, label), readout);
  let now = value;

  const set = (next) => {
    now = next;
    const share = toShare(parameter, now);
    arc.setAttribute("d", arcPath(origin(parameter), share));
    hand.setAttribute("transform", `rotate(${angle(share)} 20 20)`);
    const text = valueText(parameter, now);
    readout.textContent = text;
    dial.setAttribute("aria-valuenow", String(now));
    dial.setAttribute("aria-valuetext", text);
  };
  const turn = (next) => {
    const rounded = round(parameter, next);
    if (rounded === now) return;
    set(rounded);
    turned(rounded);
  };
  const turnShare = (share) => turn(fromShare(parameter, Math.max(0, Math.min(1, share))));

  dial.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dial.setPointerCapture(event.pointerId);
    const from = { y: event.clientY, x: event.clientX, share: toShare(parameter, now) };
    const drag = (move) => {
      const far = from.y - move.clientY + move.clientX - from.x;
      turnShare(from.share + (far / SPAN_PX) * (move.shiftKey ? 0.2 : 1));
    };
    dial.addEventListener("pointermove", drag);
    dial.addEventListener("lostpointercapture", () => dial.removeEventListener("pointermove", drag), { once: true });
  });
  dial.addEventListener("dblclick", () => turn(parameter.default));
  dial.addEventListener("wheel", (event) => {
    if (document.activeElement !== dial) return; // the panel scrolls
    event.preventDefault();
    step(-Math.sign(event.deltaY));
  }, { passive: false });
  dial.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (steps) step(steps);
    else if (event.key === "Home") turn(parameter.minimum);
    else if (event.key === "End") turn(parameter.maximum);
    else if (event.key === "Delete" || event.key === "Backspace") turn(parameter.default);
    else return;
    event.preventDefault();
  });
  const step = (count) => {
    if (parameter.whole) turn(now + Math.round(count));
    else turnShare(toShare(parameter, now) + count * 0.02);
  };
  set(value);
  return { element, set };
}

/** @param {Parameter} parameter */
export function labelOf(parameter) {
  const named = parameter.name.replace(/_cents$/, " depth").replace(/_hz$/, " speed");
  const words = named.replace(/_(db|semitones|frames|index)$/, "").replace(/_/g, " ");
  const spaced = words.replace(/(pulse)(\d)/, "$1 $2");
  return spaced[0].toUpperCase() + spaced.slice(1);
}

function valueText(parameter, value) {
  if (parameter.name.endsWith("_duty")) return DUTIES[value];
  const figures = parameter.whole || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${Number(value.toFixed(figures))}${parameter.unit ? ` ${parameter.unit}` : ""}`.replace("-", "−");
}

function round(parameter, value) {
  const inside = Math.max(parameter.minimum, Math.min(parameter.maximum, value));
  return parameter.whole ? Math.round(inside) : Number(inside.toPrecision(4));
}

/** Wide ranges from 0 up turn finer near 0, where the ear is. */
function isBent({ minimum, maximum, whole }) {
  return minimum === 0 && maximum > 20 && !whole;
}

function toShare(parameter, value) {
  const share = (value - parameter.minimum) / (parameter.maximum - parameter.minimum);
  return isBent(parameter) ? Math.sqrt(share) : share;
}

function fromShare(parameter, share) {
  const even = isBent(parameter) ? share * share : share;
  return parameter.minimum + even * (parameter.maximum - parameter.minimum);
}

/** Where the arc begins: at 0 if the range goes through it. */
function origin(parameter) {
  return toShare(parameter, parameter.unit === "dB" ? 0 : parameter.minimum);
}

function angle(share) {
  return SWEEP[0] + share * (SWEEP[1] - SWEEP[0]);
}

function point(share) {
  const radians = (angle(share) * Math.PI) / 180;
  return `${(20 + RADIUS * Math.cos(radians)).toFixed(2)} ${(20 + RADIUS * Math.sin(radians)).toFixed(2)}`;
}

function arcPath(one, other) {
  const [from, until] = one < other ? [one, other] : [other, one];
  const large = angle(until) - angle(from) > 180 ? 1 : 0;
  return `M${point(from)}A${RADIUS} ${RADIUS} 0 ${large} 1 ${point(until)}`;
}

function picture() {
  const draw = (name, attributes) => {
    const shape = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    return shape;
  };
  const svg = draw("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" });
  const arc = draw("path", { class: "arc" });
  const hand = draw("path", { class: "hand", d: "M25 20h5" });
  svg.append(draw("path", { class: "track", d: arcPath(0, 1) }), arc, draw("circle", { cx: 20, cy: 20, r: 11, class: "cap" }), hand);
  return { svg, arc, hand };
}
