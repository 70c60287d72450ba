// The service as everybody else asks it: a request to a subject, one reply from whichever proposer took it. After some
// silence a copy goes to all proposers: after how much is patience.ts's business, how many may is hedging.ts's.

import { encodeBody } from '../transport/body-codec.ts';
import { ERROR_NUMBERS } from '../transport/service-errors.ts';
import { againSubject, batchSubject, listSubject, requestSubject } from '../transport/subjects.ts';
import { traceHeaders } from '../transport/trace.ts';
import { type Message, type Transport, TransportError } from '../transport/transport.ts';
import { randomName } from './chance.ts';
import { Gathering, shownReplies } from './gathering.ts';
import { Hedging } from './hedging.ts';
import { listenForHints } from './hints.ts';
import { shownPage } from './list.ts';
import { Mailroom } from './mailroom.ts';
import { ATTEMPT_MS_MIN, Patience } from './patience.ts';
import { parseReply } from './reply.ts';
import { CLOSED, type KeysPage, type OnHint, type OnReply, type Question, type Service } from './service.ts';

/** Of a request that a register was asked for, as it stands. */
const REFUSED = String(ERROR_NUMBERS.conflict);

interface Naming {
  /** What the subjects of the service begin with. */
  readonly prefix: string;
  /** What those of the replies begin with. Default `_INBOX`. */
  readonly inboxPrefix?: string | undefined;
  /** The W3C `traceparent` of a request that is sent now. */
  readonly traceparent?: (() => string | undefined) | undefined;
}

export class NatsService implements Service {
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #mailroom: Mailroom;
  readonly #hedging = new Hedging();
  readonly #patience = new Patience();
  readonly #traceparent: Naming['traceparent'];

  constructor(transport: Transport, { prefix, inboxPrefix = '_INBOX', traceparent }: Naming) {
    this.#traceparent = traceparent;
    this.#transport = transport;
    this.#prefix = prefix;
    this.#mailroom = new Mailroom(transport, `${inboxPrefix}.${randomName(8)}`);
  }

  get ended(): string | undefined {
    return this.#mailroom.isClosed ? CLOSED : undefined;
  }

  /** Any message may be lost. */
  patienceMs(attempt: number, workMs: number): number {
    // Half of the time is for another attempt, unless there is too little for two.
    const mostMs = Math.max(workMs / 2, Math.min(workMs, ATTEMPT_MS_MIN));
    return Math.min(mostMs, this.#patience.attemptMs(attempt, performance.now()));
  }

  ask({ type, key, body }: Question, onReply: OnReply): () => void {
    const bytes = encodeBody('json', body);
    const trace = this.#traceparent?.();
    const headers = trace === undefined ? undefined : traceHeaders(trace);
    const copies: (() => void)[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      for (const forget of copies) forget();
      if (copies.length > 1) this.#hedging.end();
      copies.length = 0;
    };
    const finish = (message: Message | undefined): void => {
      if (copies.length === 0) return;
      const isHedged = copies.length > 1;
      stop();
      onReply(message && parseReply(message), isHedged);
    };
    const send = (subject: string, onMessage: (message: Message | undefined) => void): void => {
      const sentMs = performance.now();
      const waiter = (message: Message | undefined): void => {
        this.#learn(message, sentMs);
        onMessage(message);
      };
      const forget = this.#mailroom.request(subject, bytes, waiter, headers);
      copies.push(forget);
    };
    const hedge = (): void => {
      if (!this.#hedging.begin()) return;
      try {
        // Proposers that do not know copies are no reason to give the first one up.
        send(
          againSubject(this.#prefix, type, key),
          message => message?.isNoResponders !== true && finish(message),
        );
      } catch (error) {
        // Nor is a server that takes less than the one before.
        this.#hedging.end();
        if (!(error instanceof TransportError)) throw error;
      }
    };
    send(requestSubject(this.#prefix, type, key), finish);
    timer = setTimeout(hedge, this.#patience.hedgeMs(performance.now()));
    return stop;
  }

  /** There are no copies of a batch: who does not answer is asked again later. */
  together(): Service['ask'] {
    const gathering = new Gathering((bytes, onReplies) => {
      const sentMs = performance.now();
      return this.#mailroom.request(batchSubject(this.#prefix), bytes, message => {
        this.#learn(message, sentMs);
        onReplies(message && parseReply(message, shownReplies));
      });
    });
    return (question, onReply) => gathering.ask(question, onReply);
  }

  list(body: Question['body'], onReply: OnReply<KeysPage>): () => void {
    return this.#mailroom.request(listSubject(this.#prefix), encodeBody('json', body), message =>
      onReply(message && parseReply(message, shownPage)),
    );
  }

  hints(pattern: string, onHint: OnHint): () => void {
    return listenForHints(this.#transport, { prefix: this.#prefix, pattern }, onHint);
  }

  #learn(message: Message | undefined, sentMs: number): void {
    const nowMs = performance.now();
    if (isServed(message)) this.#patience.learn(nowMs - sentMs, nowMs);
  }

  async close(): Promise<void> {
    this.#mailroom.close();
    await this.#transport.close();
  }
}

/** A request that was turned away tells nothing of how long serving takes; what a register refused was served. */
function isServed(message: Message | undefined): boolean {
  if (message === undefined || message.isNoResponders) return false;
  const code = message.header('Nats-Service-Error-Code');
  return code === undefined || code === REFUSED;
}
