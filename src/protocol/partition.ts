// Partitions: slices of the keys by hash. Which one a key is in is the same at every node and for ever.

export const PARTITIONS = 256;

/** The partition of a key, from 0 to PARTITIONS - 1. */
export function partitionOf(key: string): number {
  return hashOf(key) % PARTITIONS;
}

/**
 * A hash of 32 bits, evenly spread in all of them: FNV-1a, whose low bits are weak, through the final mix of
 * MurmurHash3. The texts are ASCII, so a code unit is a byte.
 */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** `fmix32` of MurmurHash3: every bit of the input changes half of the bits of the output. */
function mixed(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
}
