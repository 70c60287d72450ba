// InboxDelay: how long what clients send waits before this process reads it. A ping takes the same road as their
// requests, behind all that waits at the server and in the socket, so the time until its answer tells.

import type { Clock } from '../actors/clock.ts';
import type { Transport } from '../transport/transport.ts';

export class InboxDelay {
  readonly #clock: Clock;
  readonly #transport: Pick<Transport, 'flush'>;
  /** Of the ping under way. */
  #sentMs: number | undefined;
  #lastMs = 0;

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
      this.#sentMs = undefined;
    };
    this.#transport.flush().then(
      () => end(this.#clock.nowMs() - sentMs),
      // Without a connection nothing waits.
      () => end(0),
    );
  }

  /** @returns of the last ping, or so far of the one under way, whichever is longer; in ms. */
  at(nowMs: number): number {
    return this.#sentMs === undefined ? this.#lastMs : Math.max(this.#lastMs, nowMs - this.#sentMs);
  }
}
