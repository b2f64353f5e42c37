/** The page begins here: makes the parts of the studio and joins them. */

import * as api from "./api.js";
import { Audio } from "./audio.js";
import { Composer } from "./compose.js";
import { ComposePanel } from "./compose-panel.js";
import { defaultOf } from "./controls.js";
import { byId } from "./dom.js";
import { editActions } from "./edit-actions.js";
import { setUpExport } from "./export.js";
import { Keys } from "./keys.js";
import { Overview } from "./overview.js";
import { setUpParts } from "./parts.js";
import { Presets } from "./presets.js";
import { Connection } from "./protocol.js";
import { Recorder } from "./record.js";
import { showRegisters } from "./registers.js";
import { Roll } from "./roll.js";
import { listenToRollKeys } from "./roll-keys.js";
import { listenToPointers } from "./roll-pointer.js";
import { Scopes } from "./scopes.js";
import { Seed } from "./seed.js";
import { listenToShortcuts, plain, withControl } from "./shortcuts.js";
import { SongBar } from "./song-bar.js";
import { SoundPanel } from "./sound-panel.js";
import { complain, counted, describeRoll, say } from "./status.js";
import { Storage } from "./storage.js";
import { Store, newWork, renewed } from "./store.js";
import { listTakes } from "./takes.js";
import { setUpTheme } from "./theme.js";
import { setUpToolbar } from "./toolbar.js";
import { Transport } from "./transport.js";
import { Works } from "./works.js";

const RETRY_MS = 1500;
const FAR = "Browsers play sound only for this machine (127.0.0.1) or over https. From another machine,"
  + " open a tunnel, ssh -L 8765:127.0.0.1:8765 HOST, and go to http://127.0.0.1:8765/.";

/** The parts of the running studio, once it runs. */
export const studio = start();

async function start() {
  setUpTheme(byId("theme"));
  if (!isSecureContext) {
    byId("alert").textContent = FAR;
    return null;
  }
  const { storage, work } = await Storage.open();
  const about = await offered();
  const store = new Store(work ? renewed(work) : newWork(defaultOf(about.request, "preset")));
  const connection = new Connection(about.rate_hz);
  const audio = new Audio(about.rate_hz);
  const transport = new Transport(store, connection, audio);
  const roll = new Roll(byId("roll"), store, transport);
  const composer = new Composer(store, transport, connection, roll, new ComposePanel(store, about));
  const recorder = new Recorder(store, transport, roll, connection);
  const keys = new Keys((on, note, velocity) => recorder.play(on, note, velocity), say);

  addEventListener("blur", () => recorder.release());
  new Overview(byId("overview"), roll);
  listenToPointers(roll);
  const edits = editActions(roll, say);
  listenToRollKeys(roll, edits, say);
  roll.on("key", (on, pitch, track) => recorder.play(on, pitch, 100, track));
  const presets = new Presets(store, transport, audio);
  presets.setUp(about);
  const works = new Works(store, storage, transport, roll, composer);
  new Seed(store, transport, roll, composer, presets, works).setUp(about);
  new SoundPanel(store, about);
  new Scopes(audio);
  showRegisters(connection);
  setUpExport(store, about);
  listTakes(store, composer);
  describeRoll(store);
  const actions = setUpToolbar({ store, transport, roll, keys, recorder, edits });
  setUpParts(store, roll);
  new SongBar(store, transport, roll);
  setUpHistory(store, composer);
  setUpShortcuts(store, composer, works, actions);
  followConnection(connection, transport, roll);

  store.on("change", (changed) => storage.save(changed));
  for (const name of ["pointerdown", "keydown"]) {
    addEventListener(name, () => audio.start(), { capture: true });
  }
  connection.connect();
  document.documentElement.dataset.ready = "true";
  return { store, connection, audio, transport, roll, composer };
}

/** What the server offers; asked again until it answers. */
async function offered() {
  for (;;) {
    try {
      return await api.about();
    } catch (error) {
      complain(error.message);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function setUpHistory(store, composer) {
  const show = () => {
    byId("undo").disabled = !store.past.length;
    byId("redo").disabled = !store.future.length;
  };
  byId("undo").addEventListener("click", () => undo(store, composer));
  byId("redo").addEventListener("click", () => redo(store, composer));
  store.on("change", show);
  show();
}

function undo(store, composer) {
  if (composer.heard) composer.cancel();
  const label = store.undo();
  say(label ? `Undone: ${label}.` : "There is nothing to undo.");
}

function redo(store, composer) {
  if (composer.heard) return;
  const label = store.redo();
  say(label ? `Redone: ${label}.` : "There is nothing to redo.");
}

function setUpShortcuts(store, composer, works, actions) {
  const help = () => byId("help").showModal();
  byId("help-button").addEventListener("click", help);
  listenToShortcuts([
    { keys: "Space", does: "play and stop, wherever the focus is", run: actions.play },
    { keys: "Enter", does: "press the button or tick the box that has the focus" },
    { keys: "Home", does: "to the start", match: plain("Home"), run: actions.toStart },
    { keys: "L", does: "loop the selected bars or the piece, or let it end", match: plain("l"), run: actions.loop },
    { keys: "C", does: "continue the take; stop composing", match: plain("c"), run: () => byId("compose-go").click() },
    { keys: "T", does: "more takes from the same place", match: plain("t"), run: () => composer.again() },
    { keys: "W", does: "rewrite the selected bars", match: plain("w"), run: () => composer.rewrite() },
    { keys: "Ctrl S", does: "save the work as a file", match: withControl("s"), run: () => works.save() },
    { keys: "Ctrl O", does: "open a work's or a MIDI file", match: withControl("o"), run: () => byId("open").click() },
    { keys: "Ctrl Z", does: "undo", match: withControl("z"), run: () => undo(store, composer) },
    { keys: "Ctrl Y", does: "do again", match: withControl("y"), run: () => redo(store, composer) },
    { keys: "Ctrl Shift Z", does: "the same", match: withControl("z", true), run: () => redo(store, composer) },
    { keys: "S", does: "select and move", match: plain("s"), run: actions.select },
    { keys: "D", does: "draw", match: plain("d"), run: actions.draw },
    { keys: "E", does: "erase by sweeping", match: plain("e"), run: actions.erase },
    { keys: "K", does: "computer keys play notes", match: plain("k"), run: actions.keys },
    { keys: "R", does: "record", match: plain("r"), run: actions.record },
    { keys: "+", does: "zoom in", match: plain("+", "="), run: actions.zoomIn },
    { keys: "−", does: "zoom out", match: plain("-"), run: actions.zoomOut },
    { keys: "0", does: "show the whole piece", match: plain("0"), run: actions.fit },
    { keys: "← ↑ → ↓", does: "on the roll: move the cursor or the selected notes" },
    { keys: "Enter", does: "on the roll: put a note down, or select it" },
    { keys: "Shift ← → ↑ ↓", does: "on the roll: shorter, longer, an octave up or down" },
    { keys: "Ctrl ↑ ↓", does: "on the roll: louder and softer" },
    { keys: "Ctrl C X V", does: "on the roll: copy, cut, and put at the cursor or the playhead" },
    { keys: "Ctrl D", does: "on the roll: put a copy of the selected notes or bars after them" },
    { keys: "Q", does: "on the roll: let the selected notes begin on the grid" },
    { keys: "Ctrl A", does: "on the roll: select all notes" },
    { keys: "Delete", does: "on the roll: delete the selected notes, or those in the selected bars" },
    { keys: "PageUp PageDown", does: "on the roll: a bar back or on" },
    { keys: "B", does: "on the roll: select the bar of the cursor or the playhead" },
    { keys: "Shift PageDown", does: "on the roll: select a bar more; with PageUp a bar less" },
    { keys: "Ctrl Wheel", does: "on the roll: zoom; with Alt the pitches" },
    { keys: "?", does: "this list", match: plain("?"), run: help },
  ]);
}

function followConnection(connection, transport, roll) {
  const line = byId("connection");
  let lost = false;
  const show = (state, text) => {
    line.dataset.state = state;
    line.textContent = text;
  };
  const again = byId("try-again");
  again.addEventListener("click", () => {
    again.hidden = true;
    show("waiting", "Connecting…");
    connection.tryAgain();
  });
  show("waiting", "Connecting…");
  connection.on("open", () => {
    show("open", "Connected");
    again.hidden = true;
    if (lost) say("The server is back; your work has been sent again.");
    lost = false;
  });
  connection.on("gone", (refusal) => {
    again.hidden = !refusal;
    if (refusal) {
      lost = true;
      show("gone", "Not connected");
      say(refusal);
      return;
    }
    if (!lost) say("The server does not respond; your work is safe here, and the page keeps trying.");
    lost = true;
    show("gone", "Reconnecting…");
  });
  connection.on("voices", (message) => roll.setPlayed(message));
  transport.audio.on("trouble", (trouble) => {
    byId("trouble").textContent = trouble;
  });
  transport.audio.on("report", () => {
    const { gaps } = transport;
    const text = gaps ? `${counted(gaps, "gap")} in the sound` : "";
    if (byId("underruns").textContent !== text) byId("underruns").textContent = text;
  });
}
