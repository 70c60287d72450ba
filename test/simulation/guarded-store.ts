// What a lock guards: a number, and whoever reads and writes it shows the fencing token of its grant. This is all that a
// store has to do. Every write must be built on what is there, or an update was lost.

import { Violation } from './violation.ts';

export class GuardedStore {
  #highestToken = 0;
  #value = 0;

  /** What is there; undefined when a larger token was seen. */
  read(token: number): number | undefined {
    return this.#admits(token) ? this.#value : undefined;
  }

  /** Whether it was written. @param value what the writer had read, and 1. */
  write(token: number, value: number): boolean {
    if (!this.#admits(token)) return false;
    if (value !== this.#value + 1) {
      const why = `With token ${token} somebody wrote ${value} over ${this.#value}, which it had not seen`;
      throw new Violation('a store that checks tokens loses no update', why);
    }
    this.#value = value;
    return true;
  }

  #admits(token: number): boolean {
    if (token < this.#highestToken) return false;
    this.#highestToken = token;
    return true;
  }
}
