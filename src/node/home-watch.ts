// The watch of one that stands by: whether the home stands in the queue of the service, asked again and again by the way that
// clients come. While it does, the one that stands by need not: each request that came to it would have to be passed on,
// in messages and turns of its own. A home that is gone is told by the server at once, one that is silent soon.

import type { Clock } from '../actors/clock.ts';
import { STANDS_INBOX, standingSubject } from '../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../transport/transport.ts';

const ASK_MS = 25;
/** What was seen holds for so long: a few questions. */
export const SEEN_MS_MAX = 75;
/**
 * A home that never answers sooner is in another region. Then the one that stands by stays in the queue, for those near it:
 * what they read is read for them from here.
 */
export const NEAR_MS_MAX = 10;
/** The soonest answer counts for a little more with each that is later: what was near may have gone away. */
const DRIFT_MS = 0.25;
const NOTHING = new Uint8Array(0);

interface HomeWatchParts {
  readonly incarnation: string;
  /** To clients. */
  readonly transport: Pick<Transport, 'publish' | 'subscribe'>;
  readonly clock: Clock;
  /** Whether this one stands in the queue as a home. */
  readonly isStanding: () => boolean;
  /** The server says that the home is not there any more. */
  readonly onGone: () => void;
}

export class HomeWatch {
  readonly #parts: HomeWatchParts;
  readonly #subscriptions: readonly Subscription[];
  #home: string | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** When the last question was asked that was answered. */
  #seenMs = Number.NEGATIVE_INFINITY;
  #soonestMs = Number.POSITIVE_INFINITY;

  constructor(parts: HomeWatchParts) {
    const { transport, incarnation, isStanding } = parts;
    this.#parts = parts;
    this.#subscriptions = [
      transport.subscribe(standingSubject(incarnation), ({ reply }) => {
        if (reply.startsWith(`${STANDS_INBOX}.`) && isStanding()) transport.publish(reply, NOTHING);
      }),
      transport.subscribe(`${STANDS_INBOX}.${incarnation}.>`, message => this.#hear(message)),
    ];
  }

  /** Asks the home; to be called again and again. @returns whether it was seen to stand in the queue, and is near. */
  sees(home: string): boolean {
    const nowMs = this.#parts.clock.nowMs();
    if (home !== this.#home) this.#forget(home);
    if (nowMs - this.#askedMs >= ASK_MS) this.#ask(home, nowMs);
    return nowMs - this.#seenMs <= SEEN_MS_MAX && this.#soonestMs <= NEAR_MS_MAX;
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }

  #forget(home: string | undefined): void {
    this.#home = home;
    this.#seenMs = Number.NEGATIVE_INFINITY;
    this.#soonestMs = Number.POSITIVE_INFINITY;
  }

  #ask(home: string, nowMs: number): void {
    const { incarnation, transport } = this.#parts;
    this.#askedMs = nowMs;
    const reply = `${STANDS_INBOX}.${incarnation}.${home}.${Math.floor(nowMs)}`;
    transport.publish(standingSubject(home), NOTHING, { reply });
  }

  #hear({ subject, isNoResponders }: Message): void {
    const { clock, onGone } = this.#parts;
    const [home, asked] = subject.split('.').slice(-2);
    if (home !== this.#home) return;
    if (isNoResponders) {
      this.#forget(home);
      onGone();
      return;
    }
    const askedMs = Number(asked);
    this.#seenMs = Math.max(this.#seenMs, askedMs);
    this.#soonestMs = Math.min(clock.nowMs() - askedMs, this.#soonestMs + DRIFT_MS);
  }
}
