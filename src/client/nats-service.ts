// The service as everybody else asks it: a request to a subject, one reply from whichever proposer took it.

import { randomBytes } from 'node:crypto';
import { encodeBody } from '../transport/body-codec.ts';
import { requestSubject } from '../transport/subjects.ts';
import type { Transport } from '../transport/transport.ts';
import { Mailroom } from './mailroom.ts';
import { parseReply, type Reply } from './reply.ts';
import { CLOSED, type Question, type Service } from './service.ts';

/** Silence for this long makes a first attempt be repeated; each later one may take twice as long. */
const ATTEMPT_MS = 250;
const ATTEMPT_MS_MAX = 2000;

interface Naming {
  /** What the subjects of the service begin with. */
  readonly prefix: string;
  /** What those of the replies begin with. Default `_INBOX`. */
  readonly inboxPrefix?: string | undefined;
}

export class NatsService implements Service {
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #mailroom: Mailroom;

  constructor(transport: Transport, { prefix, inboxPrefix = '_INBOX' }: Naming) {
    this.#transport = transport;
    this.#prefix = prefix;
    this.#mailroom = new Mailroom(transport, `${inboxPrefix}.${randomBytes(8).toString('base64url')}`);
  }

  get ended(): string | undefined {
    return this.#mailroom.isClosed ? CLOSED : undefined;
  }

  /** Any message may be lost. */
  patienceMs(attempt: number, workMs: number): number {
    return Math.min(workMs, ATTEMPT_MS_MAX, ATTEMPT_MS * 2 ** Math.min(attempt, 10));
  }

  ask({ type, key, body }: Question, onReply: (reply: Reply | undefined) => void): () => void {
    const subject = requestSubject(this.#prefix, type, key);
    return this.#mailroom.request(subject, encodeBody('json', body), message =>
      onReply(message === undefined ? undefined : parseReply(message)),
    );
  }

  async close(): Promise<void> {
    this.#mailroom.close();
    await this.#transport.close();
  }
}
