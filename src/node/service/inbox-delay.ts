// InboxDelay: how long what clients send waits before this process reads it. A ping takes the same road as their
// requests, behind all that waits at the server and in the socket, so the time until its answer tells.

import type { Clock } from '../../actors/clock.ts';
import type { Transport } from '../../transport/transport.ts';

/** Who stands by does not ask: what was so long ago says nothing of now. */
const FRESH_MS = 250;

export class InboxDelay {
  readonly #clock: Clock;
  readonly #transport: Pick<Transport, 'flush'>;
  /** Of the ping under way. */
  #sentMs: number | undefined;
  #lastMs = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, transport: Pick<Transport, 'flush'>) {
    this.#clock = clock;
    this.#transport = transport;
  }

  /** Asks again, unless a ping is under way. */
  look(): void {
    if (this.#sentMs !== undefined) return;
    const sentMs = this.#clock.nowMs();
    this.#sentMs = sentMs;
    const end = (tookMs: number): void => {
      this.#lastMs = tookMs;
      this.#lastAtMs = this.#clock.nowMs();
      this.#sentMs = undefined;
    };
    this.#transport.flush().then(
      () => end(this.#clock.nowMs() - sentMs),
      // Without a connection nothing waits.
      () => end(0),
    );
  }

  /** @returns of the last ping, or so far of the one under way, whichever is longer; in ms. 0 when nobody asked lately. */
  at(nowMs: number): number {
    const lastMs = nowMs - this.#lastAtMs <= FRESH_MS ? this.#lastMs : 0;
    return this.#sentMs === undefined ? lastMs : Math.max(lastMs, nowMs - this.#sentMs);
  }
}
