/** Questions to the server that have one answer; its errors become `Error`s of one line. */

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The studio's server does not answer. Is `chipgen studio` still running?");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.error ?? `${path}: ${response.status} ${response.statusText}`);
}

/** @param {object} value */
function asJson(value) {
  return {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value),
  };
}

/** What the server offers: models, presets, examples, formats, limits. */
export async function about() {
  return (await ask("/api/about")).json();
}

/** @param {string|{yaml: string}} preset a name, or the text of the user's own */
export async function preset(preset) {
  if (typeof preset !== "string") return readPreset(preset.yaml, "preset.yaml");
  return (await ask(`/api/presets/${encodeURIComponent(preset)}`)).json();
}

/**
 * Let the server check a preset file.
 * @param {Blob|string} file
 * @param {string} name what errors call it
 */
export async function readPreset(file, name) {
  const options = { method: "POST", body: file, headers: { "Content-Type": "application/yaml" } };
  return (await ask(`/api/presets?name=${encodeURIComponent(name)}`, options)).json();
}

/** @param {string} name */
export async function example(name) {
  return (await ask(`/api/examples/${encodeURIComponent(name)}`)).json();
}

/**
 * Let the server read a MIDI file.
 * @param {File} file
 */
export async function readMidi(file) {
  const options = { method: "POST", body: await file.arrayBuffer() };
  return (await ask(`/api/read?name=${encodeURIComponent(file.name)}`, options)).json();
}

/**
 * The preset's demonstration as a WAV file.
 * @param {string|{yaml: string}} preset
 * @param {Record<string, number>} values
 */
export async function audition(preset, values) {
  return (await ask("/api/audition", asJson({ preset, values }))).arrayBuffer();
}

/**
 * Let the server read a work's file.
 * @param {File} file
 * @returns {Promise<import("./work-pack.js").Packed>}
 */
export async function openWork(file) {
  const options = { method: "POST", body: await file.arrayBuffer() };
  return (await ask(`/api/open?name=${encodeURIComponent(file.name)}`, options)).json();
}

/**
 * The work as a file.
 * @param {object} document
 * @param {import("./work-pack.js").Packed} page
 */
export async function savedWork(document, page) {
  return fileOf(await ask("/api/save", asJson({ document, page })));
}

/**
 * A file made of the document.
 * @param {object} document
 * @param {string} format
 * @param {object|null} made how the piece was composed, if it was
 * @returns {Promise<{blob: Blob, name: string, remarks: string}>} remarks in lines
 */
export async function exported(document, format, made = null) {
  return fileOf(await ask("/api/export", asJson({ document, format, made })));
}

/** @param {Response} response */
async function fileOf(response) {
  const disposition = response.headers.get("Content-Disposition") ?? "";
  const name = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(disposition)?.[1];
  const remarks = decodeURIComponent(response.headers.get("X-Remarks") ?? "");
  return {
    blob: await response.blob(), name: name ? decodeURIComponent(name) : plain ?? "chipgen", remarks,
  };
}

/**
 * The command line that makes the document's sound again.
 * @param {object} document
 * @param {object|null} made how the piece was composed, if it was
 * @returns {Promise<{command: string, files: any}>}
 */
export async function command(document, made) {
  return (await ask("/api/export", asJson({ document, format: "command", made }))).json();
}
