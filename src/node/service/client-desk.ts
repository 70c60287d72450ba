// The desk for clients: takes their messages in, passes on those of another's keys, hands sound requests to the
// proposer, and brings each answer to the reply subject of its request. Knows who asked; the proposer only knows tokens.

import type { Clock } from '../../actors/clock.ts';
import { PLACES_STANDING_BY } from '../../actors/homes.ts';
import { type Passed, type Returned, TAKEN_OVER, type Telling, tellingOf } from '../../actors/passing.ts';
import { OVERLOADED, type ProposerInput } from '../../actors/proposer-actor.ts';
import type { ChangeTable } from '../../protocol/changes.ts';
import { isRead } from '../../protocol/operation.ts';
import type { Pass } from '../../protocol/passes.ts';
import { TurnoverMap } from '../../protocol/turnover-map.ts';
import { formatOf } from '../../transport/body-codec.ts';
import { type Listed, type ListRequest, listBody, parseListRequest } from '../../transport/list-codec.ts';
import type { RawRequest } from '../../transport/pass-codec.ts';
import { registerKey } from '../../transport/recipe-codec.ts';
import {
  type Asked,
  type EncodedReply,
  encodeBadRequest,
  encodeReply,
  encodeReplyBody,
  encodeUndeliverable,
  type ServiceAnswer,
} from '../../transport/reply-codec.ts';
import { parseRequest, type RequestLimits } from '../../transport/request-codec.ts';
import { BadRequest } from '../../transport/service-errors.ts';
import {
  batchSubject,
  eventSubject,
  isAnswerable,
  isEventSubject,
  listSubject,
  parseRequestSubject,
  subjectBefore,
} from '../../transport/subjects.ts';
import { TRACE_HEADER, traceHeaders, traceOf } from '../../transport/trace.ts';
import {
  type Message,
  type Subscription,
  type Transport,
  TransportError,
} from '../../transport/transport.ts';
import type { Log } from '../process/log.ts';
import type { BatchDesk } from './batch-desk.ts';
import { Door } from './door.ts';
import { FULL, Refusals } from './refusals.ts';
import { logRefused, logTried, traceFields } from './request-log.ts';
import { ServicePlaces } from './service-places.ts';
import { codeOf, type ServiceStats } from './service-stats.ts';

interface DeskParts {
  readonly incarnation: string;
  readonly prefix: string;
  readonly transport: Transport;
  readonly limits: RequestLimits & { readonly requestsMax: number };
  readonly changes: ChangeTable;
  readonly clock: Clock;
  readonly stats: ServiceStats;
  /** A request that takes longer is logged. */
  readonly slowMs: number;
  /** Clients can cause what is logged here: to be throttled. */
  readonly log: Log;
  /** How long what is read now has waited to be read. */
  readonly inboxDelayMs: (nowMs: number) => number;
  /** Whether what is read now may be old: sent before this process was stopped and went on. */
  readonly isBehind: (nowMs: number) => boolean;
  readonly onRequest: (input: Extract<ProposerInput, { kind: 'request' }>) => void;
  /** Lists keys: a page of them. */
  readonly list: (request: ListRequest, sinceMs: number) => Promise<Listed>;
  readonly batches: Pick<BatchDesk, 'serve' | 'take'>;
  /** Whether the request would be turned away where it would be passed to. */
  readonly isHomeFull: (key: string) => boolean;
  /** What was passed on and not acknowledged: it may have to be served here after all. */
  readonly passesWaiting: () => number;
  /** Passes a request on. @returns whether it is another's to serve. */
  readonly pass: (key: string, request: RawRequest, isRead: boolean) => boolean;
  /** Brings a reply to the router of a pass, for its client. */
  readonly giveBack: (pass: Pass, reply: string, told: EncodedReply) => void;
}

/** How a request came here. */
interface Origin {
  readonly reply: string;
  readonly sinceMs: number;
  /** Of a request that another proposer may execute too. */
  readonly pass: Pass | undefined;
}

interface Asking extends Asked, Origin {
  /** What was asked, as in the subject. */
  readonly name: string;
  readonly isRead: boolean;
  readonly trace: string | undefined;
}

const TAKEN_OVER_SENTENCE = `Cannot tell whether the request was applied: ${TAKEN_OVER.why}`;

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
  readonly #asking = new TurnoverMap<number, Asking>();
  readonly #door: Door;
  readonly #places: ServicePlaces;
  readonly #refusals: Refusals;
  #wasFullInTurn = false;
  #copies: Subscription | undefined;
  /** Of changes that were answered in this turn of the event loop, by key: their hints come next. */
  readonly #traces = new Map<string, string>();
  #lastToken = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    const { prefix, transport, stats } = parts;
    this.#refusals = new Refusals(transport, stats);
    this.#door = new Door(parts.limits.requestsMax);
    this.#places = new ServicePlaces(prefix, transport, message => this.#receive(message));
  }

  /** Requests that wait for their answer. */
  get waiting(): number {
    return this.#asking.size;
  }

  /** Whether the next one would be turned away. */
  get isFull(): boolean {
    return this.#isFull(this.#parts.clock.nowMs());
  }

  /** When the oldest of those that wait came. */
  get waitsSinceMs(): number | undefined {
    const [oldest] = this.#asking.values();
    return oldest?.sinceMs;
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
    const asking = this.#asking.get(token);
    if (asking === undefined) return;
    if (asking.trace !== undefined && !asking.isRead) this.#keepTrace(asking.key, asking.trace);
    const telling = tellingOf(answer, asking, this.#parts.incarnation);
    if (telling.afterMs === 0) this.#end(token, asking, telling);
    else setTimeout(() => this.#end(token, asking, telling), telling.afterMs);
  }

  #end(token: number, asking: Asking, telling: Telling): void {
    this.#asking.delete(token);
    const error = this.#tell(asking, telling).headers?.get('Nats-Service-Error') ?? '';
    const { name, key, sinceMs, trace } = asking;
    const { stats, clock, slowMs, log } = this.#parts;
    const nowMs = clock.nowMs();
    const result = codeOf(telling.answer);
    stats.count({ type: name, code: result, error, sinceMs, nowMs });
    logTried(log, { operation: name, key, ms: nowMs - sinceMs, result, trace }, slowMs);
  }

  #keepTrace(key: string, trace: string): void {
    if (this.#traces.size === 0) setImmediate(() => this.#traces.clear());
    this.#traces.set(key, trace);
  }

  /** Serves what was passed here, or was passed on and not acknowledged. */
  serve({ request, pass, sinceMs }: Passed): void {
    const { subject, reply } = request;
    if (this.#isOurs(subject, reply, () => request.trace)) this.#serve(request, { reply, pass, sinceMs });
  }

  /** Tells a client of ours what the home says of its request. */
  forward({ reply, told }: Returned): void {
    if (isAnswerable(this.#parts.prefix, reply)) this.reply(reply, told);
  }

  /** A hint for watchers that a register has a new version. */
  announce(key: string, version: number): void {
    const { prefix, transport } = this.#parts;
    const trace = this.#traces.get(key);
    const bytes = Buffer.from(JSON.stringify({ key, version }));
    const options = trace === undefined ? undefined : { headers: traceHeaders(trace) };
    transport.publish(eventSubject(prefix, key), bytes, options);
  }

  #receive(message: Message): void {
    const { reply } = message;
    if (reply !== '' && !isAnswerable(this.#parts.prefix, reply)) {
      this.#refuseReplySubject(message.subject, reply, rawOf(message).trace);
      return;
    }
    // At the door, where it costs least: neither read nor passed on, as the others are as busy.
    if (this.#isFullInTurn()) this.#refusals.turnAway(reply, message.bytes);
    else this.#route(rawOf(message));
  }

  /** Takes a request in that came in a batch: it meets the same door. */
  admit(request: RawRequest): void {
    if (this.#isFullInTurn()) this.#turnAway(request.reply, request.bytes);
    else this.#route(request);
  }

  /** Serves it, or passes it on. */
  #route(request: RawRequest): void {
    const { prefix, clock, isHomeFull, pass } = this.#parts;
    const { subject, reply, bytes } = request;
    const nowMs = clock.nowMs();
    if (this.#parts.isBehind(nowMs) && this.#hasId(request)) {
      this.#turnAway(reply, bytes);
      return;
    }
    if (subject === listSubject(prefix)) {
      void this.#list(request, nowMs);
      return;
    }
    if (subject === batchSubject(prefix)) {
      this.#parts.batches.serve(request);
      return;
    }
    const asked = parseRequestSubject(prefix, subject);
    const key = registerKey(asked);
    const isRead = asked.operation === 'read';
    // A read gets into nobody's way: any proposer asks the acceptors.
    if (!isRead && isHomeFull(key)) {
      this.#turnAway(reply, bytes);
      return;
    }
    if (pass(key, request, isRead)) return;
    this.#serve(request, { reply, sinceMs: nowMs, pass: undefined });
  }

  #turnAway(reply: string, bytes: Uint8Array): void {
    if (!this.#parts.batches.take(reply, FULL[formatOf(bytes)])) this.#refusals.turnAway(reply, bytes);
    else this.#parts.stats.turnAway('overloaded');
  }

  async #list(request: RawRequest, sinceMs: number): Promise<void> {
    const { limits, list, stats, log } = this.#parts;
    const { bytes, reply } = request;
    const format = formatOf(bytes);
    try {
      const asked = parseListRequest(bytes, limits);
      const listed = await list(asked, sinceMs);
      if (listed.kind === 'overloaded') stats.turnAway('overloaded');
      stats.countCall('admin.list', this.#parts.clock.nowMs() - sinceMs);
      this.reply(reply, encodeReplyBody(format, listBody(asked, listed)));
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      stats.turnAway(error.code);
      logRefused(log, request, error);
      this.reply(reply, encodeBadRequest(format, error));
    }
  }

  /** What is old may have been repeated elsewhere, if it has an id. */
  #hasId({ subject, bytes, id }: RawRequest): boolean {
    const { prefix, limits, changes } = this.#parts;
    try {
      const parsed = parseRequest(parseRequestSubject(prefix, subject), bytes, id, { limits, changes });
      return parsed.request.id !== undefined;
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return false;
    }
  }

  /** Who is full is full for the rest of this turn of the event loop: not to be asked again for each message of it. */
  #isFullInTurn(): boolean {
    if (this.#wasFullInTurn) return true;
    if (!this.#isFull(this.#parts.clock.nowMs())) return false;
    this.#wasFullInTurn = true;
    setImmediate(() => {
      this.#wasFullInTurn = false;
    });
    return true;
  }

  #isFull(nowMs: number): boolean {
    const waiting = this.#asking.size + this.#parts.passesWaiting();
    const waitedMs = nowMs - (this.waitsSinceMs ?? nowMs);
    return this.#door.isFull({ nowMs, waiting, waitedMs, inboxDelayMs: this.#parts.inboxDelayMs(nowMs) });
  }

  /** A copy, which every proposer gets: more than one may execute it, so without an id (R1) only reads are served. */
  #receiveAgain(message: Message): void {
    const { prefix, limits, changes, clock } = this.#parts;
    const request = { ...rawOf(message), subject: subjectBefore(prefix, message.subject) ?? message.subject };
    const { subject, reply, bytes, id } = request;
    if (!this.#isOurs(subject, reply, () => request.trace)) return;
    if (this.#isFull(clock.nowMs())) {
      this.#turnAway(reply, bytes);
      return;
    }
    try {
      const parsed = parseRequest(parseRequestSubject(prefix, subject), bytes, id, { limits, changes });
      if (parsed.request.id === undefined && !isRead(parsed.request.operation)) throw WITHOUT_ID;
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#parts.stats.turnAway(error.code);
      logRefused(this.#parts.log, request, error);
      this.reply(reply, encodeBadRequest(formatOf(bytes), error));
      return;
    }
    this.#route(request);
  }

  #isOurs(subject: string, reply: string, traceOfIt: () => string | undefined): boolean {
    const { prefix } = this.#parts;
    if (isEventSubject(prefix, subject) || !subject.startsWith(`${prefix}.`)) return false;
    if (reply === '' || isAnswerable(prefix, reply)) return true;
    this.#refuseReplySubject(subject, reply, traceOfIt());
    return false;
  }

  #refuseReplySubject(subject: string, reply: string, trace: string | undefined): void {
    this.#parts.log('reply_subject_refused', { subject, reply, ...traceFields(trace) });
  }

  #serve(request: RawRequest, origin: Origin): void {
    try {
      this.#take(request, origin);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#refuse(request, origin, error);
    }
  }

  #take({ subject, bytes, id, trace }: RawRequest, origin: Origin): void {
    const { prefix, limits, changes, clock, stats, onRequest } = this.#parts;
    const parsed = parseRequest(parseRequestSubject(prefix, subject), bytes, id, { limits, changes });
    const { key, request, timeoutMs, name, showing } = parsed;
    const { operation } = request;
    const asking = {
      name,
      type: operation.type,
      key,
      showing,
      format: formatOf(bytes),
      isRead: isRead(operation),
      trace,
      ...origin,
    };
    // What was passed here comes by another door.
    if (this.#isFull(clock.nowMs())) {
      stats.turnAway('overloaded');
      this.#tell(asking, tellingOf(OVERLOADED, asking, this.#parts.incarnation));
      return;
    }
    this.#lastToken += 1;
    this.#asking.set(this.#lastToken, asking);
    const { pass, sinceMs } = origin;
    onRequest({
      kind: 'request',
      token: this.#lastToken,
      key,
      request: pass === undefined ? request : { ...request, pass },
      deadlineMs: sinceMs + timeoutMs,
      bytes: parsed.bytes,
    });
  }

  /** R3: that a passed write is not applied is told by its router, if that one did not serve it as well. */
  #tell(asking: Asking, { by, answer }: Telling): EncodedReply {
    const { reply, pass } = asking;
    const encoded = encodeReply(asking, answer);
    if (pass !== undefined && by === 'router') this.#parts.giveBack(pass, reply, encoded);
    else this.reply(reply, encoded);
    return encoded;
  }

  /** The other proposer of a passed request may know changes, or allow sizes, that this one does not. */
  #refuse(request: RawRequest, { pass }: Origin, error: BadRequest): void {
    const { bytes, reply } = request;
    const format = formatOf(bytes);
    this.#parts.stats.turnAway(error.code);
    logRefused(this.#parts.log, request, error);
    if (pass === undefined) this.reply(reply, encodeBadRequest(format, error));
    else if (pass.router !== this.#parts.incarnation)
      this.#parts.giveBack(pass, reply, encodeBadRequest(format, error));
    else this.reply(reply, encodeBadRequest(format, new BadRequest('unknown', TAKEN_OVER_SENTENCE)));
  }

  reply(reply: string, encoded: EncodedReply): void {
    if (reply === '' || this.#parts.batches.take(reply, encoded)) return;
    try {
      this.#publish(reply, encoded);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.#publish(reply, encodeUndeliverable(formatOf(encoded.bytes), error.message));
    }
  }

  #publish(reply: string, { bytes, headers }: EncodedReply): void {
    this.#parts.transport.publish(reply, bytes, headers === undefined ? undefined : { headers });
  }
}
