// When silent acceptors are asked again: some times what rounds took lately (like RFC 6298). On a busy cluster all of them
// take longer, and to ask for everything twice would make it busier.

const LEARNING_RATE = 1 / 8;
const DRIFT_RATE = 1 / 4;
const DRIFTS = 4;

export class ResendTimer {
  readonly #msMin: number;
  readonly #msMax: number;
  #meanMs = 0;
  #driftMs = 0;

  constructor({ resendMs, resendMsMax }: { readonly resendMs: number; readonly resendMsMax: number }) {
    this.#msMin = resendMs;
    this.#msMax = resendMsMax;
  }

  /** A quorum answered after so long. */
  learn(tookMs: number): void {
    this.#driftMs += (Math.abs(tookMs - this.#meanMs) - this.#driftMs) * DRIFT_RATE;
    this.#meanMs += (tookMs - this.#meanMs) * LEARNING_RATE;
  }

  /** What nearly every round takes at most. */
  get usualMs(): number {
    return this.#meanMs + DRIFTS * this.#driftMs;
  }

  get ms(): number {
    return Math.min(this.#msMax, Math.max(this.#msMin, this.usualMs));
  }
}
