// The clock of one node: virtual time as that node believes it to be. It may be off and jump forwards, and
// never goes backwards (src/actors/clock.ts).

import type { Clock } from '../../src/actors/clock.ts';
import type { EventQueue } from './event-queue.ts';

/** When runs begin: some moment, for the seconds that registers remember ids with. */
const EPOCH_MS = 1_000_000_000;
/** The product forgets request ids after 300 seconds, so clocks that ran away further would prove nothing. */
const AHEAD_MS_MAX = 120_000;

export class NodeClock implements Clock {
  readonly #events: EventQueue;
  #aheadMs: number;

  constructor(events: EventQueue, aheadMs: number) {
    this.#events = events;
    this.#aheadMs = aheadMs;
  }

  nowMs(): number {
    return EPOCH_MS + this.#events.nowMs + this.#aheadMs;
  }

  jump(ms: number): void {
    this.#aheadMs = Math.min(AHEAD_MS_MAX, this.#aheadMs + ms);
  }
}
