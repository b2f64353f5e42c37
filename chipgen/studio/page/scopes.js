/** An oscilloscope for each voice, triggered so that waves stand still, and the mix's spectrum. */

import { byId, fitCanvas, make } from "./dom.js";
import { drawSpectrum } from "./spectrum.js";
import { colours, onTheme } from "./theme.js";
import { VOICES, VOICE_NAMES } from "./voices.js";

const SHOWN = 1024; // frames across: 21 ms at 48 kHz
const SEARCH = 2048; // frames before them in which a trigger is looked for
const TRIES = 24;
const STRIDE = 8; // of the comparison with the picture before
const PEAK_FALL = 0.985; // of the scale, a picture
const LEAST_PEAK = 0.02;
const FADE_MS = 1500; // after the last sound, while the spectrum falls

export class Scopes {
  /** @param {import("./audio.js").Audio} audio */
  constructor(audio) {
    this.audio = audio;
    this.buffer = new Float32Array(SHOWN + SEARCH);
    this.scopes = VOICES.map((voice) => ({
      voice, canvas: make("canvas", { "aria-hidden": "true" }), peak: LEAST_PEAK,
      before: new Float32Array(SHOWN / STRIDE),
    }));
    for (const { voice, canvas } of this.scopes) {
      byId("scopes").append(make("figure", { className: voice }, make("figcaption", {}, VOICE_NAMES[voice]), canvas));
    }
    this.spectrum = make("canvas", { "aria-hidden": "true" });
    byId("scopes").append(make("figure", { className: "spectrum" }, make("figcaption", {}, "Spectrum"), this.spectrum));
    this.until = Infinity; // the pictures move until then
    this.turn = 0;
    onTheme(() => this.#move());
    new ResizeObserver(() => this.#move()).observe(byId("scopes"));
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    requestAnimationFrame(() => this.#draw());
    const { audio } = this;
    if (audio.isSounding) this.#move();
    if (performance.now() > this.until) return;
    this.turn = 1 - this.turn; // scopes and spectrum are drawn by turns: each 30 times a second
    if (this.turn) this.#drawScopes();
    else this.#drawSpectrum();
  }

  #drawScopes() {
    const { audio } = this;
    const frame = Math.floor(audio.heardFrame);
    this.scopes.forEach((scope, index) => {
      const { context, width, height } = fitCanvas(scope.canvas);
      if (audio.state.playing || audio.state.expected) audio.copyVoice(index, frame, this.buffer);
      else this.buffer.fill(0);
      drawScope(context, width, height, scope, this.buffer);
    });
  }

  #drawSpectrum() {
    const { context, width, height } = fitCanvas(this.spectrum);
    drawSpectrum(context, width, height, this.audio);
  }

  #move() {
    this.until = performance.now() + FADE_MS;
  }
}

function drawScope(g, width, height, scope, buffer) {
  g.clearRect(0, 0, width, height);
  const middle = height / 2;
  g.fillStyle = colours.line;
  g.fillRect(0, Math.round(middle), width, 1);
  const { mean, reach } = levels(buffer);
  scope.peak = Math.max(LEAST_PEAK, reach, scope.peak * PEAK_FALL);
  const start = trigger(buffer, mean, reach, scope.before);
  for (let index = 0; index < scope.before.length; index += 1) {
    scope.before[index] = buffer[start + index * STRIDE] - mean;
  }
  const scale = (middle - 4) / scope.peak;
  g.strokeStyle = colours[scope.voice];
  g.lineWidth = 1.5;
  g.lineJoin = "round";
  g.beginPath();
  for (let index = 0; index < SHOWN; index += 2) {
    const x = (index / (SHOWN - 2)) * width;
    const y = middle - (buffer[start + index] - mean) * scale;
    if (index) g.lineTo(x, y);
    else g.moveTo(x, y);
  }
  g.stroke();
}

function levels(buffer) {
  let low = Infinity;
  let high = -Infinity;
  for (let index = SEARCH; index < buffer.length; index += 1) {
    if (buffer[index] < low) low = buffer[index];
    if (buffer[index] > high) high = buffer[index];
  }
  return { mean: (low + high) / 2, reach: (high - low) / 2 };
}

/** Of the places where the wave rises through its middle, the one most like the picture before. */
function trigger(buffer, mean, reach, before) {
  let best = SEARCH;
  let likeness = -Infinity;
  let tries = 0;
  let armed = false;
  for (let index = SEARCH; index > 0 && tries < TRIES; index -= 1) {
    // going backwards: after a point above, the crossing is where the wave was below
    if (buffer[index] > mean + reach * 0.2) armed = true;
    else if (armed && buffer[index] < mean) {
      armed = false;
      tries += 1;
      const start = Math.max(0, index - SHOWN / 2);
      const like = compare(buffer, start, mean, before);
      if (like > likeness) [best, likeness] = [start, like];
    }
  }
  return best;
}

function compare(buffer, start, mean, before) {
  let sum = 0;
  for (let index = 0; index < before.length; index += 1) {
    sum += (buffer[start + index * STRIDE] - mean) * before[index];
  }
  return sum;
}
