/** The bar over the roll: playing, tools, snap, keyboards, recording and zoom. */

import { byId, icon, make, press } from "./dom.js";
import { listenToMidi } from "./midi-in.js";
import { barStart, noteCount, placeName, secondsAt } from "./score.js";
import { loopOf, withLoop } from "./song-edits.js";
import { attempt, complain, counted, say } from "./status.js";

const SNAPS = [
  ["bar", 4], ["1/2", 2], ["1/4", 1], ["1/8", 0.5], ["1/16", 0.25], ["1/32", 0.125],
  ["1/8 triplet", 1 / 3], ["1/16 triplet", 1 / 6], ["off", 0],
];
const ZOOM = 1.35;
const PLACE_MS = 50; // between two writings of the place while it moves

/**
 * @param {{store: import("./store.js").Store, transport: import("./transport.js").Transport,
 *   roll: import("./roll.js").Roll, keys: import("./keys.js").Keys,
 *   recorder: import("./record.js").Recorder, edits: Record<string, () => void>}} studio
 * @returns {Record<string, () => void>} what shortcuts call too
 */
export function setUpToolbar({ store, transport, roll, keys, recorder, edits }) {
  const actions = {
    play: () => {
      if (!transport.playing && !noteCount(store.score)) {
        byId("hear").focus();
        say("There is nothing to play yet: hear an example, open a file, draw notes or compose.");
      } else if (transport.connection.isOpen || transport.playing) transport.toggle();
      else complain("The server, which makes the sound, does not respond; play again when it is back.");
    },
    toStart: () => {
      roll.following = true;
      transport.seek(0);
      roll.show(0);
    },
    loop: () => toggleLoop(store, roll),
    select: () => roll.setTool("select"),
    draw: () => roll.setTool("draw"),
    erase: () => roll.setTool("erase"),
    keys: () => {
      keys.turn(!keys.on);
      press(byId("piano"), keys.on);
    },
    record: () => record(recorder),
    zoomIn: () => zoom(roll, ZOOM),
    zoomOut: () => zoom(roll, 1 / ZOOM),
    fit: () => roll.fit(),
  };
  const buttons = {
    play: "play", "to-start": "toStart", loop: "loop", "tool-select": "select", "tool-draw": "draw", "tool-erase": "erase",
    piano: "keys", record: "record", "zoom-in": "zoomIn", "zoom-out": "zoomOut", "zoom-fit": "fit",
  };
  for (const [id, action] of Object.entries(buttons)) byId(id).addEventListener("click", actions[action]);
  for (const button of byId("edits").children) button.addEventListener("click", edits[button.dataset.edit]);
  setUpTools(roll);
  setUpSnap(roll);
  byId("midi-in").addEventListener("click", () => attempt(() => listenToMidi(
    (on, note, velocity) => recorder.play(on, note, velocity),
    (names) => {
      press(byId("midi-in"), names.length > 0);
      say(names.length ? `Listening to ${names.join(", ")}.` : "No MIDI keyboard is connected; plug one in.");
    },
  )));
  transport.on("state", () => showPlaying(transport));
  const showLoop = () => press(byId("loop"), loopOf(store.score) !== null);
  store.on("change", showLoop);
  showLoop();
  showPlace(store, transport);
  return actions;
}

/** Loop the selected bars, else the whole piece; or let it end, if that is how it loops already. */
function toggleLoop(store, roll) {
  const { score } = store;
  const now = loopOf(score);
  const bars = roll.bars?.map((bar) => Math.min(barStart(score, bar), score.end_beats));
  const changes = bars && !(now && bars.every((beat, index) => Math.abs(beat - now[index]) < 1e-6));
  const loop = changes ? bars : now ? null : [0, score.end_beats];
  if (loop && loop[1] <= loop[0]) {
    say("There is nothing to loop here yet.");
    return;
  }
  store.editScore("loop", (each) => withLoop(each, loop));
  say(!loop ? "The piece ends." : changes ? `The selected bars loop.` : "The piece loops.");
}

function showPlaying({ playing }) {
  const button = byId("play");
  button.replaceChildren(icon(playing ? "stop" : "play"));
  button.setAttribute("aria-label", playing ? "Stop" : "Play");
  button.title = playing ? "Stop the music (Space)." : "Play from the playhead (Space).";
}

/** Write the place, as often as it can be read: setting text is costlier than the other moving pictures. */
function showPlace(store, transport) {
  const [bars, clock] = [byId("where").firstChild, byId("where").lastChild];
  let dueAt = 0;
  const update = (now) => {
    requestAnimationFrame(update);
    if (now < dueAt && transport.playing) return;
    dueAt = now + PLACE_MS;
    const { beat } = transport;
    const seconds = secondsAt(store.score, beat);
    const place = placeName(store.score, beat);
    if (bars.data !== place) bars.data = place;
    const time = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
    if (clock.textContent !== time) clock.textContent = time;
  };
  update(0);
}

function record(recorder) {
  if (recorder.on) {
    const count = recorder.stop();
    say(count ? `${counted(count, "note")} recorded.` : "Nothing was played.");
  } else {
    recorder.start();
    say("Recording: play on the computer keys or a MIDI keyboard.");
  }
  press(byId("record"), recorder.on);
}

function zoom(roll, factor) {
  roll.view.zoom(factor);
  roll.following = false;
  roll.redraw();
}

function setUpTools(roll) {
  const tools = ["select", "draw", "erase"];
  const button = (tool) => byId(`tool-${tool}`);
  const show = () => {
    for (const tool of tools) {
      button(tool).setAttribute("aria-checked", String(roll.tool === tool));
      button(tool).tabIndex = roll.tool === tool ? 0 : -1;
    }
  };
  button("select").parentElement.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    roll.setTool(tools[(tools.indexOf(roll.tool) + step + tools.length) % tools.length]);
    button(roll.tool).focus();
    event.preventDefault();
  });
  roll.on("tool", show);
  show();
}

function setUpSnap(roll) {
  const snap = byId("snap");
  snap.append(...SNAPS.map(([name, beats]) => make("option", { value: String(beats) }, name)));
  snap.value = String(roll.snap);
  snap.addEventListener("change", () => {
    roll.snap = Number(snap.value);
  });
}
