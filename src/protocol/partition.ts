// Partitions: slices of the key space by hash. A floor is promised for one of them at once (F1), and a home
// prefers one. The same key is in the same partition on every node and for ever.

import { keyIn, partitionOfKey } from './stays.ts';

export const PARTITIONS = 256;
export const ALL_PARTITIONS: readonly number[] = [...Array(PARTITIONS).keys()];

/** The partition of a key, below PARTITIONS, by the key or by its name in any stay. */
export function partitionOf(name: string): number {
  const code = name.charCodeAt(0);
  // Most names are keys, and no key begins with a mark.
  if (code !== STAY_MARK_CODE && code !== PARTITION_MARK_CODE) return hashOf(name) % PARTITIONS;
  const key = keyIn(name);
  return partitionOfKey(key) ?? hashOf(key) % PARTITIONS;
}

/**
 * 32 bits of a text of ASCII characters: FNV-1a (Fowler, Noll, Vo) from an offset that `seed` varies, then the
 * finaliser of MurmurHash3 (A. Appleby, public domain), because the high bits of FNV-1a are weak for short texts.
 */
export function hashOf(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const STAY_MARK_CODE = 36;
const PARTITION_MARK_CODE = 33;
const FLOOR_MARK = '#';
const FLOOR_NAMES = ALL_PARTITIONS.map(partition => FLOOR_MARK + partition);

/** Under which name the floor of a partition is kept and asked for: no key has this mark in it. */
export function floorName(partition: number): string {
  return FLOOR_NAMES[partition] ?? FLOOR_MARK + partition;
}

/** Whether that is a key, and not the name of a floor. */
export function isKey(name: string): boolean {
  return !name.startsWith(FLOOR_MARK);
}

/** The partition whose floor has this name, or undefined for anything else. */
export function partitionOfFloor(name: string): number | undefined {
  if (isKey(name)) return undefined;
  const partition = Number(name.slice(FLOOR_MARK.length));
  const isPartition = Number.isInteger(partition) && partition >= 0 && partition < PARTITIONS;
  return isPartition && floorName(partition) === name ? partition : undefined;
}
