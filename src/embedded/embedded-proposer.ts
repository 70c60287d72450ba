// A proposer in the client's own process, as the service that its client asks. Requests go to the proposer as values,
// checked as those of other clients are; it serves nobody else, and nobody hears that it is there.

import type { Clock } from '../actors/clock.ts';
import { OVERLOADED } from '../actors/proposer-actor.ts';
import { listenForHints } from '../client/hints.ts';
import { shownPage } from '../client/list.ts';
import { type Reply, replyOf } from '../client/reply.ts';
import {
  CLOSED,
  type KeysPage,
  type OnHint,
  type OnReply,
  type Question,
  type Service,
} from '../client/service.ts';
import { Groups } from '../node/engine/groups.ts';
import { OwnRequests } from '../node/engine/own-requests.ts';
import type { Engine, EngineParts } from '../node/engine/proposer-engine.ts';
import type { Log } from '../node/process/log.ts';
import { Collector } from '../node/scan/collector.ts';
import { CollectorCounts } from '../node/scan/collector-counts.ts';
import { Lister } from '../node/scan/lister.ts';
import { Hints } from '../node/service/hints.ts';
import type { ChangeTable } from '../protocol/changes.ts';
import type { Configuration } from '../protocol/quorum.ts';
import { checkValue } from '../protocol/value.ts';
import { type Listed, listBody, listRequestOf } from '../transport/list-codec.ts';
import { replyBody, type ServiceAnswer } from '../transport/reply-codec.ts';
import { requestOf } from '../transport/request-codec.ts';
import type { Transport } from '../transport/transport.ts';

interface EmbeddedParts {
  readonly prefix: string;
  readonly configuration: Configuration;
  readonly limits: EngineParts['limits'];
  /** Whether it collects deleted registers, of all partitions. */
  readonly collects: boolean;
  /** Whom it asks to vote at once: as many acceptors as are a quorum (default), or all. */
  readonly asks?: 'quorum' | 'all';
  readonly changes: ChangeTable;
  /** Closed with the proposer. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
}

interface Asking extends Pick<Question, 'type' | 'key'> {
  readonly onReply: (reply: Reply | undefined) => void;
}

/** What a request may name; every call names one. */
const TIMEOUTS = { timeoutMsDefault: 60_000, timeoutMsMax: 60_000 };
/** The proposer knows how a request ended a clock tick after its deadline; this is for a process that is busy. */
const VERDICT_MS = 250;

export class EmbeddedProposer implements Service {
  readonly #parts: EmbeddedParts;
  readonly #groups: Groups;
  readonly #own: OwnRequests;
  readonly #lister: Lister;
  readonly #collectors = new Map<string, Collector>();
  readonly #listing = new Set<OnReply<KeysPage>>();
  readonly #asking = new Map<number, Asking>();
  #lastToken = 0;
  #ended: string | undefined;

  constructor(parts: EmbeddedParts) {
    this.#parts = parts;
    const hints = new Hints(parts.prefix, parts.transport);
    this.#own = new OwnRequests(parts.clock, input => this.#groups.request(input));
    this.#groups = new Groups({
      ...parts,
      name: 'embedded',
      onAnswer: (token, answer) => {
        if (OwnRequests.isOwn(token)) this.#own.answer(token, answer);
        else this.#answer(token, answer);
      },
      onChosen: (key, version) => hints.announce(key, version),
      onFailure: error => this.#fail(error),
      onGroup: (group, engine) => parts.collects && this.#collectIn(group, engine),
      onNoGroup: group => this.#collectors.get(group)?.close(),
    });
    this.#lister = new Lister({ ...parts, groups: this.#groups, own: this.#own });
  }

  get ended(): string | undefined {
    return this.#ended;
  }

  /** Nothing is lost on the way, and the proposer asks silent acceptors again by itself. */
  patienceMs(_attempt: number, workMs: number): number {
    return workMs + VERDICT_MS;
  }

  ask({ type, key, body }: Question, onReply: Asking['onReply']): () => void {
    const { limits, changes, clock } = this.#parts;
    // What the caller does to a value later must not reach the proposer's memory.
    const own = structuredClone(body);
    const { request, timeoutMs } = requestOf(type, key, own, { limits: { ...limits, ...TIMEOUTS }, changes });
    this.#lastToken += 1;
    const token = this.#lastToken;
    this.#asking.set(token, { type, key, onReply });
    if (this.#asking.size > limits.requestsMax) queueMicrotask(() => this.#answer(token, OVERLOADED));
    else {
      const deadlineMs = clock.nowMs() + timeoutMs;
      this.#groups.request({ kind: 'request', token, key, request, deadlineMs, bytes: bytesOf(own) });
    }
    return () => {
      this.#asking.delete(token);
    };
  }

  /** There are no messages that they could share. */
  together(): Service['ask'] {
    return (question, onReply) => this.ask(question, onReply);
  }

  list(body: Question['body'], onReply: OnReply<KeysPage>): () => void {
    const { limits, clock } = this.#parts;
    const asked = listRequestOf(body, { ...limits, ...TIMEOUTS });
    this.#listing.add(onReply);
    const answer = (listed: Listed): void => {
      if (this.#listing.delete(onReply)) onReply(replyOf(listBody(asked, listed), shownPage));
    };
    this.#lister.list(asked, clock.nowMs()).then(answer, error => this.#fail(error));
    return () => {
      this.#listing.delete(onReply);
    };
  }

  /** Of other proposers, and of this one. */
  hints(pattern: string, onHint: OnHint): () => void {
    const { transport, prefix } = this.#parts;
    return listenForHints(transport, { prefix, pattern }, onHint);
  }

  async close(): Promise<void> {
    this.#end(CLOSED);
    await this.#parts.transport.close();
  }

  #answer(token: number, answer: ServiceAnswer): void {
    const asking = this.#asking.get(token);
    if (asking === undefined) return;
    this.#asking.delete(token);
    asking.onReply(replyOf(structuredClone(replyBody(asking, answer))));
  }

  #collectIn(group: string, engine: Engine): void {
    this.#collectors.get(group)?.close();
    const collector = new Collector({
      ...this.#parts,
      incarnation: engine.incarnation,
      own: this.#own.of(engine),
      configuration: engine.configuration,
      members: () => engine.membership()?.members,
      stayOf: partition => this.#groups.collectibleStay(group, partition),
      // It has no homes: nobody hears of it.
      isHome: () => true,
      onOutbid: engine.outbid,
      counts: new CollectorCounts(),
    });
    this.#collectors.set(group, collector);
    collector.start();
  }

  #fail(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#parts.log('failed', { why });
    this.#end(`its proposer failed: ${why}`);
  }

  /** What is under way may still take effect. */
  #end(why: string): void {
    this.#ended ??= why;
    this.#groups.stop();
    this.#lister.close();
    for (const collector of this.#collectors.values()) collector.close();
    const all = [...this.#asking.values(), ...[...this.#listing].map(onReply => ({ onReply }))];
    this.#asking.clear();
    this.#listing.clear();
    for (const { onReply } of all) onReply(undefined);
  }
}

/** About what a request takes while it waits. */
function bytesOf(body: Question['body']): number {
  let bytes = 0;
  for (const field of Object.values(body)) {
    const check = checkValue(field);
    if (check.kind === 'value') bytes += check.bytes;
  }
  return bytes;
}
