// The keys of the states that were visited. A Set holds 2^24 at most, so there are several.

import { at } from './interning.ts';

const SETS = 64;

export class Visited {
  readonly #sets = Array.from({ length: SETS }, () => new Set<string>());

  /** Adds a key. @returns whether it is new. */
  add(key: string): boolean {
    let sum = 0;
    for (let i = 0; i < key.length; i++) sum = (31 * sum + key.charCodeAt(i)) % 65_521;
    const set = at(this.#sets, sum % SETS);
    const size = set.size;
    return set.add(key).size > size;
  }
}
