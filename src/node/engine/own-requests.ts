// Requests that a program makes of the proposer inside it, told from those of clients by their tokens.

import type { Clock } from '../../actors/clock.ts';
import type { Request } from '../../protocol/operation.ts';
import type { ServiceAnswer } from '../../transport/reply-codec.ts';
import type { Engine } from './proposer-engine.ts';

/** Tokens below are of requests to one group. */
const DIRECT_TOKENS = 2 ** 50;

export class OwnRequests {
  readonly #clock: Clock;
  readonly #request: Engine['request'];
  readonly #open = new Map<number, (answer: ServiceAnswer) => void>();
  #lastToken = 0;
  #lastDirect = -DIRECT_TOKENS;

  constructor(clock: Clock, request: Engine['request']) {
    this.#clock = clock;
    this.#request = request;
  }

  /** Whether the token is of one of these. */
  static isOwn(token: number): boolean {
    return token < 0;
  }

  /** Whether the token is of a request to one group, which is not to be asked of another. */
  static isDirect(token: number): boolean {
    return token < -DIRECT_TOKENS;
  }

  ask(key: string, request: Request, timeoutMs: number): Promise<ServiceAnswer> {
    this.#lastToken -= 1;
    return this.#ask(this.#request, this.#lastToken, { key, request, timeoutMs });
  }

  /** Those to one group, by the names that registers have there. Their answers come in here as well. */
  of(engine: Pick<Engine, 'request'>): Pick<OwnRequests, 'ask'> {
    return {
      ask: (key, request, timeoutMs) => {
        this.#lastDirect -= 1;
        return this.#ask(engine.request, this.#lastDirect, { key, request, timeoutMs });
      },
    };
  }

  #ask(
    take: Engine['request'],
    token: number,
    { key, request, timeoutMs }: { key: string; request: Request; timeoutMs: number },
  ): Promise<ServiceAnswer> {
    return new Promise(resolve => {
      this.#open.set(token, resolve);
      const deadlineMs = this.#clock.nowMs() + timeoutMs;
      take({ kind: 'request', token, key, request, deadlineMs, bytes: key.length });
    });
  }

  answer(token: number, answer: ServiceAnswer): void {
    this.#open.get(token)?.(answer);
    this.#open.delete(token);
  }
}
