// Patience: how long a client waits for an answer before it asks again. It follows what answers take, as TCP's
// retransmission timer does (Jacobson, "Congestion Avoidance and Control", 1988). Who is busy answers late: to be asked
// everything twice then makes it later, until all that is answered is what nobody waits for any more (Bronson et al.,
// "Metastable Failures in Distributed Systems", HotOS 2021).

/** Silence for so long is no reason for a copy, however fast answers were lately. */
export const HEDGE_MS_MIN = 50;
/** Nor for another attempt, whose answer is the only one that counts from then on. Each later one may take twice as long. */
export const ATTEMPT_MS_MIN = 250;
/** Messages get lost: nobody waits longer for one. */
export const ATTEMPT_MS_MAX = 2000;

/** Of what answers take on average. */
const HEDGE_FACTOR = 4;
const ATTEMPT_FACTOR = 8;
const LEARNING_RATE = 1 / 8;
/** Who asks seldom would remember a slow hour for days: without an answer what was learnt is half as much so much later. */
const HALF_LIFE_MS = 2000;

export class Patience {
  #usualMs = 0;
  #learntMs = 0;

  /** A request was served, and it took so long. */
  learn(tookMs: number, nowMs: number): void {
    const usualMs = this.#usualAt(nowMs);
    this.#usualMs = usualMs + (tookMs - usualMs) * LEARNING_RATE;
    this.#learntMs = nowMs;
  }

  /** After how much silence a copy may be sent. Not before the attempt is over where answers take very long. */
  hedgeMs(nowMs: number): number {
    return Math.max(HEDGE_MS_MIN, HEDGE_FACTOR * this.#usualAt(nowMs));
  }

  /** How long an attempt is waited for, the first one being 0; in ms. */
  attemptMs(attempt: number, nowMs: number): number {
    const first = Math.max(ATTEMPT_MS_MIN, ATTEMPT_FACTOR * this.#usualAt(nowMs));
    return Math.min(ATTEMPT_MS_MAX, first * 2 ** Math.min(attempt, 10));
  }

  #usualAt(nowMs: number): number {
    return this.#usualMs * 2 ** ((this.#learntMs - nowMs) / HALF_LIFE_MS);
  }
}
