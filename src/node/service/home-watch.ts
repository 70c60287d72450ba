// The watch of one that stands by: whether the home stands in the queue of the service, asked again and again by the way that
// clients come. While it does, the one that stands by need not: each request that came to it would have to be passed on,
// in messages and turns of its own. A home that is gone is told by the server at once, one that is silent soon.

import type { Clock } from '../../actors/clock.ts';
import { STANDS_INBOX, standingSubject } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { soonestWith } from '../engine/soonest.ts';

const ASK_MS = 25;
/** Questions that wait for an answer, at most. */
const OPEN_MAX = 64;
/**
 * A home that never answers sooner is in another region. Then the one that stands by stays in the queue, for those near it:
 * what they read is read for them from here.
 */
export const NEAR_MS_MAX = 10;
const NOTHING = new Uint8Array(0);
const STANDS = NOTHING;
const STANDS_NOT = Buffer.from('-');

interface HomeWatchParts {
  readonly incarnation: string;
  /** To clients. */
  readonly transport: Pick<Transport, 'publish' | 'subscribe'>;
  readonly clock: Clock;
  /** Whether this one stands in the queue as a home. */
  readonly isStanding: () => boolean;
  /** How long an answer of the home is waited for. */
  readonly patienceMs: (home: string) => number;
  /** The home answered after so long. */
  readonly onAnswer: (home: string, tookMs: number) => void;
  /** The home was seen, and is silent now, or the server says that it is not there any more. */
  readonly onLost: (home: string) => void;
}

export class HomeWatch {
  readonly #parts: HomeWatchParts;
  readonly #subscriptions: readonly Subscription[];
  #home: string | undefined;
  #isSeen = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** When each question was asked that has no answer, in whole ms. */
  #open: readonly number[] = [];
  #soonestMs = Number.POSITIVE_INFINITY;

  constructor(parts: HomeWatchParts) {
    const { transport, incarnation, isStanding } = parts;
    this.#parts = parts;
    this.#subscriptions = [
      transport.subscribe(standingSubject(incarnation), ({ reply }) => {
        if (reply.startsWith(`${STANDS_INBOX}.`))
          transport.publish(reply, isStanding() ? STANDS : STANDS_NOT);
      }),
      transport.subscribe(`${STANDS_INBOX}.${incarnation}.>`, message => this.#hear(message)),
    ];
  }

  /** Asks the home; to be called again and again. @returns whether it was seen to stand in the queue, and is near. */
  sees(home: string): boolean {
    const { clock, patienceMs } = this.#parts;
    const nowMs = clock.nowMs();
    if (home !== this.#home) this.#forget(home);
    const [oldestMs = nowMs] = this.#open;
    if (nowMs - oldestMs > patienceMs(home)) this.#lose(home);
    if (nowMs - this.#askedMs >= ASK_MS) this.#ask(home, nowMs);
    return this.#isSeen && this.#soonestMs <= NEAR_MS_MAX;
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }

  #forget(home: string): void {
    this.#home = home;
    this.#isSeen = false;
    this.#open = [];
    this.#soonestMs = Number.POSITIVE_INFINITY;
  }

  /** One that was never seen may be far away, or of an older build. */
  #lose(home: string): void {
    if (!this.#isSeen) return;
    // What it may say to these questions later is old: it may have been paused.
    this.#forget(home);
    this.#parts.onLost(home);
  }

  #ask(home: string, nowMs: number): void {
    const { incarnation, transport } = this.#parts;
    const askedMs = Math.floor(nowMs);
    this.#askedMs = nowMs;
    this.#open = [...this.#open.slice(1 - OPEN_MAX), askedMs];
    const reply = `${STANDS_INBOX}.${incarnation}.${home}.${askedMs}`;
    transport.publish(standingSubject(home), NOTHING, { reply });
  }

  #hear({ subject, bytes, isNoResponders }: Message): void {
    const [home = '', asked] = subject.split('.').slice(-2);
    const askedMs = Number(asked);
    if (home !== this.#home || !this.#open.includes(askedMs)) return;
    if (isNoResponders) {
      this.#lose(home);
      return;
    }
    const tookMs = this.#parts.clock.nowMs() - askedMs;
    this.#open = this.#open.filter(openMs => openMs > askedMs);
    this.#isSeen = bytes.length === STANDS.length;
    this.#soonestMs = soonestWith(this.#soonestMs, tookMs);
    this.#parts.onAnswer(home, tookMs);
  }
}
