// How much memory a node remembers registers in, where its settings do not say: a small share of what there is.

import { totalmem } from 'node:os';

const SHARE = 1 / 32;
const MB_MIN = 16;
const MB_BYTES = 1024 * 1024;

/** What a proposer takes at most if it is not told: a million registers of 100 bytes. */
export const PROPOSER_MB_MAX = 256;
/** An acceptor has its disk, and 400 MB in all: with 192 it held 410 MiB after a million registers were written. */
export const ACCEPTOR_MB_MAX = 128;

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
