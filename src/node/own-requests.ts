// Requests that a program makes of the proposer inside it, told from those of clients by their tokens.

import type { Clock } from '../actors/clock.ts';
import type { Request } from '../protocol/operation.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';
import type { Engine } from './proposer-engine.ts';

export class OwnRequests {
  readonly #clock: Clock;
  readonly #request: Engine['request'];
  readonly #open = new Map<number, (answer: ServiceAnswer) => void>();
  #lastToken = 0;

  constructor(clock: Clock, request: Engine['request']) {
    this.#clock = clock;
    this.#request = request;
  }

  /** Whether the token is of one of these. */
  static isOwn(token: number): boolean {
    return token < 0;
  }

  ask(key: string, request: Request, timeoutMs: number): Promise<ServiceAnswer> {
    this.#lastToken -= 1;
    const token = this.#lastToken;
    return new Promise(resolve => {
      this.#open.set(token, resolve);
      const deadlineMs = this.#clock.nowMs() + timeoutMs;
      this.#request({ kind: 'request', token, key, request, deadlineMs, bytes: key.length });
    });
  }

  answer(token: number, answer: ServiceAnswer): void {
    this.#open.get(token)?.(answer);
    this.#open.delete(token);
  }
}
