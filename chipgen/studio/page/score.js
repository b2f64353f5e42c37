/**
 * Scores as the server sends them: reading and changing them, always into new values.
 *
 * @typedef {[number, number, number, number]} Note onset and duration in beats, pitch, velocity
 * @typedef {{name: string, role: string, channel: number, program: number, notes: Note[],
 *   controls: number[][], bends: number[][], drums?: boolean | null}} Track
 * @typedef {{name: string, dialect: string, key?: string, end_beats: number,
 *   tempos: [number, number][], meters: [number, number, number][], markers: [number, string][],
 *   tracks: Track[], bar_starts_beats?: number[]}} Score
 */

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const DRUMS = {
  35: "low kick", 36: "kick", 37: "rim", 38: "snare", 39: "clap", 40: "snare 2", 41: "low tom",
  42: "hat", 43: "tom 2", 44: "pedal hat", 45: "tom 3", 46: "open hat", 47: "tom 4",
  48: "tom 5", 49: "crash", 50: "high tom", 51: "ride", 53: "ride bell", 54: "tambourine",
  55: "splash", 56: "cowbell", 57: "crash 2", 59: "ride 2", 70: "maracas",
};

/** Parts of a piece that begins empty: General MIDI programs that the presets know. */
const PARTS = [
  ["melody", 0, 80], ["second voice", 1, 81], ["bass", 2, 38], ["drums", 9, 0],
];

/**
 * A piece without notes.
 * @param {string} [name]
 * @param {number} [bpm]
 * @returns {Score}
 */
export function emptyScore(name = "untitled", bpm = 120) {
  return {
    name, dialect: "gm", key: "", end_beats: 0, tempos: [[0, bpm]], meters: [[0, 4, 4]], markers: [],
    tracks: PARTS.map(([part, channel, program]) => ({
      name: /** @type {string} */ (part), role: "", channel: /** @type {number} */ (channel),
      program: /** @type {number} */ (program), notes: [], controls: [], bends: [],
    })),
  };
}

/** @param {Score} score */
export function noteCount(score) {
  return score.tracks.reduce((count, track) => count + track.notes.length, 0);
}

/**
 * Whether a track strikes drums or noise rather than pitches.
 * @param {Track} track
 */
export function isDrums(track) {
  if (track.role) return track.role === "no";
  return track.drums ?? track.channel === 9;
}

/**
 * Name a pitch as musicians do, or the drum it strikes.
 * @param {number} pitch
 * @param {Track} [track]
 */
export function pitchName(pitch, track) {
  if (track && track.role === "no") return `noise ${pitch}`;
  if (track && isDrums(track)) return DRUMS[pitch] ?? `drum ${pitch}`;
  return `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

/**
 * Seconds from the start to a beat, over the tempo map.
 * @param {Score} score
 * @param {number} beat
 */
export function secondsAt(score, beat) {
  let seconds = 0;
  for (let index = 0; index < score.tempos.length; index += 1) {
    const [from, bpm] = score.tempos[index];
    const until = score.tempos[index + 1]?.[0] ?? Infinity;
    seconds += ((Math.min(beat, until) - from) * 60) / bpm;
    if (beat < until) break;
  }
  return seconds;
}

/**
 * The beat that sounds so many seconds after the start.
 * @param {Score} score
 * @param {number} seconds
 */
export function beatAt(score, seconds) {
  let left = seconds;
  for (let index = 0; ; index += 1) {
    const [from, bpm] = score.tempos[index];
    const until = score.tempos[index + 1]?.[0] ?? Infinity;
    const length = ((until - from) * 60) / bpm;
    if (left < length) return from + (left * bpm) / 60;
    left -= length;
  }
}

/**
 * @typedef {{beat: number, bar: number, numerator: number, denominator: number, bar_beats: number}} Meter
 *   with the beat and the number of its first bar
 */

/** @type {WeakMap<any, Meter[]>} what is found of a map of meters, once for all its scores */
const meterLists = new WeakMap();

/**
 * The last of rows in order that lies where it should, found by halving; undefined if none does.
 * @template Row
 * @param {Row[]} rows
 * @param {(row: Row) => boolean} inside true up to some row
 * @returns {Row|undefined}
 */
function lastWhere(rows, inside) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (inside(rows[middle])) low = middle + 1;
    else high = middle;
  }
  return rows[low - 1];
}

/**
 * All meters of a piece in order.
 * @param {Score} score
 * @returns {Meter[]}
 */
function metersOf(score) {
  const known = meterLists.get(score.meters);
  if (known) return known;
  /** @type {Meter[]} */
  const found = [];
  for (const [beat, numerator, denominator] of score.meters) {
    const last = found.at(-1);
    const bar = last ? last.bar + Math.ceil((beat - last.beat) / last.bar_beats - 1e-9) : 0;
    found.push({ beat, bar, numerator, denominator, bar_beats: (4 * numerator) / denominator });
  }
  meterLists.set(score.meters, found);
  return found;
}

/**
 * The meter in force at a beat, and where its first bar begins and is numbered.
 * @param {Score} score
 * @param {number} beat
 * @returns {Meter}
 */
export function meterAt(score, beat) {
  const meters = metersOf(score);
  return lastWhere(meters, (meter) => meter.beat <= beat + 1e-9) ?? meters[0];
}

/**
 * Number of the bar that holds a beat, from 0.
 * @param {Score} score
 * @param {number} beat
 */
export function barAt(score, beat) {
  const meter = meterAt(score, beat);
  return meter.bar + Math.floor((beat - meter.beat) / meter.bar_beats + 1e-9);
}

/**
 * The beat at which a bar (from 0) begins; bars continue after the end.
 * @param {Score} score
 * @param {number} bar
 */
export function barStart(score, bar) {
  const meters = metersOf(score);
  const meter = lastWhere(meters, (each) => each.bar <= bar) ?? meters[0];
  return meter.beat + (bar - meter.bar) * meter.bar_beats;
}

/**
 * The tempo at a beat, in beats per minute.
 * @param {Score} score
 * @param {number} beat
 */
export function tempoAt(score, beat) {
  return (lastWhere(score.tempos, ([from]) => from <= beat + 1e-9) ?? score.tempos[0])[1];
}

/**
 * How many bars the piece has.
 * @param {Score} score
 */
export function barCount(score) {
  return score.end_beats > 0 ? barAt(score, score.end_beats - 1e-6) + 1 : 0;
}

/**
 * Say where a beat is: bar and beat from 1, and hundredths of a beat.
 * @param {Score} score
 * @param {number} beat
 */
export function placeName(score, beat) {
  const bar = barAt(score, beat);
  const meter = meterAt(score, beat);
  const within = Math.max(0, ((beat - barStart(score, bar)) * meter.denominator) / 4);
  const whole = Math.floor(within + 1e-6);
  const cents = String(Math.floor((within - whole) * 100 + 1e-4)).padStart(2, "0");
  return `${bar + 1}.${whole + 1}.${cents}`;
}

/**
 * A score that ends with the bar of its last note, unless it ends in that bar already.
 * @param {Score} score
 */
export function withEnd(score) {
  const last = lastEnd(score);
  if (!last) return { ...score, end_beats: 0 };
  const bar = meterAt(score, last - 1e-6).bar_beats;
  if (last <= score.end_beats + 1e-9 && last > score.end_beats - bar) return score;
  const index = barAt(score, last - 1e-6);
  return { ...score, end_beats: barStart(score, index + 1) };
}

/**
 * The latest end of a note, in beats.
 * @param {Score} score
 */
export function lastEnd(score) {
  let last = 0;
  for (const track of score.tracks) {
    for (const note of track.notes) last = Math.max(last, note[0] + note[1]);
  }
  return last;
}

/**
 * Lowest and highest pitch of the tracks that are not drums; null without notes.
 * @param {Score} score
 * @returns {[number, number]|null}
 */
export function pitchRange(score) {
  let low = 128;
  let high = -1;
  for (const track of score.tracks) {
    if (isDrums(track)) continue;
    for (const note of track.notes) {
      low = Math.min(low, note[2]);
      high = Math.max(high, note[2]);
    }
  }
  return high < 0 ? null : [low, high];
}
