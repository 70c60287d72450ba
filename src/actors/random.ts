// Chance from a seed: the same seed gives the same numbers, so that a run can be repeated exactly.

/** Numbers in [0, 1) by mulberry32 (public domain, T. Ettinger): 32 bits of state, good enough to spread retries. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
