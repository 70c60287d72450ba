// The desk for batches: takes one apart, has each of its requests served like one that came by itself, and answers when
// all have ended or the time is over. The answers come to a reply subject of this proposer's own: those of requests that
// were passed on come to it over NATS.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../actors/clock.ts';
import { TurnoverMap } from '../../protocol/turnover-map.ts';
import { BatchReplies, parseBatchRequest } from '../../transport/batch-codec.ts';
import { formatOf } from '../../transport/body-codec.ts';
import type { RawRequest } from '../../transport/pass-codec.ts';
import { type EncodedReply, encodeBadRequest } from '../../transport/reply-codec.ts';
import type { RequestLimits } from '../../transport/request-codec.ts';
import { BadRequest } from '../../transport/service-errors.ts';
import { BATCH_INBOX } from '../../transport/subjects.ts';
import type { Subscription, Transport } from '../../transport/transport.ts';
import type { Log } from '../process/log.ts';
import { publishReply } from './replies.ts';
import { logRefused } from './request-log.ts';
import type { ServiceStats } from './service-stats.ts';

interface BatchDeskParts {
  readonly prefix: string;
  readonly transport: Transport;
  readonly limits: RequestLimits & { readonly requestsMax: number };
  readonly clock: Clock;
  readonly stats: ServiceStats;
  /** Clients can cause what is logged here: to be throttled. */
  readonly log: Log;
}

interface Batch {
  readonly reply: string;
  readonly replies: BatchReplies;
  readonly sinceMs: number;
  readonly places: string[];
  timer: NodeJS.Timeout | undefined;
}

interface Place {
  readonly batch: Batch;
  readonly index: number;
}

/** The answers to requests that end at their deadline still come in. */
const VERDICT_MS = 50;
/** The replies of so many batches take 64 MB at most. */
const BATCHES_MAX = 64;

export class BatchDesk {
  readonly #parts: BatchDeskParts;
  /** Nobody can guess it, or strangers could have answers sent here. */
  readonly #inbox = `${BATCH_INBOX}.${randomBytes(16).toString('base64url')}`;
  readonly #subscription: Subscription;
  /** By the reply subject of the request that is to be answered. */
  readonly #places = new TurnoverMap<string, Place>();
  #waiting = 0;
  #lastPlace = 0;

  constructor(parts: BatchDeskParts) {
    this.#parts = parts;
    this.#subscription = parts.transport.subscribe(`${this.#inbox}.*`, ({ subject, bytes }) =>
      this.take(subject, { bytes }),
    );
  }

  /** Batches that wait for their answers. */
  get waiting(): number {
    return this.#waiting;
  }

  close(): void {
    this.#subscription.close();
  }

  /** @param receive has one of its requests served, whose answer comes to `take`, or over the transport */
  serve(request: RawRequest, receive: (request: RawRequest) => void): void {
    const { reply, bytes } = request;
    const { transport, stats, log } = this.#parts;
    try {
      for (const one of this.#open(request)) receive(one);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      stats.turnAway(error.code);
      logRefused(log, request, error);
      publishReply(transport, reply, encodeBadRequest(formatOf(bytes), error));
    }
  }

  /** @returns whether the reply was for a request of a batch. */
  take(reply: string, encoded: EncodedReply): boolean {
    const place = this.#places.get(reply);
    if (place === undefined) return reply.startsWith(this.#inbox);
    this.#places.delete(reply);
    const { batch, index } = place;
    batch.replies.put(index, encoded);
    if (batch.replies.missing === 0) this.#end(batch);
    return true;
  }

  /** @returns its requests, which are to be served now. */
  #open({ bytes, reply, id, trace }: RawRequest): readonly RawRequest[] {
    const { prefix, limits, clock } = this.#parts;
    const sinceMs = clock.nowMs();
    const { items, timeoutMs } = parseBatchRequest(prefix, bytes, id, limits);
    if (items.length > limits.requestsMax) {
      const why = `this proposer lets ${limits.requestsMax} wait at once`;
      throw new BadRequest('too_large', `The batch has ${items.length} requests, and ${why}`);
    }
    // Each of them counts as one that came by itself.
    if (this.#waiting >= BATCHES_MAX || this.#places.size + items.length > limits.requestsMax) {
      const why = `${this.#places.size} requests of ${this.#waiting} batches wait already: retry later`;
      throw new BadRequest('overloaded', `Cannot take ${items.length} more requests at once: ${why}`);
    }
    const format = formatOf(bytes);
    const replies = new BatchReplies(format, items.length);
    const batch: Batch = { reply, replies, sinceMs, places: [], timer: undefined };
    this.#waiting += 1;
    const asked: RawRequest[] = [];
    for (const [index, item] of items.entries()) {
      if (item instanceof BadRequest) {
        this.#parts.stats.turnAway(item.code);
        replies.put(index, encodeBadRequest(format, item));
        continue;
      }
      this.#lastPlace += 1;
      const place = `${this.#inbox}.${this.#lastPlace.toString(36)}`;
      this.#places.set(place, { batch, index });
      batch.places.push(place);
      asked.push({ ...item, reply: place, id: undefined, trace });
    }
    if (asked.length === 0) this.#end(batch);
    else batch.timer = setTimeout(() => this.#end(batch), timeoutMs + VERDICT_MS);
    return asked;
  }

  #end({ reply, replies, sinceMs, places, timer }: Batch): void {
    clearTimeout(timer);
    for (const place of places) this.#places.delete(place);
    this.#waiting -= 1;
    const { transport, stats, clock } = this.#parts;
    stats.countCall('batch', clock.nowMs() - sinceMs);
    publishReply(transport, reply, replies.encoded());
  }
}
