// How long to wait before something is done about it: some times what it took lately (like RFC 6298). On a busy cluster all
// takes longer, and to ask for everything twice would make it busier.

const LEARNING_RATE = 1 / 8;
const DRIFT_RATE = 1 / 4;
const DRIFTS = 4;

export class LearnedTimeout {
  readonly #msMin: number;
  readonly #msMax: number;
  #meanMs = 0;
  #driftMs = 0;

  constructor(msMin: number, msMax: number) {
    this.#msMin = msMin;
    this.#msMax = msMax;
  }

  /** It took so long. */
  learn(tookMs: number): void {
    this.#driftMs += (Math.abs(tookMs - this.#meanMs) - this.#driftMs) * DRIFT_RATE;
    this.#meanMs += (tookMs - this.#meanMs) * LEARNING_RATE;
  }

  get ms(): number {
    return Math.min(this.#msMax, Math.max(this.#msMin, this.#meanMs + DRIFTS * this.#driftMs));
  }
}
