/**
 * Frames from the server to the sound card: a queue on one time line, spliced by generation.
 *
 * Frames are numbered since the connection opened. A new generation is played from its first frame
 * on; what was queued from there on is dropped. Jumps that remain are smoothed over 2 ms.
 */

const SMOOTH_S = 0.002;
const START_S = 0.05; // queued before music begins, so that it does not run dry at once
const BUSY_START_S = 0.15; // the same after a gap: the machine is busy
const REPORT_QUANTA = 6; // of 128 frames: 16 ms at 48 kHz

class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {{first: number, samples: Float32Array}[]} */
    this.queue = [];
    this.position = 0;
    this.generation = -1;
    this.playing = false;
    this.end = 0; // frame from which on silence is meant
    this.underruns = 0;
    this.start = START_S;
    this.jump = false; // whether the next frame does not follow from the one before
    this.heard = 0;
    this.rest = 0; // of the jump, still fading
    this.fade = Math.exp(-4 / (SMOOTH_S * sampleRate));
    this.quanta = 0;
    this.port.onmessage = (event) => this.receive(event.data);
  }

  receive(message) {
    if (message.type === "block") this.append(message);
    else if (message.type === "end") this.end = message.frame;
    else if (message.type === "expect") this.expect(message.start ?? START_S);
    else if (message.type === "flush") this.flush();
    else if (message.type === "reset") {
      this.flush();
      this.generation = -1;
      this.position = 0;
    }
  }

  /** Music follows, to begin when so many seconds are queued: from now on silence is a gap. */
  expect(start) {
    if (this.end < Infinity) this.start = start;
    this.end = Infinity;
  }

  append({ generation, first, samples }) {
    if (generation < this.generation) return;
    if (generation > this.generation) {
      this.generation = generation;
      this.quanta = -1; // tell the server at once
      this.jump ||= first < this.position;
      this.cut(first);
    }
    if (!this.queue.length && !this.playing) this.position = Math.max(this.position, first);
    this.queue.push({ first, samples });
  }

  /** Drop what is queued from a frame on. */
  cut(frame) {
    this.queue = this.queue.filter((block) => block.first < frame);
    const last = this.queue.at(-1);
    if (last && last.first + last.samples.length > frame) {
      last.samples = last.samples.subarray(0, frame - last.first);
    }
  }

  flush() {
    this.queue = [];
    this.playing = false;
    this.start = START_S;
    this.end = 0;
    this.jump = true;
  }

  /** Frame after the last one queued. */
  get upto() {
    const last = this.queue.at(-1);
    return last ? Math.max(this.position, last.first + last.samples.length) : this.position;
  }

  get queued() {
    return this.upto - this.position;
  }

  process(_inputs, outputs) {
    const output = outputs[0][0];
    if (!this.playing && this.queued) {
      this.playing = this.queued >= this.start * sampleRate || this.end < Infinity;
    }
    let done = 0;
    while (this.playing && done < output.length) {
      const block = this.queue[0];
      if (!block) {
        this.playing = false;
        if (this.position < this.end) {
          this.underruns += 1;
          this.start = BUSY_START_S;
        }
        break;
      }
      if (this.position < block.first) this.position = block.first;
      const from = this.position - block.first;
      const count = Math.min(output.length - done, block.samples.length - from);
      if (count > 0) {
        output.set(block.samples.subarray(from, from + count), done);
        done += count;
        this.position += count;
      }
      if (this.position >= block.first + block.samples.length) this.queue.shift();
    }
    this.smooth(output, done);
    this.quanta += 1;
    if (this.quanta % REPORT_QUANTA === 0) this.report();
    return true;
  }

  /** After a jump let the difference to what was heard last fade, instead of clicking. */
  smooth(output, done) {
    if (done && this.jump) {
      this.rest = this.heard - output[0];
      this.jump = false;
    }
    this.add(output, 0, done);
    if (done < output.length) {
      this.rest = done ? output[done - 1] : this.heard;
      this.jump = true;
      this.add(output, done, output.length);
    }
    this.heard = output[output.length - 1];
  }

  add(output, from, until) {
    for (let index = from; index < until && Math.abs(this.rest) > 1e-6; index += 1) {
      this.rest *= this.fade;
      output[index] += this.rest;
    }
  }

  report() {
    this.port.postMessage({
      position: this.position, queued: this.queued, upto: this.upto,
      generation: this.generation,
      playing: this.playing, expected: this.end > this.position, underruns: this.underruns, time: currentTime,
    });
  }
}

registerProcessor("chipgen-player", Player);
