// Hedging: a request that is silent for longer than answers take lately may have been given to a proposer that is
// paused or gone, so a copy with the same id goes to all proposers (Dean and Barroso, "The Tail at Scale", 2013).
// Owns when, and how many at once: where everything is slow, copies would only make it slower.

/** Silence for so long is no reason to ask again, however fast answers were lately. */
export const HEDGE_MS_MIN = 50;
/** Where answers take this long there is no hedging: an attempt is given up and repeated then anyway. */
export const HEDGE_MS_MAX = 250;
/** Requests of one client that may have a copy under way. */
const HEDGED_MAX = 64;

const PATIENCE_FACTOR = 4;
const LEARNING_RATE = 1 / 8;

export class Hedging {
  #afterMs = HEDGE_MS_MIN;
  #hedged = 0;

  /** After how much silence a copy may be sent. */
  get afterMs(): number {
    return this.#afterMs;
  }

  /** @returns whether another copy may be sent now; `end()` follows if so. */
  begin(): boolean {
    if (this.#hedged >= HEDGED_MAX) return false;
    this.#hedged += 1;
    return true;
  }

  end(): void {
    this.#hedged -= 1;
  }

  /** A request was served, and it took so long. */
  learn(tookMs: number): void {
    const drift = (PATIENCE_FACTOR * tookMs - this.#afterMs) * LEARNING_RATE;
    this.#afterMs = Math.min(HEDGE_MS_MAX, Math.max(HEDGE_MS_MIN, this.#afterMs + drift));
  }
}
