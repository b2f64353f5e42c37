/** Keeps works in the browser: one record a tab, found again after a reload or a restart. */

import { packed, unpacked } from "./work-pack.js";

const DATABASE = "chipgen-studio";
const TABLE = "works";
const TAB = "chipgen-studio-work";
const KEPT_WORKS = 20;
const WAIT_MS = 250;
const REST = 20; // times as long as the last writing took, the next one waits

/**
 * @typedef {import("./store.js").Work} Work
 * @typedef {{id: string, saved: number, name?: string, bars?: number, picture?: string, work: any}} WorkRecord
 */

/** The record that this tab writes; other tabs see by its lock that it is taken. */
export class Storage {
  /**
   * @param {IDBDatabase|null} database
   * @param {string} id
   * @param {() => void} release gives its record up
   */
  constructor(database, id, release) {
    this.database = database;
    this.id = id;
    this.release = release;
    this.timer = 0;
    this.restUntil = 0; // milliseconds
    /** @type {Work|null} */
    this.waiting = null;
    /** @type {(work: Work) => {name: string, bars: number, picture: string}} what lists show of a work */
    this.describe = () => ({ name: "", bars: 0, picture: "" });
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  /**
   * Open this tab's record: its own, else the newest that no other tab holds.
   * @returns {Promise<{storage: Storage, work: any}>}
   */
  static async open() {
    const database = await openDatabase().catch(() => null);
    const records = database ? await readAll(database) : [];
    const own = sessionStorage.getItem(TAB);
    const wanted = own ? records.filter((record) => record.id === own) : records;
    let found = null;
    let release = null;
    for (const record of wanted) {
      release = await hold(record.id);
      if (release) {
        found = record;
        break;
      }
    }
    const copied = own && !found ? wanted[0] : undefined; // a duplicated tab
    const id = found ? found.id : crypto.randomUUID();
    if (!found) release = await hold(id);
    sessionStorage.setItem(TAB, id);
    const storage = new Storage(database, id, release ?? (() => {}));
    storage.forget(records.slice(KEPT_WORKS).map((record) => record.id));
    const record = found ?? copied;
    return { storage, work: record && workOf(record) };
  }

  /**
   * Write the work soon; of several in a row the last counts.
   * @param {Work} work
   */
  save(work) {
    this.waiting = work;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.max(WAIT_MS, this.restUntil - performance.now()));
  }

  /** Write now what waits. */
  flush() {
    clearTimeout(this.timer);
    if (!this.waiting || !this.database) return;
    const [work, began] = [this.waiting, performance.now()];
    this.waiting = null;
    this.#put({ id: this.id, saved: Date.now(), ...this.describe(work), work: packed(work) });
    this.restUntil = performance.now() + REST * (performance.now() - began);
  }

  /** Leave the record as it is now, and write another from now on. */
  begin() {
    this.flush();
    this.release();
    this.id = crypto.randomUUID();
    sessionStorage.setItem(TAB, this.id);
    const held = hold(this.id);
    this.release = () => held.then((release) => release?.());
  }

  /**
   * Write another tab's former record from now on, and return its work; null if a tab has it.
   * @param {string} id
   * @returns {Promise<Work|null>}
   */
  async take(id) {
    const record = (await this.list()).find((each) => each.id === id);
    const release = record && await hold(id);
    if (!record || !release) return null;
    this.flush();
    this.release();
    [this.id, this.release] = [id, release];
    sessionStorage.setItem(TAB, id);
    return workOf(record);
  }

  /**
   * All records, the newest first.
   * @returns {Promise<WorkRecord[]>}
   */
  async list() {
    return this.database ? readAll(this.database) : [];
  }

  /**
   * Give the piece of a record that no tab holds another name.
   * @param {WorkRecord} record
   * @param {string} name
   */
  rename(record, name) {
    const { work } = unpackedAny(record.work);
    const takes = work.takes.map((take) => ({ ...take, score: { ...take.score, name } }));
    return this.#put({ ...record, name, work: packed({ ...work, takes }) });
  }

  /** @param {string[]} ids */
  forget(ids) {
    if (!ids.length || !this.database) return Promise.resolve();
    const transaction = this.database.transaction(TABLE, "readwrite");
    for (const id of ids) transaction.objectStore(TABLE).delete(id);
    return ended(transaction);
  }

  #put(record) {
    const transaction = this.database.transaction(TABLE, "readwrite");
    transaction.objectStore(TABLE).put(record);
    return ended(transaction);
  }
}

/**
 * Whether a tab holds a record, this one's included.
 * @param {string} id
 */
export async function isHeld(id) {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === `${DATABASE}-${id}`);
}

function workOf(record) {
  try {
    return unpackedAny(record.work).work;
  } catch {
    return undefined; // damaged, or of a later version
  }
}

/** Earlier versions kept works as they are. */
function unpackedAny(work) {
  return "scores" in work ? unpacked(work) : { work };
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBDatabase} database
 * @returns {Promise<WorkRecord[]>}
 */
function readAll(database) {
  return new Promise((resolve) => {
    const request = database.transaction(TABLE).objectStore(TABLE).getAll();
    request.onsuccess = () => resolve(request.result.sort((one, other) => other.saved - one.saved));
    request.onerror = () => resolve([]);
  });
}

function ended(transaction) {
  return new Promise((resolve) => {
    transaction.oncomplete = transaction.onerror = transaction.onabort = () => resolve(undefined);
  });
}

/**
 * Hold a record for as long as this tab lives, or until what is returned is called; null if another
 * tab holds it.
 * @param {string} id
 * @returns {Promise<(() => void)|null>}
 */
function hold(id) {
  return new Promise((resolve) => {
    navigator.locks.request(`${DATABASE}-${id}`, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(null);
        return undefined;
      }
      return new Promise((release) => resolve(() => release(undefined)));
    });
  });
}
