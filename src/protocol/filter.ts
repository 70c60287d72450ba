// A compact set of keys that may say yes wrongly and never says no wrongly (Bloom, Space/Time Trade-offs in
// Hash Coding with Allowable Errors, 1970). Travels with a floor.

import { hashOf } from './partition.ts';

/** Bits of the set; its length in bytes is all that else needs to be known. Empty bytes hold no key. */
export type Filter = Uint8Array;

/** With ten bits a key and so many of them set for each, about one foreign key in a hundred is taken for a member. */
const BITS_PER_KEY = 10;
const BITS_SET = 6;
const SECOND_SEED = 0x5bd1e995;

/** A filter with room for so many keys. */
export function emptyFilter(keys: number): Filter {
  return new Uint8Array(Math.ceil((keys * BITS_PER_KEY) / 8));
}

export function filterOf(keys: readonly string[]): Filter {
  const filter = emptyFilter(keys.length);
  for (const key of keys) addTo(filter, key);
  return filter;
}

export function addTo(filter: Filter, key: string): void {
  const bits = 8 * filter.length;
  const step = hashOf(key, SECOND_SEED) | 1;
  let hash = hashOf(key, 0);
  for (let i = 0; i < BITS_SET; i++) {
    const bit = hash % bits;
    filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    hash = (hash + step) >>> 0;
  }
}

export function mayContain(filter: Filter, key: string): boolean {
  if (filter.length === 0) return false;
  const bits = 8 * filter.length;
  const step = hashOf(key, SECOND_SEED) | 1;
  let hash = hashOf(key, 0);
  for (let i = 0; i < BITS_SET; i++) {
    const bit = hash % bits;
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    hash = (hash + step) >>> 0;
  }
  return true;
}
