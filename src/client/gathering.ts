// Questions that are asked at about the same time, in one message: `synod.batch`. Each is answered by itself.

import { isPlainObject } from '../protocol/value.ts';
import { BATCH_ITEMS_MAX, batchBytes } from '../transport/batch-codec.ts';
import { TransportError } from '../transport/transport.ts';
import { type Reply, replyOf, type ShownOf } from './reply.ts';
import type { OnReply, Question } from './service.ts';

type Body = Readonly<Record<string, unknown>>;

/** Sends a batch. @returns what stops waiting. @throws TransportError */
type Send = (bytes: Uint8Array, onReplies: OnReply<readonly Body[]>) => () => void;

interface Asked {
  readonly question: Question;
  readonly onReply: OnReply;
  /** Once it is sent. */
  message?: Sent;
}

interface Sent {
  readonly open: Set<Asked>;
  stop: (() => void) | undefined;
}

/** Half of what is taken, so that a message of short requests is no long wait for others. */
const MESSAGE_BYTES_MAX = 512 * 1024;
/** Retries after pauses of their own find each other. */
const GATHER_MS = 10;

const utf8 = new TextEncoder();

export class Gathering {
  readonly #send: Send;
  #waiting = new Set<Asked>();
  #gatherMs = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** As `Service.ask`. */
  ask(question: Question, onReply: OnReply): () => void {
    if (this.#waiting.size === 0) setTimeout(() => this.#flush(), this.#gatherMs);
    const asked: Asked = { question, onReply };
    this.#waiting.add(asked);
    return () => {
      this.#waiting.delete(asked);
      if (asked.message?.open.delete(asked) && asked.message.open.size === 0) asked.message.stop?.();
    };
  }

  #flush(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#gatherMs = GATHER_MS;
    let some: Asked[] = [];
    let items: Uint8Array[] = [];
    let bytes = 0;
    for (const asked of waiting) {
      const item = utf8.encode(JSON.stringify(itemOf(asked.question)));
      if (items.length === BATCH_ITEMS_MAX || (items.length > 0 && bytes + item.length > MESSAGE_BYTES_MAX)) {
        this.#sendTogether(some, items);
        [some, items, bytes] = [[], [], 0];
      }
      some.push(asked);
      items.push(item);
      bytes += item.length;
    }
    if (some.length > 0) this.#sendTogether(some, items);
  }

  #sendTogether(some: readonly Asked[], items: readonly Uint8Array[]): void {
    const message: Sent = { open: new Set(some), stop: undefined };
    for (const asked of some) asked.message = message;
    const timeoutMs = Math.max(...some.map(({ question }) => Number(question.body.timeoutMs)));
    const tell = (replyAt: (index: number) => Reply | undefined): void => {
      for (const [index, asked] of some.entries())
        if (message.open.delete(asked)) asked.onReply(replyAt(index));
    };
    try {
      message.stop = this.#send(batchBytes(items, timeoutMs), reply => {
        if (reply?.kind !== 'ok') return tell(() => reply);
        if (reply.state.length !== some.length)
          return tell(() => ({ kind: 'malformed', why: `the batch has ${reply.state.length} replies` }));
        tell(index => replyOf(reply.state[index] ?? {}));
      });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const state = { set: false, value: undefined, version: 0 };
      tell(() => ({ kind: 'error', code: 'too_large', message: error.message, state }));
    }
  }
}

function itemOf({ type, key, body }: Question): object {
  return { operation: type, key, body };
}

export const shownReplies: ShownOf<readonly Body[]> = ({ replies }) =>
  Array.isArray(replies) && replies.every(isPlainObject) ? replies : undefined;
