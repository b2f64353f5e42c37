/** A named-event emitter. */
export class Emitter {
  constructor() {
    /** @type {Map<string, Set<Function>>} */
    this.listeners = new Map();
  }

  /**
   * @param {string} name
   * @param {Function} listener
   */
  on(name, listener) {
    if (!this.listeners.has(name)) this.listeners.set(name, new Set());
    this.listeners.get(name).add(listener);
  }

  /**
   * @param {string} name
   * @param {...any} values
   */
  emit(name, ...values) {
    for (const listener of this.listeners.get(name) ?? []) listener(...values);
  }
}
