/** The WebSocket to the server: messages both ways, sound in, and coming back after it was gone. */

import { Emitter } from "./events.js";

const HEADER_BYTES = 16;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
const TRIES = 5; // connections in a row that may end before they have lasted

const TOO_LARGE = 1009;
const MOST_UTF8_BYTES = 3; // of a UTF-16 unit

/** What the server's close codes mean, and what to do: connecting again alone does not help. */
const REFUSALS = {
  [TOO_LARGE]: "The piece is too large for the studio. It is safe here: undo or shorten it, then try again.",
  1013: "Too many studio tabs are open. Close one, then try again. Your work is safe here.",
};
const STUMBLED = "The server ends every connection. Your work is safe here: undo the last change, then try again.";

/**
 * A piece of sound: frames of the connection's time line.
 * @typedef {{generation: number, first: number, frames: number, channels: number,
 *   samples: Float32Array}} Block samples are interleaved
 */

/**
 * Emits "open", "gone" (with what to do before `connect` is called again, or nothing when the page
 * does so by itself), "block" (a Block), and each message under its own type.
 */
export class Connection extends Emitter {
  /** @param {number} rateHz what the sound card is given */
  constructor(rateHz) {
    super();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.url = `${scheme}://${location.host}/ws?rate=${rateHz}`;
    this.wait_ms = FIRST_WAIT_MS;
    this.failures = 0;
    this.greeted = false;
    this.mostBytes = Infinity; // of a message, as the server says
    /** @type {WebSocket|null} */
    this.socket = null;
  }

  get isOpen() {
    return this.greeted && this.socket?.readyState === WebSocket.OPEN;
  }

  /** Connect as the user wishes, after the server refused. */
  tryAgain() {
    this.failures = 0;
    this.wait_ms = FIRST_WAIT_MS;
    this.connect();
  }

  /** Connect, and again whenever the connection is lost, unless the server refuses. */
  connect() {
    this.greeted = false;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = ({ code }) => this.#closed(code);
  }

  /**
   * Send a message; returns false if there is no connection. A message beyond the server's limit
   * ends the connection here: the server would end it too, but its reason may be lost on the way.
   * @param {string} type
   * @param {object} [values]
   */
  send(type, values = {}) {
    if (!this.isOpen) return false;
    const text = JSON.stringify({ type, ...values });
    if (this.#isTooLarge(text)) {
      this.#end(TOO_LARGE);
      return false;
    }
    this.socket.send(text);
    return true;
  }

  /** @param {string} text */
  #isTooLarge(text) {
    if (text.length * MOST_UTF8_BYTES <= this.mostBytes) return false;
    return new Blob([text]).size > this.mostBytes;
  }

  /** @param {number} code why, as if the server had said it */
  #end(code) {
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.#closed(code);
  }

  /** @param {string|ArrayBuffer} data */
  #receive(data) {
    if (data instanceof ArrayBuffer) this.emit("block", readBlock(data));
    else {
      const message = JSON.parse(data);
      if (message.type === "hello") this.#greet(message.most_bytes);
      this.emit(message.type, message);
    }
  }

  /**
   * The server lets this page in: an open socket alone may be one that it refuses.
   * @param {number} mostBytes
   */
  #greet(mostBytes) {
    this.greeted = true;
    this.mostBytes = mostBytes;
    this.since = performance.now();
    this.emit("open");
  }

  /** @param {number} code */
  #closed(code) {
    const lasted = this.greeted && performance.now() - this.since > LONGEST_WAIT_MS;
    if (lasted) this.wait_ms = FIRST_WAIT_MS;
    this.failures = lasted || !this.greeted ? 0 : this.failures + 1;
    this.greeted = false;
    const refusal = REFUSALS[code] ?? (this.failures >= TRIES ? STUMBLED : "");
    this.emit("gone", refusal);
    if (refusal) return;
    setTimeout(() => this.connect(), this.wait_ms);
    this.wait_ms = Math.min(LONGEST_WAIT_MS, this.wait_ms * 1.6);
  }
}

/**
 * Take a binary message apart.
 * @param {ArrayBuffer} data
 * @returns {Block}
 */
export function readBlock(data) {
  const [generation, first, frames, channels] = new Uint32Array(data, 0, HEADER_BYTES / 4);
  return { generation, first, frames, channels, samples: new Float32Array(data, HEADER_BYTES) };
}
