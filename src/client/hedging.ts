// Hedging: a request that is silent for longer than answers take lately (patience.ts) may have been given to a proposer
// that is paused or gone, so a copy with the same id goes to all proposers (Dean and Barroso, "The Tail at Scale", 2013).
// Owns how many at once: where everything is slow, copies would only make it slower.

/** Requests of one client that may have a copy under way. */
const HEDGED_MAX = 64;

export class Hedging {
  #hedged = 0;

  /** @returns whether another copy may be sent now; `end()` follows if so. */
  begin(): boolean {
    if (this.#hedged >= HEDGED_MAX) return false;
    this.#hedged += 1;
    return true;
  }

  end(): void {
    this.#hedged -= 1;
  }
}
