/** The browser's end of the sound: worklet, analyser, and the voices' latest samples. */

import { Emitter } from "./events.js";
import { VOICES } from "./voices.js";

const SCOPE_FRAMES = 1 << 18; // of each voice: more than is ever queued, 4 s

const WATCH_MS = 500;
const STUCK_MS = 2000; // a device that takes no sound for so long is none
const HELD_BACK = "The browser holds the sound back. Click on the page, or press a key.";
const NO_DEVICE = "No sound device takes the sound. Connect or choose one; it then plays on.";

/**
 * Emits "report" (position, queued, generation, playing, underruns) about every 16 ms, and "trouble" with
 * why nothing is heard, or with nothing once it is.
 */
export class Audio extends Emitter {
  /** @param {number} rateHz the server's rate; the browser resamples to the device's */
  constructor(rateHz) {
    super();
    this.rateHz = rateHz;
    /** @type {AudioContext|null} */
    this.context = null;
    /** @type {AnalyserNode|null} */
    this.analyser = null;
    /** @type {AudioWorkletNode|null} */
    this.node = null;
    /** @type {object[]} */
    this.waiting = [];
    this.rings = Array.from({ length: VOICES.length }, () => new Float32Array(SCOPE_FRAMES));
    this.written = 0; // frame after the last one in the rings
    this.files = 0; // that sound apart from the piece
    this.state = {
      position: 0, queued: 0, upto: 0, generation: -1, playing: false, expected: false,
      underruns: 0, time: 0,
    };
    /** @type {Promise<void>|null} */
    this.starting = null;
    this.trouble = "";
    this.moved = { time: -1, at: 0 }; // the device's clock, and when it went on
  }

  /** Begin to sound; browsers allow it only once the user has done something. */
  start() {
    this.starting ??= this.#start();
    if (this.context?.state === "suspended") this.context.resume();
    return this.starting;
  }

  async #start() {
    const context = new AudioContext({ sampleRate: this.rateHz, latencyHint: "interactive" });
    this.context = context;
    context.onstatechange = () => this.#watch();
    context.onerror = () => this.#tell(NO_DEVICE);
    setInterval(() => this.#watch(), WATCH_MS);
    await context.audioWorklet.addModule("/page/worklet.js");
    const node = new AudioWorkletNode(context, "chipgen-player", {
      numberOfInputs: 0, outputChannelCount: [1],
    });
    node.port.onmessage = (event) => {
      this.state = event.data;
      this.emit("report", this.state);
    };
    this.analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0.6 });
    node.connect(this.analyser).connect(context.destination);
    this.node = node;
    for (const message of this.waiting) this.#post(message);
    this.waiting = [];
  }

  /** See whether the device takes sound; a tab in the background may be slowed down. */
  #watch() {
    const { state, currentTime } = this.context;
    const now = performance.now();
    if (currentTime !== this.moved.time || document.hidden) this.moved = { time: currentTime, at: now };
    if (now - this.moved.at < STUCK_MS) this.#tell("");
    else this.#tell(state === "running" ? NO_DEVICE : HELD_BACK);
  }

  /** @param {string} trouble */
  #tell(trouble) {
    if (trouble === this.trouble) return;
    this.trouble = trouble;
    this.emit("trouble", trouble);
  }

  /**
   * Queue a block from the server.
   * @param {import("./protocol.js").Block} block
   */
  play({ generation, first, frames, channels, samples }) {
    const mix = new Float32Array(frames);
    for (let frame = 0; frame < frames; frame += 1) mix[frame] = samples[frame * channels];
    for (let voice = 0; voice + 1 < channels; voice += 1) {
      const ring = this.rings[voice];
      for (let frame = 0; frame < frames; frame += 1) {
        ring[(first + frame) % SCOPE_FRAMES] = samples[frame * channels + voice + 1];
      }
    }
    this.written = first + frames;
    this.#post({ type: "block", generation, first, samples: mix });
  }

  /**
   * Silence after this frame is meant.
   * @param {number} frame
   */
  endAt(frame) {
    this.#post({ type: "end", frame });
  }

  /**
   * Music follows: from now on silence is a gap.
   * @param {number} [start] seconds to be queued before it begins
   */
  expect(start) {
    this.#post({ type: "expect", start });
  }

  /** Drop what is queued and fall silent. */
  flush() {
    this.#post({ type: "flush" });
  }

  /** Begin a new time line, for a new connection. */
  reset() {
    this.written = 0;
    this.#post({ type: "reset" });
  }

  get isSounding() {
    return this.state.playing || this.files > 0;
  }

  /** The frame that leaves the loudspeaker now. */
  get heardFrame() {
    if (!this.context || !this.state.playing) return this.state.position;
    const since_s = this.context.currentTime - this.state.time;
    const late_s = this.context.outputLatency || this.context.baseLatency || 0;
    const frame = this.state.position + (Math.min(since_s, 0.1) - late_s) * this.rateHz;
    return Math.max(0, Math.min(frame, this.written));
  }

  /**
   * Copy a voice's frames that end at `until`.
   * @param {number} voice
   * @param {number} until
   * @param {Float32Array} into
   */
  copyVoice(voice, until, into) {
    const ring = this.rings[voice];
    const first = until - into.length;
    for (let index = 0; index < into.length; index += 1) {
      const frame = first + index;
      into[index] = frame < 0 ? 0 : ring[frame % SCOPE_FRAMES];
    }
  }

  /**
   * Play a whole sound file apart from the piece; returns a way to stop it.
   * @param {ArrayBuffer} bytes
   * @param {() => void} ended
   * @returns {Promise<() => void>}
   */
  async playFile(bytes, ended) {
    await this.start();
    const buffer = await this.context.decodeAudioData(bytes);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    const level = new GainNode(this.context, { gain: 1 });
    source.connect(level).connect(this.analyser);
    this.files += 1;
    source.onended = () => {
      this.files -= 1;
      ended();
    };
    source.start();
    return () => {
      level.gain.setTargetAtTime(0, this.context.currentTime, 0.01);
      source.stop(this.context.currentTime + 0.05);
    };
  }

  /** @param {object} message */
  #post(message) {
    if (!this.node) this.waiting.push(message);
    else this.node.port.postMessage(message, message.samples ? [message.samples.buffer] : []);
  }
}
