/** The register view: the 24 registers of the chip as they stand, and what they say. */

import { byId, make } from "./dom.js";
import { pitchName } from "./score.js";
import { TABLE } from "./voice-table.js";

// NESdev wiki, "APU registers" and "CPU": the NTSC clock, and the fields of each register.
const CPU_HZ = 1789773;
const FIRST = 0x4000;
const DUTIES = ["12.5 %", "25 %", "50 %", "75 %"];
const EXPLAIN = { pulse, triangle, noise };
const GROUPS = TABLE.map((voice) => [
  voice.label, voice.name, voice.register - FIRST, (four) => EXPLAIN[voice.wave](four, voice.periodCycles),
]);

/**
 * Show the registers while their panel is open.
 * @param {import("./protocol.js").Connection} connection
 */
export function showRegisters(connection) {
  const panel = byId("registers");
  const rows = GROUPS.map(([name, voice, first]) => {
    const cells = [0, 1, 2, 3].map((offset) => make("td", {
      className: "hex", title: `$${(FIRST + first + offset).toString(16).toUpperCase()}`,
    }, "––"));
    const meaning = make("td", { className: "meaning" });
    const row = make("tr", { className: voice }, make("th", { scope: "row" }, name),
      make("td", { className: "address" }, `$${(FIRST + first).toString(16).toUpperCase()}`), ...cells, meaning);
    return { row, cells, meaning };
  });
  byId("register-table").append(make("table", {}, make("tbody", {}, ...rows.map((each) => each.row))));
  const ask = () => connection.send("registers", { on: panel.open });
  panel.addEventListener("toggle", ask);
  connection.on("open", () => panel.open && ask());
  connection.on("registers", ({ values }) => {
    GROUPS.forEach(([, , first, explain], index) => {
      const four = values.slice(first, first + 4);
      four.forEach((value, offset) => {
        rows[index].cells[offset].textContent = value.toString(16).toUpperCase().padStart(2, "0");
      });
      rows[index].meaning.textContent = explain(four);
    });
  });
}

function pulse([control, , low, high], cycles) {
  const volume = control & 0x10 ? `volume ${control & 15}` : `envelope ${control & 15}`;
  return `${DUTIES[control >> 6]}, ${volume}, ${tone(low, high, cycles)}`;
}

function triangle([linear, , low, high], cycles) {
  return `linear ${linear & 127}, ${tone(low, high, cycles)}`;
}

function noise([control, , period]) {
  return `volume ${control & 15}, period ${period & 15}${period & 0x80 ? ", metallic" : ""}`;
}

function tone(low, high, cycles) {
  const period = low | ((high & 7) << 8);
  if (!period) return "silent";
  const hz = CPU_HZ / (cycles * (period + 1));
  const pitch = Math.round(69 + 12 * Math.log2(hz / 440));
  return `${hz.toFixed(1)} Hz ${pitch >= 0 && pitch < 128 ? pitchName(pitch) : ""}`;
}
