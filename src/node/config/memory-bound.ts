// How much memory a node remembers registers in, where its settings do not say: a small share of what there is.

import { totalmem } from 'node:os';

const SHARE = 1 / 32;
const MB_MIN = 16;
const MB_BYTES = 1024 * 1024;

/** What a proposer takes at most if it is not told: a million registers of 100 bytes. */
export const PROPOSER_MB_MAX = 256;
/** A million slots of values of 100 bytes as well. An acceptor takes some 170 MB beside it, and is to take no more than 400 in all. */
export const ACCEPTOR_MB_MAX = 192;

/** A 32nd of the memory of the machine, or of the container; not below 16 MB and not above `mbMax`. */
export function memoryMbDefault(mbMax: number): number {
  // Of no container it says 0, or more than there is.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const share = Math.floor((Math.min(constrained, totalmem()) * SHARE) / MB_BYTES);
  return Math.min(mbMax, Math.max(MB_MIN, share));
}

export function bytesOfMb(mb: number): number {
  return mb * MB_BYTES;
}
