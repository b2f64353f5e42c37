/** Which beat sounds at which frame: the anchors that the server sends, and the tempo map. */

import { beatAt, secondsAt } from "./score.js";

/** @typedef {{frame: number, beat: number}} Anchor from this frame on, the music is at this beat */

const KEPT = 64; // of a short loop that goes around often in what is queued

export class Clock {
  /** @param {number} rateHz */
  constructor(rateHz) {
    this.rateHz = rateHz;
    /** @type {Anchor[]} */
    this.anchors = [];
  }

  /**
   * From `frame` on the music is at `beat`; anchors at or after it are void.
   * @param {number} frame
   * @param {number} beat
   */
  set(frame, beat) {
    this.anchors = this.anchors.filter((anchor) => anchor.frame < frame).slice(-KEPT);
    this.anchors.push({ frame, beat });
  }

  /** Forget everything, as when a new connection begins a new time line. */
  clear() {
    this.anchors = [];
  }

  /**
   * The beat at a frame; null before anything was played.
   * @param {import("./score.js").Score} score
   * @param {number} frame
   * @returns {number|null}
   */
  beat(score, frame) {
    const anchor = this.anchors.findLast((each) => each.frame <= frame) ?? this.anchors[0];
    if (!anchor) return null;
    const ahead_s = Math.max(0, frame - anchor.frame) / this.rateHz;
    return beatAt(score, secondsAt(score, anchor.beat) + ahead_s);
  }
}
