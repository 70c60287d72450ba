// Requests that were let in: each is read, given to the proposer under a token, and its client told how it ended (R3). Knows who
// asked; the proposer only knows tokens.

import type { Clock } from '../../actors/clock.ts';
import type { RequestInput } from '../../actors/own-asks.ts';
import { OVERLOADED } from '../../actors/proposer-actor.ts';
import { TAKEN_OVER, type Telling, tellingOf } from '../../actors/telling.ts';
import type { ChangeTable } from '../../protocol/changes.ts';
import { isRead } from '../../protocol/operation.ts';
import type { Pass } from '../../protocol/passes.ts';
import { TurnoverMap } from '../../protocol/turnover-map.ts';
import { formatOf } from '../../transport/body-codec.ts';
import type { RawRequest } from '../../transport/pass-codec.ts';
import {
  type Asked,
  type EncodedReply,
  encodeBadRequest,
  encodeReply,
  type ServiceAnswer,
} from '../../transport/reply-codec.ts';
import { type ParsedRequest, parseRequest, type RequestLimits } from '../../transport/request-codec.ts';
import { BadRequest } from '../../transport/service-errors.ts';
import { parseRequestSubject } from '../../transport/subjects.ts';
import type { Log } from '../process/log.ts';
import type { Hints } from './hints.ts';
import type { Replies } from './replies.ts';
import { logRefused, logTried } from './request-log.ts';
import { codeOf, type ServiceStats } from './service-stats.ts';

export interface OpenRequestsParts {
  readonly incarnation: string;
  readonly prefix: string;
  readonly limits: RequestLimits;
  readonly changes: ChangeTable;
  readonly clock: Clock;
  readonly stats: ServiceStats;
  /** A request that takes longer is logged. */
  readonly slowMs: number;
  /** Clients can cause what is logged here: to be throttled. */
  readonly log: Log;
  readonly hints: Pick<Hints, 'keepTrace'>;
  readonly replies: Pick<Replies, 'send'>;
  /** Whether the next one would be turned away. */
  readonly isFull: () => boolean;
  readonly onRequest: (input: RequestInput) => void;
  /** Brings a reply to the router of a pass, for its client. */
  readonly giveBack: (pass: Pass, reply: string, told: EncodedReply) => void;
}

/** How a request came here. */
interface Origin {
  readonly sinceMs: number;
  /** Of a request that another proposer may execute too. */
  readonly pass: Pass | undefined;
}

interface Asking extends Asked, Origin {
  /** What was asked, as in the subject. */
  readonly name: string;
  readonly reply: string;
  readonly isRead: boolean;
  readonly trace: string | undefined;
}

const TAKEN_OVER_SENTENCE = `Cannot tell whether the request was applied: ${TAKEN_OVER.why}`;

export class OpenRequests {
  readonly #parts: OpenRequestsParts;
  readonly #asking = new TurnoverMap<number, Asking>();
  #lastToken = 0;

  constructor(parts: OpenRequestsParts) {
    this.#parts = parts;
  }

  /** Requests that wait for their answer. */
  get waiting(): number {
    return this.#asking.size;
  }

  /** When the oldest of those that wait came. */
  get waitsSinceMs(): number | undefined {
    const [oldest] = this.#asking.values();
    return oldest?.sinceMs;
  }

  /** @throws BadRequest */
  read({ subject, bytes, id }: RawRequest): ParsedRequest {
    const { prefix, limits, changes } = this.#parts;
    return parseRequest(parseRequestSubject(prefix, subject), bytes, id, { limits, changes });
  }

  serve(request: RawRequest, origin: Origin): void {
    try {
      this.#take(request, origin);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#refuse(request, origin, error);
    }
  }

  answer(token: number, answer: ServiceAnswer): void {
    const asking = this.#asking.get(token);
    if (asking === undefined) return;
    const { hints, incarnation } = this.#parts;
    if (asking.trace !== undefined && !asking.isRead) hints.keepTrace(asking.key, asking.trace);
    const telling = tellingOf(answer, asking, incarnation);
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

  #take(raw: RawRequest, origin: Origin): void {
    const { incarnation, stats, isFull, onRequest } = this.#parts;
    const { key, request, timeoutMs, name, showing, bytes } = this.read(raw);
    const { operation } = request;
    const asking = {
      name,
      type: operation.type,
      key,
      showing,
      format: formatOf(raw.bytes),
      reply: raw.reply,
      isRead: isRead(operation),
      trace: raw.trace,
      ...origin,
    };
    // What was passed here comes by another door.
    if (isFull()) {
      stats.turnAway('overloaded');
      this.#tell(asking, tellingOf(OVERLOADED, asking, incarnation));
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
      bytes,
    });
  }

  /** R3: that a passed write is not applied is told by its router, if that one did not serve it as well. */
  #tell(asking: Asking, { by, answer }: Telling): EncodedReply {
    const { reply, pass } = asking;
    const { replies, giveBack } = this.#parts;
    const encoded = encodeReply(asking, answer);
    if (pass !== undefined && by === 'router') giveBack(pass, reply, encoded);
    else replies.send(reply, encoded);
    return encoded;
  }

  /** The other proposer of a passed request may know changes, or allow sizes, that this one does not. */
  #refuse(request: RawRequest, { pass }: Origin, error: BadRequest): void {
    const { incarnation, stats, log, replies, giveBack } = this.#parts;
    const { reply, bytes } = request;
    const format = formatOf(bytes);
    stats.turnAway(error.code);
    logRefused(log, request, error);
    if (pass === undefined) replies.send(reply, encodeBadRequest(format, error));
    else if (pass.router !== incarnation) giveBack(pass, reply, encodeBadRequest(format, error));
    else replies.send(reply, encodeBadRequest(format, new BadRequest('unknown', TAKEN_OVER_SENTENCE)));
  }
}
