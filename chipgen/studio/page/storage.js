/** Keeps the work in the browser: one record a tab, found again after a reload or a restart. */

const DATABASE = "chipgen-studio";
const TABLE = "works";
const TAB = "chipgen-studio-work";
const KEPT_WORKS = 20;
const WAIT_MS = 250;

/** The record that this tab writes; other tabs see by its lock that it is taken. */
export class Storage {
  /**
   * @param {IDBDatabase|null} database
   * @param {string} id
   */
  constructor(database, id) {
    this.database = database;
    this.id = id;
    this.timer = 0;
    /** @type {object|null} */
    this.waiting = null;
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
    records.sort((one, other) => other.saved - one.saved);
    const own = sessionStorage.getItem(TAB);
    const wanted = own ? records.filter((record) => record.id === own) : records;
    let found = null;
    for (const record of wanted) {
      if (await hold(record.id)) {
        found = record;
        break;
      }
    }
    const copied = own && !found ? wanted[0]?.work : undefined; // a duplicated tab
    const id = found ? found.id : crypto.randomUUID();
    if (!found) await hold(id);
    sessionStorage.setItem(TAB, id);
    const storage = new Storage(database, id);
    storage.forget(records.slice(KEPT_WORKS).map((record) => record.id));
    return { storage, work: found ? found.work : copied };
  }

  /**
   * Write the work soon; of several in a row the last counts.
   * @param {object} work
   */
  save(work) {
    this.waiting = work;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), WAIT_MS);
  }

  /** Write now what waits. */
  flush() {
    if (!this.waiting || !this.database) return;
    const record = { id: this.id, saved: Date.now(), work: this.waiting };
    this.waiting = null;
    this.database.transaction(TABLE, "readwrite").objectStore(TABLE).put(record);
  }

  /** @param {string[]} ids */
  forget(ids) {
    if (!ids.length || !this.database) return;
    const table = this.database.transaction(TABLE, "readwrite").objectStore(TABLE);
    for (const id of ids) table.delete(id);
  }
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
 * @returns {Promise<{id: string, saved: number, work: any}[]>}
 */
function readAll(database) {
  return new Promise((resolve) => {
    const request = database.transaction(TABLE).objectStore(TABLE).getAll();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve([]);
  });
}

/**
 * Hold a record for as long as this tab lives; false if another tab holds it.
 * @param {string} id
 * @returns {Promise<boolean>}
 */
function hold(id) {
  return new Promise((resolve) => {
    navigator.locks.request(`${DATABASE}-${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}
