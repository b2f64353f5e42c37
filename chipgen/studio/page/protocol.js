/** The WebSocket to the server: messages both ways, sound in, and coming back after it was gone. */

import { Emitter } from "./events.js";

const HEADER_BYTES = 16;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

/**
 * A piece of sound: frames of the connection's time line.
 * @typedef {{generation: number, first: number, frames: number, channels: number,
 *   samples: Float32Array}} Block samples are interleaved
 */

/** Emits "open", "gone", "block" (a Block), and each message under its own type. */
export class Connection extends Emitter {
  /** @param {number} rateHz what the sound card is given */
  constructor(rateHz) {
    super();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.url = `${scheme}://${location.host}/ws?rate=${rateHz}`;
    this.wait_ms = FIRST_WAIT_MS;
    /** @type {WebSocket|null} */
    this.socket = null;
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Connect, and again whenever the connection is lost. */
  connect() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.wait_ms = FIRST_WAIT_MS;
      this.emit("open");
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = () => {
      this.emit("gone");
      setTimeout(() => this.connect(), this.wait_ms);
      this.wait_ms = Math.min(LONGEST_WAIT_MS, this.wait_ms * 1.6);
    };
  }

  /**
   * Send a message; returns false if there is no connection.
   * @param {string} type
   * @param {object} [values]
   */
  send(type, values = {}) {
    if (!this.isOpen) return false;
    this.socket.send(JSON.stringify({ type, ...values }));
    return true;
  }

  /** @param {string|ArrayBuffer} data */
  #receive(data) {
    if (data instanceof ArrayBuffer) this.emit("block", readBlock(data));
    else {
      const message = JSON.parse(data);
      this.emit(message.type, message);
    }
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
