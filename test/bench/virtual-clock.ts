// A clock that stands until a test moves it.

import type { BenchClock } from '../../src/bench/bench-clock.ts';

interface Timer {
  readonly atMs: number;
  readonly call: () => void;
}

export class VirtualClock implements BenchClock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass, in order, with all that is delivered in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await delivered();
    for (;;) {
      const next = [...this.#timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.call();
      await delivered();
    }
    this.#nowMs = untilMs;
  }
}

/** Microtasks run out before the next turn of the loop: a transport in memory has then delivered everything. */
export function delivered(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
