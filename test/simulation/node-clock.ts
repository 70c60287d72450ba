// The clock of one node: virtual time as that node believes it to be. It may be off, drift and jump forwards, and
// never goes backwards (src/actors/clock.ts).

import type { Clock } from '../../src/actors/clock.ts';
import type { ClockBounds } from '../../src/history/expiry-model.ts';
import type { EventQueue } from './event-queue.ts';

/** When runs begin: some moment, for the seconds that registers remember ids with. */
const EPOCH_MS = 1_000_000_000;
/** The product forgets request ids after 300 seconds, so clocks that ran away further would prove nothing. */
const AHEAD_MS_MAX = 120_000;

/** Among several clocks (history/expiry-model.ts). */
export function boundsOf(clocks: readonly NodeClock[]): ClockBounds {
  return {
    slowest: timeMs => Math.min(...clocks.map(clock => clock.at(timeMs, false))),
    fastest: timeMs => Math.max(...clocks.map(clock => clock.at(timeMs, true))),
  };
}

export class NodeClock implements Clock {
  readonly #events: EventQueue;
  readonly #drift: number;
  #aheadMs: number;
  /** By how much it was ahead, and until when, the drift apart. */
  readonly #earlier: { readonly aheadMs: number; readonly untilMs: number }[] = [];
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

  /** What it showed at this moment; @param isLate after a jump at that very moment */
  at(timeMs: number, isLate: boolean): number {
    const then = this.#earlier.find(({ untilMs }) => (isLate ? timeMs < untilMs : timeMs <= untilMs));
    return EPOCH_MS + timeMs + (then?.aheadMs ?? this.#aheadMs) + this.#drift * timeMs;
  }

  jump(ms: number): void {
    this.#earlier.push({ aheadMs: this.#aheadMs, untilMs: this.#events.nowMs });
    this.#aheadMs = Math.min(AHEAD_MS_MAX, this.#aheadMs + ms);
  }
}
