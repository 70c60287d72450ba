// The desk for clients: takes their messages in, turns away what is too much, passes on what is of another's keys, and lets the
// rest in (open-requests.ts).

import { PLACES_STANDING_BY } from '../../actors/homes.ts';
import type { Passed, Returned } from '../../actors/passing.ts';
import { isRead } from '../../protocol/operation.ts';
import { formatOf } from '../../transport/body-codec.ts';
import { type Listed, type ListRequest, listBody, parseListRequest } from '../../transport/list-codec.ts';
import type { RawRequest } from '../../transport/pass-codec.ts';
import { registerKey } from '../../transport/recipe-codec.ts';
import { encodeReplyBody, type ServiceAnswer } from '../../transport/reply-codec.ts';
import type { RequestLimits } from '../../transport/request-codec.ts';
import { BadRequest } from '../../transport/service-errors.ts';
import {
  batchSubject,
  isAnswerable,
  isEventSubject,
  listSubject,
  parseRequestSubject,
  subjectBefore,
} from '../../transport/subjects.ts';
import { TRACE_HEADER, traceOf } from '../../transport/trace.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import type { BatchDesk } from './batch-desk.ts';
import { type Crowd, Door } from './door.ts';
import { OpenRequests, type OpenRequestsParts } from './open-requests.ts';
import { Replies } from './replies.ts';
import { traceFields } from './request-log.ts';
import { ServicePlaces } from './service-places.ts';

interface DeskParts extends Omit<OpenRequestsParts, 'replies' | 'isFull'> {
  readonly transport: Transport;
  readonly limits: RequestLimits & { readonly requestsMax: number };
  /** How long what is read now has waited to be read. */
  readonly inboxDelayMs: (nowMs: number) => number;
  /** Whether what is read now may be old: sent before this process was stopped and went on. */
  readonly isBehind: (nowMs: number) => boolean;
  /** Lists keys: a page of them. */
  readonly list: (request: ListRequest, sinceMs: number) => Promise<Listed>;
  readonly batches: Pick<BatchDesk, 'serve' | 'take'>;
  /** Whether the request would be turned away where it would be passed to. */
  readonly isHomeFull: (key: string) => boolean;
  /** What was passed on and not acknowledged: it may have to be served here after all. */
  readonly passesWaiting: () => number;
  /** Passes a request on. @returns whether it is another's to serve. */
  readonly pass: (key: string, request: RawRequest, isRead: boolean) => boolean;
}

const WITHOUT_ID = new BadRequest(
  'bad_request',
  "A request to all proposers needs an 'id', or it could be applied more than once",
);

function rawOf(message: Message): RawRequest {
  const { subject, reply, bytes } = message;
  const id = message.header('Nats-Msg-Id');
  return { subject, reply, bytes, id, trace: traceOf(message.header(TRACE_HEADER)) };
}

export class ClientDesk {
  readonly #parts: DeskParts;
  readonly #door: Door;
  readonly #places: ServicePlaces;
  readonly #replies: Replies;
  readonly #requests: OpenRequests;
  #copies: Subscription | undefined;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    const { prefix, transport, limits } = parts;
    this.#door = new Door(limits.requestsMax);
    this.#places = new ServicePlaces(prefix, transport, message => this.#receive(message));
    this.#replies = new Replies(parts);
    this.#requests = new OpenRequests({ ...parts, replies: this.#replies, isFull: () => this.isFull });
  }

  /** Requests that wait for their answer. */
  get waiting(): number {
    return this.#requests.waiting;
  }

  /** Whether the next one would be turned away. */
  get isFull(): boolean {
    return this.#door.isFull(this.#crowd());
  }

  /** When the oldest of those that wait came. */
  get waitsSinceMs(): number | undefined {
    return this.#requests.waitsSinceMs;
  }

  /** Stands so often in the queue of the service, or once if it was full lately. To be said again and again. */
  stand(wanted: number): void {
    const { transport, prefix, clock } = this.#parts;
    if (this.#door.wasFull(clock.nowMs())) this.#places.shrink(Math.min(PLACES_STANDING_BY, wanted));
    else this.#places.stand(wanted);
    this.#copies ??= transport.subscribe(`${prefix}.again.>`, message => this.#receiveAgain(message));
  }

  /** Leaves the queue at once, until it stands there again. */
  withdraw(): void {
    this.#places.shrink(0);
  }

  /** Whether it stands in the queue as a home does. */
  get standsAsHome(): boolean {
    return this.#places.count > PLACES_STANDING_BY;
  }

  /** Takes in no more; what was taken in is still answered. */
  close(): void {
    this.#places.shrink(0);
    this.#copies?.close();
  }

  answer(token: number, answer: ServiceAnswer): void {
    this.#requests.answer(token, answer);
  }

  /** Serves what was passed here, or was passed on and not acknowledged. */
  serve({ request, pass, sinceMs }: Passed): void {
    if (this.#isOurs(request)) this.#requests.serve(request, { pass, sinceMs });
  }

  /** Tells a client of ours what the home says of its request. */
  forward({ reply, told }: Returned): void {
    if (isAnswerable(this.#parts.prefix, reply)) this.#replies.send(reply, told);
  }

  #receive(message: Message): void {
    const { reply, bytes } = message;
    if (reply !== '' && !isAnswerable(this.#parts.prefix, reply)) this.#refuseReplySubject(rawOf(message));
    // At the door, where it costs least: neither read nor passed on, as the others are as busy.
    else if (this.#isFullInTurn()) this.#replies.turnAway(reply, bytes);
    else this.#route(rawOf(message));
  }

  /** Takes a request in that came in a batch: it meets the same door. */
  #receiveOfBatch(request: RawRequest): void {
    if (this.#isFullInTurn()) this.#replies.turnAway(request.reply, request.bytes);
    else this.#route(request);
  }

  /** A copy, which every proposer gets: more than one may execute it, so without an id (R1) only reads are served. */
  #receiveAgain(message: Message): void {
    const { subject } = message;
    const request = { ...rawOf(message), subject: subjectBefore(this.#parts.prefix, subject) ?? subject };
    if (!this.#isOurs(request)) return;
    if (this.isFull) {
      this.#replies.turnAway(request.reply, request.bytes);
      return;
    }
    try {
      const { id, operation } = this.#requests.read(request).request;
      if (id === undefined && !isRead(operation)) throw WITHOUT_ID;
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#replies.refuse(request, error);
      return;
    }
    this.#route(request);
  }

  /** Serves it, or passes it on. */
  #route(request: RawRequest): void {
    const { prefix, clock, isBehind, batches, isHomeFull, pass } = this.#parts;
    const { subject, reply, bytes } = request;
    const nowMs = clock.nowMs();
    if (isBehind(nowMs) && this.#hasId(request)) {
      this.#replies.turnAway(reply, bytes);
      return;
    }
    if (subject === listSubject(prefix)) {
      void this.#list(request, nowMs);
      return;
    }
    if (subject === batchSubject(prefix)) {
      batches.serve(request, one => this.#receiveOfBatch(one));
      return;
    }
    const asked = parseRequestSubject(prefix, subject);
    const key = registerKey(asked);
    const isRead = asked.operation === 'read';
    // A read gets into nobody's way: any proposer asks the acceptors.
    if (!isRead && isHomeFull(key)) {
      this.#replies.turnAway(reply, bytes);
      return;
    }
    if (pass(key, request, isRead)) return;
    this.#requests.serve(request, { sinceMs: nowMs, pass: undefined });
  }

  async #list(request: RawRequest, sinceMs: number): Promise<void> {
    const { limits, list, stats, clock } = this.#parts;
    const { bytes, reply } = request;
    try {
      const asked = parseListRequest(bytes, limits);
      const listed = await list(asked, sinceMs);
      if (listed.kind === 'overloaded') stats.turnAway('overloaded');
      stats.countCall('admin.list', clock.nowMs() - sinceMs);
      this.#replies.send(reply, encodeReplyBody(formatOf(bytes), listBody(asked, listed)));
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#replies.refuse(request, error);
    }
  }

  /** What is old may have been repeated elsewhere, if it has an id. */
  #hasId(request: RawRequest): boolean {
    try {
      return this.#requests.read(request).request.id !== undefined;
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return false;
    }
  }

  #isFullInTurn(): boolean {
    return this.#door.isFullInTurn(() => this.#crowd());
  }

  #crowd(): Crowd {
    const { clock, passesWaiting, inboxDelayMs } = this.#parts;
    const nowMs = clock.nowMs();
    return {
      nowMs,
      waiting: this.waiting + passesWaiting(),
      waitedMs: nowMs - (this.waitsSinceMs ?? nowMs),
      inboxDelayMs: inboxDelayMs(nowMs),
    };
  }

  #isOurs(request: RawRequest): boolean {
    const { prefix } = this.#parts;
    const { subject, reply } = request;
    if (isEventSubject(prefix, subject) || !subject.startsWith(`${prefix}.`)) return false;
    if (reply === '' || isAnswerable(prefix, reply)) return true;
    this.#refuseReplySubject(request);
    return false;
  }

  #refuseReplySubject({ subject, reply, trace }: RawRequest): void {
    this.#parts.log('reply_subject_refused', { subject, reply, ...traceFields(trace) });
  }
}
