// Replies: each goes to the batch of this proposer's that waits for it, or to its NATS subject. Who is turned away is told so at
// the end of the turn of the event loop, all of that turn at once: it is what is done most when there is least time.

import { type Format, formatOf } from '../../transport/body-codec.ts';
import type { RawRequest } from '../../transport/pass-codec.ts';
import { type EncodedReply, encodeBadRequest, encodeUndeliverable } from '../../transport/reply-codec.ts';
import { BadRequest } from '../../transport/service-errors.ts';
import { type Transport, TransportError } from '../../transport/transport.ts';
import type { Log } from '../process/log.ts';
import { logRefused } from './request-log.ts';
import type { ServiceStats } from './service-stats.ts';

interface RepliesParts {
  readonly transport: Pick<Transport, 'publish' | 'publishToEach'>;
  readonly stats: Pick<ServiceStats, 'turnAway'>;
  readonly log: Log;
  /** Takes the replies to its own requests. @returns whether it was one. */
  readonly batches: { take(reply: string, encoded: EncodedReply): boolean };
}

const TOO_MANY = new BadRequest('overloaded', 'Too many requests wait already: retry later');
const FULL = {
  json: encodeBadRequest('json', TOO_MANY),
  msgpack: encodeBadRequest('msgpack', TOO_MANY),
};

/** To a reply subject of '' nothing is told. */
export class Replies {
  readonly #parts: RepliesParts;
  /** The reply subjects of those who are turned away. */
  readonly #waiting: Record<Format, string[]> = { json: [], msgpack: [] };
  #isWaiting = false;

  constructor(parts: RepliesParts) {
    this.#parts = parts;
  }

  send(reply: string, encoded: EncodedReply): void {
    const { batches, transport } = this.#parts;
    if (!batches.take(reply, encoded)) publishReply(transport, reply, encoded);
  }

  /** Says what is wrong with a request. */
  refuse(request: RawRequest, error: BadRequest): void {
    const { stats, log } = this.#parts;
    stats.turnAway(error.code);
    logRefused(log, request, error);
    this.send(request.reply, encodeBadRequest(formatOf(request.bytes), error));
  }

  turnAway(reply: string, bytes: Uint8Array): void {
    const { batches, stats } = this.#parts;
    const format = formatOf(bytes);
    if (reply === '' || batches.take(reply, FULL[format])) {
      stats.turnAway('overloaded');
      return;
    }
    this.#waiting[format].push(reply);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setImmediate(() => this.#tellWaiting());
  }

  #tellWaiting(): void {
    const { transport, stats } = this.#parts;
    this.#isWaiting = false;
    for (const format of ['json', 'msgpack'] as const) {
      const asked = this.#waiting[format];
      if (asked.length === 0) continue;
      this.#waiting[format] = [];
      stats.turnAway('overloaded', asked.length);
      const { bytes, headers } = FULL[format];
      transport.publishToEach(asked, bytes, headers);
    }
  }
}

/** What the server does not take is replaced by a reply that says so. */
export function publishReply(
  transport: Pick<Transport, 'publish'>,
  reply: string,
  encoded: EncodedReply,
): void {
  if (reply === '') return;
  try {
    publish(transport, reply, encoded);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    publish(transport, reply, encodeUndeliverable(formatOf(encoded.bytes), error.message));
  }
}

function publish(
  transport: Pick<Transport, 'publish'>,
  reply: string,
  { bytes, headers }: EncodedReply,
): void {
  transport.publish(reply, bytes, headers === undefined ? undefined : { headers });
}
