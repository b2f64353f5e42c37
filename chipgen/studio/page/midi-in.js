/** Keyboards through Web MIDI: asks for access once, then listens to every input that appears. */

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;

/**
 * Connect MIDI keyboards.
 * @param {(on: boolean, note: number, velocity: number) => void} play
 * @param {(names: string[]) => void} changed called with the inputs' names
 */
export async function listenToMidi(play, changed) {
  if (!navigator.requestMIDIAccess) throw new Error("This browser has no Web MIDI; Chromium and Firefox have.");
  let access;
  try {
    access = await navigator.requestMIDIAccess();
  } catch {
    throw new Error("The browser was not allowed to use MIDI; its address bar can allow it.");
  }
  const update = () => {
    const inputs = [...access.inputs.values()];
    for (const input of inputs) input.onmidimessage = (event) => receive(event.data, play);
    changed(inputs.map((input) => input.name ?? "a keyboard"));
  };
  access.onstatechange = update;
  update();
}

/**
 * @param {Uint8Array} data
 * @param {(on: boolean, note: number, velocity: number) => void} play
 */
function receive([status, note, velocity], play) {
  const kind = status & 0xf0;
  if (kind === NOTE_ON && velocity > 0) play(true, note, velocity);
  else if (kind === NOTE_OFF || kind === NOTE_ON) play(false, note, 0);
}
