// The watch of one that stands by: whether the home stands in the queue of the service, asked again and again by the way that
// clients come. While it does, the one that stands by need not: each request that came to it would have to be passed on,
// in messages and turns of its own. A home that is gone is told by the server at once, one that is silent soon. One that
// was lost is asked on: by another connection it may still answer other proposers, and no clients.

import type { Clock } from '../../actors/clock.ts';
import { STANDS_INBOX, standingSubject } from '../../transport/subjects.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { soonestWith } from '../engine/soonest.ts';

const ASK_MS = 25;
/** One that was lost is asked again after so long. */
const ASK_LOST_MS = 100;
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
  readonly transport: Pick<Transport, 'isConnected' | 'publish' | 'subscribe'>;
  readonly clock: Clock;
  /** Whether this one stands in the queue as a home. */
  readonly isStanding: () => boolean;
  /** How long an answer of the home is waited for. */
  readonly patienceMs: (home: string) => number;
  /** The home answered after so long. */
  readonly onAnswer: (home: string, tookMs: number) => void;
  /** The home was seen, and is silent now, or the server says that it is not there any more. */
  readonly onLost: (home: string) => void;
  /** One that was lost has answered what it was asked since. */
  readonly onFound: (home: string) => void;
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
  /** When each of those that were lost was asked for the first time since, and for the last. */
  readonly #lost = new Map<string, { readonly sinceMs: number; askedMs: number }>();

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
    const { clock, patienceMs, transport } = this.#parts;
    const nowMs = clock.nowMs();
    // Silence says nothing of the home then.
    if (home !== this.#home || !transport.isConnected) this.#forget(home);
    const [oldestMs = nowMs] = this.#open;
    if (nowMs - oldestMs > patienceMs(home)) this.#lose(home);
    if (nowMs - this.#askedMs >= ASK_MS) this.#ask(home, nowMs);
    return this.#isSeen && this.#soonestMs <= NEAR_MS_MAX;
  }

  /** Asks homes that were lost whether clients reach them again; to be called again and again. */
  askLost(homes: readonly string[]): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const home of this.#lost.keys()) if (!homes.includes(home)) this.#lost.delete(home);
    for (const home of homes) {
      const asked = this.#lost.get(home) ?? { sinceMs: Math.floor(nowMs), askedMs: Number.NEGATIVE_INFINITY };
      this.#lost.set(home, asked);
      if (nowMs - asked.askedMs < ASK_LOST_MS) continue;
      asked.askedMs = nowMs;
      this.#publish(home, Math.floor(nowMs));
    }
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
    const askedMs = Math.floor(nowMs);
    this.#askedMs = nowMs;
    this.#open = [...this.#open.slice(1 - OPEN_MAX), askedMs];
    this.#publish(home, askedMs);
  }

  #publish(home: string, askedMs: number): void {
    const { incarnation, transport } = this.#parts;
    const reply = `${STANDS_INBOX}.${incarnation}.${home}.${askedMs}`;
    transport.publish(standingSubject(home), NOTHING, { reply });
  }

  #hear({ subject, bytes, isNoResponders }: Message): void {
    const [home = '', asked] = subject.split('.').slice(-2);
    const askedMs = Number(asked);
    const lost = this.#lost.get(home);
    if (lost !== undefined && !isNoResponders && askedMs >= lost.sinceMs) {
      this.#lost.delete(home);
      this.#parts.onFound(home);
    }
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
