// The clock of one node: virtual time as that node believes it to be. It may be off, drift and jump forwards, and
// never goes backwards (src/actors/clock.ts).

import type { Clock } from '../../src/actors/clock.ts';
import type { EventQueue } from './event-queue.ts';

/** When runs begin: some moment, for the seconds that registers remember ids with. */
const EPOCH_MS = 1_000_000_000;
/** The product forgets request ids after 300 seconds, so clocks that ran away further would prove nothing. */
const AHEAD_MS_MAX = 120_000;

export class NodeClock implements Clock {
  readonly #events: EventQueue;
  readonly #drift: number;
  #aheadMs: number;
  #leastAheadMs = Number.POSITIVE_INFINITY;
  #mostAheadMs = Number.NEGATIVE_INFINITY;

  /** @param drift how much it is fast: 0.01 gains 10 ms a second, -0.01 loses them. */
  constructor(events: EventQueue, aheadMs: number, drift = 0) {
    this.#events = events;
    this.#aheadMs = aheadMs;
    this.#drift = drift;
  }

  /** How far it was ahead of the true time, least and most, whenever it was looked at. */
  get aheadMs(): readonly [least: number, most: number] {
    return [this.#leastAheadMs, this.#mostAheadMs];
  }

  nowMs(): number {
    const aheadMs = this.#aheadMs + this.#drift * this.#events.nowMs;
    this.#leastAheadMs = Math.min(this.#leastAheadMs, aheadMs);
    this.#mostAheadMs = Math.max(this.#mostAheadMs, aheadMs);
    return EPOCH_MS + this.#events.nowMs + aheadMs;
  }

  jump(ms: number): void {
    this.#aheadMs = Math.min(AHEAD_MS_MAX, this.#aheadMs + ms);
  }
}
