/** Where the roll's notes lie on the screen: beats and pitches to pixels and back. */

import { isDrums } from "./score.js";

export const RULER_PX = 26;
export const GUTTER_PX = 50;
export const LOOP_PX = 5; // the height of the loop's band in the ruler
const LANE_ROWS_PX = [5, 11]; // rows grow thin before the lane takes too much
const LANE_SHARE = 0.34; // of the height
const LANE_GAP_PX = 8;
const BEAT_PX = [2, 400];
const WIDEST_FIT_PX = 72; // a beat of a short piece
const PITCH_PX = [4, 30];
const USUAL_DRUMS = [36, 38, 42, 46, 49];

export class View {
  constructor() {
    this.width = 0;
    this.height = 0;
    this.beat0 = 0; // at the left edge
    this.beatPx = 24;
    this.top = 88; // pitch (a fraction) at the upper edge
    this.pitchPx = 12;
    this.fitted = false; // whether the whole piece is shown, and should be after a change of size
    this.end = 16; // of what there is to show, in beats
    /** @type {number[]} drums shown in the lane, the lowest last */
    this.drums = [];
  }

  /** Height of the lane of drums with its gap. */
  get laneHeight() {
    return this.drums.length ? this.drums.length * this.laneRow + LANE_GAP_PX : 0;
  }

  /** Where the pitches end and the lane's gap begins. */
  get floor() {
    return this.height - this.laneHeight;
  }

  /** Height of a row of the lane. */
  get laneRow() {
    const fair = Math.floor((this.height * LANE_SHARE) / this.drums.length);
    return Math.max(LANE_ROWS_PX[0], Math.min(LANE_ROWS_PX[1], fair));
  }

  /** How wide a beat is where all beats are shown. */
  get fittingPx() {
    return Math.max(1e-3, (this.width - GUTTER_PX - 12) / Math.max(4, this.end));
  }

  get beats() {
    return (this.width - GUTTER_PX) / this.beatPx;
  }

  /**
   * A view like this one at another place, for a picture of a part of the roll.
   * @param {Partial<View>} place
   * @returns {View}
   */
  at(place) {
    return Object.assign(Object.create(View.prototype), this, place);
  }

  /** @param {number} beat */
  x(beat) {
    return GUTTER_PX + (beat - this.beat0) * this.beatPx;
  }

  /** @param {number} x */
  beat(x) {
    return this.beat0 + (x - GUTTER_PX) / this.beatPx;
  }

  /**
   * Upper edge of a pitch's row, or of a drum's.
   * @param {number} pitch
   * @param {boolean} [drum]
   */
  y(pitch, drum = false) {
    if (drum) return this.height - this.laneRow * (this.drums.length - this.drums.indexOf(pitch));
    return RULER_PX + (this.top - pitch) * this.pitchPx;
  }

  /**
   * What lies at a height: a pitch, or a drum of the lane.
   * @param {number} y
   * @returns {{pitch: number, drum: boolean}}
   */
  row(y) {
    if (y >= this.floor && this.drums.length) {
      const row = Math.floor((y - this.floor - LANE_GAP_PX) / this.laneRow);
      return { pitch: this.drums[Math.max(0, Math.min(row, this.drums.length - 1))], drum: true };
    }
    const pitch = Math.ceil(this.top - (y - RULER_PX) / this.pitchPx);
    return { pitch: Math.max(0, Math.min(127, pitch)), drum: false };
  }

  /**
   * @param {number} across in pixels
   * @param {number} down
   */
  scroll(across, down) {
    this.fitted = false;
    this.beat0 = Math.max(0, Math.min(this.end, this.beat0 + across / this.beatPx));
    this.top -= down / this.pitchPx;
    this.#keepPitches();
  }

  /**
   * Zoom time around a place.
   * @param {number} factor
   * @param {number} [x] what stays where it is
   */
  zoom(factor, x = this.width / 2) {
    this.fitted = false;
    const beat = this.beat(x);
    this.beatPx = Math.max(Math.min(BEAT_PX[0], this.fittingPx), Math.min(BEAT_PX[1], this.beatPx * factor));
    this.beat0 = Math.max(0, beat - (x - GUTTER_PX) / this.beatPx);
  }

  /**
   * @param {number} factor
   * @param {number} y
   */
  zoomPitch(factor, y) {
    this.fitted = false;
    const pitch = this.top - (y - RULER_PX) / this.pitchPx;
    this.pitchPx = Math.max(PITCH_PX[0], Math.min(PITCH_PX[1], this.pitchPx * factor));
    this.top = pitch + (y - RULER_PX) / this.pitchPx;
    this.#keepPitches();
  }

  /**
   * Show all beats, and all pitches between two.
   * @param {[number, number]|null} range
   */
  fit(range) {
    this.fitted = true;
    this.beat0 = 0;
    this.beatPx = Math.min(WIDEST_FIT_PX, this.fittingPx);
    this.showPitches(range ?? [55, 84]);
  }

  /** @param {[number, number]} range */
  showPitches([low, high]) {
    const rows = high - low + 5;
    const room = this.floor - RULER_PX;
    this.pitchPx = Math.max(PITCH_PX[0], Math.min(16, room / rows));
    this.top = (low + high + 1) / 2 + room / this.pitchPx / 2;
    this.#keepPitches();
  }

  /**
   * Choose the lane's rows, the drums that the piece has and the usual ones, and learn its end.
   * @param {import("./score.js").Score} score
   */
  setScore(score) {
    this.end = score.end_beats || 16;
    const drums = new Set();
    for (const track of score.tracks.filter(isDrums)) {
      if (track.role !== "no") USUAL_DRUMS.forEach((drum) => drums.add(drum));
      track.notes.forEach((note) => drums.add(note[2]));
    }
    const sorted = [...drums].sort((one, other) => other - one);
    if (String(sorted) !== String(this.drums)) this.drums = sorted;
  }

  #keepPitches() {
    const rows = (this.floor - RULER_PX) / this.pitchPx;
    this.top = Math.min(128, Math.max(this.top, rows));
  }
}
