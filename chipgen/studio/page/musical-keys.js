/** Major and minor keys: as requests and MIDI files name them, and as musicians do. */

export const KEYS = [
  "C", "G", "D", "A", "E", "B", "F#", "C#", "F", "Bb", "Eb", "Ab", "Db", "Gb", "Cb",
  "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m", "Dm", "Gm", "Cm", "Fm", "Bbm", "Ebm", "Abm",
];

/** @param {string} key one of `KEYS` */
export function keyName(key) {
  const name = keySign(key);
  return name.endsWith("m") ? `${name.slice(0, -1)} minor` : `${name} major`;
}

/** @param {string} key one of `KEYS`, in short: A♭m */
export function keySign(key) {
  return key.replace("#", "♯").replace(/(?<=[A-G])b/, "♭");
}
