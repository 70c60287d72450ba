// What a router asks the proposers of groups for by itself, told from what came to it by the tokens. Synchronous.

import type { Operation, StateOperation } from '../protocol/operation.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';
import type { ProposerInput } from './proposer-actor.ts';

export type RequestInput = Extract<ProposerInput, { kind: 'request' }>;

/** How it ended; `closed`: the group has the partition closed, and did nothing. */
export type Ended = ServiceAnswer | { readonly kind: 'closed' };

interface Asked {
  /** A name in the group. */
  readonly key: string;
  readonly operation: Operation | StateOperation;
  readonly deadlineMs: number;
}

export type Ask = (group: string, asked: Asked, onEnd: (ended: Ended, nowMs: number) => void) => void;

/** Tokens from here on are a router's own. */
const OWN_TOKENS = 2 ** 50;

export class OwnAsks {
  readonly #request: (group: string, input: RequestInput) => void;
  readonly #open = new Map<number, (ended: Ended, nowMs: number) => void>();
  #lastToken = OWN_TOKENS;

  constructor(request: (group: string, input: RequestInput) => void) {
    this.#request = request;
  }

  readonly ask: Ask = (group, { key, operation, deadlineMs }, onEnd) => {
    this.#lastToken += 1;
    const token = this.#lastToken;
    this.#open.set(token, onEnd);
    const request = { operation, id: undefined } as RequestInput['request'];
    this.#request(group, { kind: 'request', token, key, request, deadlineMs, bytes: key.length });
  };

  /** @returns whether it was one of these. */
  end(token: number, ended: Ended, nowMs: number): boolean {
    if (token < OWN_TOKENS) return false;
    const onEnd = this.#open.get(token);
    this.#open.delete(token);
    onEnd?.(ended, nowMs);
    return true;
  }
}
