// What a client asks: the proposers behind NATS (nats-service.ts), or one in this very process (src/embedded).

import type { OperationType } from '../protocol/operation.ts';
import type { ListedKey } from '../transport/list-codec.ts';
import type { Reply } from './reply.ts';
import type { State } from './state.ts';

export interface KeysPage {
  readonly keys: readonly ListedKey[];
  /** Where the next page begins, if there is one. */
  readonly cursor: string | undefined;
}

export interface Question {
  readonly type: OperationType;
  readonly key: string;
  /** The fields of the operation, with `id` and `timeoutMs` as in a request. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Service {
  /** Why nothing can be asked any more, in words; undefined while it can. */
  readonly ended: string | undefined;

  /** How long silence may last before an attempt, the first being 0, that may take `workMs` is taken for lost. */
  patienceMs(attempt: number, workMs: number): number;

  /**
   * Asks once. `onReply` is called later and once at most: with the reply, or with nothing when the service ended
   * before there was one. `isHedged`: another copy of the question is still under way, so that this reply tells
   * nothing of what that one does.
   * @returns what stops waiting. @throws TransportError, BadRequest: then nothing was tried.
   */
  ask(question: Question, onReply: OnReply): () => void;

  /** An `ask` whose questions share messages when they are asked at about the same time. Nothing of them is a transaction. */
  together(): Service['ask'];

  /** Asks once for a page of keys, as `ask` does; the body is that of `synod.admin.list`. */
  list(body: Question['body'], onReply: OnReply<KeysPage>): () => void;

  /** Hears of changes of the keys that `pattern` names, until the function that it returns is called. */
  hints(pattern: string, onHint: OnHint): () => void;

  /** Gives up what is under way, and disconnects. */
  close(): Promise<void>;
}

export type OnReply<Shown = State<unknown>> = (reply: Reply<Shown> | undefined, isHedged?: boolean) => void;

/** A hint that a register came to have this version; or nothing, when hints may have been lost. */
export type OnHint = (hint: Hint | undefined) => void;

/** That a register may have changed. */
export interface Hint {
  /** The register's. */
  readonly key: string;
  /** The count of its changes, which goes on through deletes. */
  readonly version: number;
}

export const CLOSED = 'the client was closed';
