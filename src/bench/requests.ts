// Requests under way, each with the same patience: the client's table of reply subjects, and one sweep that ends
// what waited too long. Whoever asks is called once, with the reply or with undefined for silence.

import type { Mailroom } from '../client/mailroom.ts';
import { TurnoverMap } from '../protocol/turnover-map.ts';
import type { Message } from '../transport/transport.ts';
import type { BenchClock } from './bench-clock.ts';

export interface Ask {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly headers?: ReadonlyMap<string, string>;
}

/** Calls `onEnd` once, later. */
export interface Sender<Request, Reply> {
  send(ask: Request, onEnd: (reply: Reply | undefined) => void): void;
}

type OnEnd = (reply: Message | undefined) => void;

interface Waiting {
  readonly number: number;
  readonly deadlineMs: number;
  readonly onEnd: OnEnd;
  readonly forget: () => void;
}

/** Silence is noticed so much late at most. */
const SWEEP_MS = 20;

export class Requests implements Sender<Ask, Message> {
  readonly #mailroom: Pick<Mailroom, 'request'>;
  readonly #clock: BenchClock;
  readonly #timeoutMs: number;
  /** Oldest first: all have the same patience. */
  readonly #waiting = new TurnoverMap<number, Waiting>();
  #lastNumber = 0;
  #isSweeping = false;

  constructor(mailroom: Pick<Mailroom, 'request'>, clock: BenchClock, timeoutMs: number) {
    this.#mailroom = mailroom;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  send({ subject, bytes, headers }: Ask, onEnd: OnEnd): void {
    const number = ++this.#lastNumber;
    const onReply: OnEnd = reply => {
      this.#waiting.delete(number);
      onEnd(reply);
    };
    const forget = this.#mailroom.request(subject, bytes, onReply, headers);
    const deadlineMs = this.#clock.nowMs() + this.#timeoutMs;
    this.#waiting.set(number, { number, deadlineMs, onEnd, forget });
    if (!this.#isSweeping) this.#sweepLater();
  }

  #sweepLater(): void {
    this.#isSweeping = true;
    this.#clock.after(SWEEP_MS, () => {
      this.#isSweeping = false;
      this.#sweep();
      if (this.#waiting.size > 0 && !this.#isSweeping) this.#sweepLater();
    });
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const waiting of this.#waiting.values()) {
      if (waiting.deadlineMs > nowMs) return;
      this.#waiting.delete(waiting.number);
      waiting.forget();
      waiting.onEnd(undefined);
    }
  }
}
