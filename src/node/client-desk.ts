// The desk for clients: takes their messages in, hands sound requests to the proposer, and brings each answer
// to the reply subject of its request. Knows who asked; the proposer only knows tokens.

import type { Clock } from '../actors/clock.ts';
import { OVERLOADED, type ProposerInput } from '../actors/proposer-actor.ts';
import type { ChangeTable } from '../protocol/changes.ts';
import { type Format, formatOf } from '../transport/body-codec.ts';
import {
  type Asked,
  type EncodedReply,
  encodeBadRequest,
  encodeReply,
  encodeUndeliverable,
  type ServiceAnswer,
} from '../transport/reply-codec.ts';
import { parseRequest, type RequestLimits } from '../transport/request-codec.ts';
import { BadRequest } from '../transport/service-errors.ts';
import { eventSubject, isAnswerable, isEventSubject, parseRequestSubject } from '../transport/subjects.ts';
import { type Message, type Subscription, type Transport, TransportError } from '../transport/transport.ts';
import { SERVICE_QUEUE } from './discovery.ts';
import type { Log } from './log.ts';
import type { ServiceStats } from './service-stats.ts';

interface DeskParts {
  readonly prefix: string;
  readonly transport: Transport;
  readonly limits: RequestLimits & { readonly requestsMax: number };
  readonly changes: ChangeTable;
  readonly clock: Clock;
  readonly stats: ServiceStats;
  /** Clients can cause what is logged here: to be throttled. */
  readonly log: Log;
  readonly onRequest: (input: Extract<ProposerInput, { kind: 'request' }>) => void;
}

interface Asking extends Asked {
  readonly reply: string;
  readonly sinceMs: number;
}

export class ClientDesk {
  readonly #parts: DeskParts;
  readonly #asking = new Map<number, Asking>();
  #subscription: Subscription | undefined;
  #lastToken = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Requests that wait for their answer. */
  get waiting(): number {
    return this.#asking.size;
  }

  open(): void {
    const { transport, prefix } = this.#parts;
    this.#subscription = transport.subscribe(`${prefix}.>`, message => this.#receive(message), {
      queue: SERVICE_QUEUE,
    });
  }

  /** Takes in no more; what was taken in is still answered. */
  close(): void {
    this.#subscription?.close();
  }

  answer(token: number, answer: ServiceAnswer): void {
    const asking = this.#asking.get(token);
    if (asking === undefined) return;
    this.#asking.delete(token);
    const encoded = encodeReply(asking, answer);
    const error = encoded.headers?.get('Nats-Service-Error') ?? '';
    this.#parts.stats.count(asking.type, this.#parts.clock.nowMs() - asking.sinceMs, error);
    this.#reply(asking, encoded);
  }

  /** A hint for watchers that a register has a new version. */
  announce(key: string, version: number): void {
    const { prefix, transport } = this.#parts;
    transport.publish(eventSubject(prefix, key), Buffer.from(JSON.stringify({ key, version })));
  }

  #receive(message: Message): void {
    const { prefix, log } = this.#parts;
    const { subject, reply } = message;
    // Hints of ours come by here too: no pattern has all requests, sound or not, and leaves them out.
    if (isEventSubject(prefix, subject)) return;
    if (reply !== '' && !isAnswerable(prefix, reply)) {
      log('reply_subject_refused', { subject, reply });
      return;
    }
    const format = formatOf(message.bytes);
    try {
      this.#take(message, format);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#reply({ reply, format }, encodeBadRequest(format, error));
    }
  }

  #take(message: Message, format: Format): void {
    const { prefix, limits, changes, clock, onRequest } = this.#parts;
    const subject = parseRequestSubject(prefix, message.subject);
    const parsed = parseRequest(subject, message.bytes, message.header('Nats-Msg-Id'), {
      limits,
      changes,
    });
    const { key, request, timeoutMs, bytes } = parsed;
    const { type } = request.operation;
    if (this.#asking.size >= limits.requestsMax) {
      this.#reply({ reply: message.reply, format }, encodeReply({ type, key, format }, OVERLOADED));
      return;
    }
    this.#lastToken += 1;
    const token = this.#lastToken;
    const sinceMs = clock.nowMs();
    this.#asking.set(token, { type, key, format, reply: message.reply, sinceMs });
    onRequest({ kind: 'request', token, key, request, deadlineMs: sinceMs + timeoutMs, bytes });
  }

  #reply({ reply, format }: Pick<Asking, 'reply' | 'format'>, encoded: EncodedReply): void {
    if (reply === '') return;
    try {
      this.#publish(reply, encoded);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.#publish(reply, encodeUndeliverable(format, error.message));
    }
  }

  #publish(reply: string, { bytes, headers }: EncodedReply): void {
    this.#parts.transport.publish(reply, bytes, headers === undefined ? undefined : { headers });
  }
}
