/** The spectrum of what is heard, over the audible octaves. */

import { colours } from "./theme.js";

const LOW_HZ = 40;
const HIGH_HZ = 16000;
const FLOOR_DB = -95;
const TOP_DB = -15;
const MARKS_HZ = [100, 1000, 10000];
const FONT = "9px ui-sans-serif, system-ui, sans-serif";
/** @type {Float32Array|null} */
let bins = null;

/**
 * @param {CanvasRenderingContext2D} g
 * @param {number} width
 * @param {number} height
 * @param {import("./audio.js").Audio} audio
 */
export function drawSpectrum(g, width, height, audio) {
  g.clearRect(0, 0, width, height);
  const octaves = Math.log2(HIGH_HZ / LOW_HZ);
  g.font = FONT;
  for (const mark of MARKS_HZ) {
    const x = (Math.log2(mark / LOW_HZ) / octaves) * width;
    g.fillStyle = colours.line;
    g.fillRect(Math.round(x), 0, 1, height);
    g.fillStyle = colours["ink-3"];
    const name = mark < 1000 ? `${mark}` : `${mark / 1000}k`;
    const wide = g.measureText(name).width;
    g.fillText(name, x + 3 + wide < width ? x + 3 : x - 3 - wide, height - 3);
  }
  const { analyser, context } = audio;
  if (!analyser || context.state !== "running") return;
  bins ??= new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const binHz = context.sampleRate / analyser.fftSize;
  g.beginPath();
  g.moveTo(0, height);
  for (let x = 0; x <= width; x += 1) {
    const from = (LOW_HZ * 2 ** ((x / width) * octaves)) / binHz;
    const until = (LOW_HZ * 2 ** (((x + 1) / width) * octaves)) / binHz;
    g.lineTo(x, height - height * share(from, until));
  }
  g.lineTo(width, height);
  g.fillStyle = colours["ink-2"];
  g.globalAlpha = 0.28;
  g.fill();
  g.globalAlpha = 1;
}

/** The strongest of the bins between two, or what lies between neighbours, as a share of the height. */
function share(from, until) {
  let level = -Infinity;
  for (let bin = Math.ceil(from); bin < until && bin < bins.length; bin += 1) level = Math.max(level, bins[bin]);
  if (level === -Infinity) {
    const low = Math.floor(from);
    level = bins[low] + (bins[low + 1] - bins[low]) * (from - low);
  }
  return Math.max(0, Math.min(1, (level - FLOOR_DB) / (TOP_DB - FLOOR_DB))) || 0;
}
