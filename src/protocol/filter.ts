// A compact set of keys that may say yes wrongly and never says no wrongly (Bloom, Space/Time Trade-offs in
// Hash Coding with Allowable Errors, 1970). Travels with a floor.

import { hashOf } from './partition.ts';

/** Bits of the set; its length in bytes is all that else needs to be known. Empty bytes hold no key. */
export type Filter = Uint8Array;

/** With ten bits a key and so many of them set for each, about one foreign key in a hundred is taken for a member. */
const BITS_PER_KEY = 10;
const BITS_SET = 6;
const SECOND_SEED = 0x5bd1e995;

/** All that a filter is made of: two words for each key, its first hash and its second. */
export type Prints = Uint32Array;

export function firstHash(key: string): number {
  return hashOf(key, 0);
}

/** Odd, so that steps of it come to every bit. */
export function secondHash(key: string): number {
  return (hashOf(key, SECOND_SEED) | 1) >>> 0;
}

export function printsOf(keys: readonly string[]): Prints {
  const prints = new Uint32Array(2 * keys.length);
  keys.forEach((key, i) => {
    prints[2 * i] = firstHash(key);
    prints[2 * i + 1] = secondHash(key);
  });
  return prints;
}

export function joinedPrints(some: Prints, others: Prints): Prints {
  const prints = new Uint32Array(some.length + others.length);
  prints.set(some);
  prints.set(others, some.length);
  return prints;
}

/** A filter with room for so many keys. */
export function emptyFilter(keys: number): Filter {
  return new Uint8Array(Math.ceil((keys * BITS_PER_KEY) / 8));
}

export function filterOf(prints: Prints): Filter {
  const filter = emptyFilter(prints.length / 2);
  for (let i = 0; i < prints.length; i += 2) set(filter, prints[i] ?? 0, prints[i + 1] ?? 0);
  return filter;
}

export function addTo(filter: Filter, key: string): void {
  set(filter, firstHash(key), secondHash(key));
}

function set(filter: Filter, first: number, step: number): void {
  const bits = 8 * filter.length;
  let hash = first;
  for (let i = 0; i < BITS_SET; i++) {
    const bit = hash % bits;
    filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    hash = (hash + step) >>> 0;
  }
}

export function mayContain(filter: Filter, key: string): boolean {
  if (filter.length === 0) return false;
  const bits = 8 * filter.length;
  const step = secondHash(key);
  let hash = firstHash(key);
  for (let i = 0; i < BITS_SET; i++) {
    const bit = hash % bits;
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    hash = (hash + step) >>> 0;
  }
  return true;
}
