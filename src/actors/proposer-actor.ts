// The proposer as an actor: takes requests and replies of a turn, lets each register's lane work, and packs
// what comes of it. How one register is worked on is protocol/instance.ts; here are the queues, their
// bounds, the clock tick, and the memory of registers.

import { type Ballot, BallotSource } from '../protocol/ballot.ts';
import { isOfRead, type Pending } from '../protocol/batch.ts';
import type { ChangeTable } from '../protocol/changes.ts';
import { begin, join, onlyAsks, receive, restart, tick } from '../protocol/instance.ts';
import type { Members, News, Stamp } from '../protocol/memory.ts';
import type { Command, Reply } from '../protocol/messages.ts';
import type { Request } from '../protocol/operation.ts';
import { isKey } from '../protocol/partition.ts';
import { type Configuration, isMember } from '../protocol/quorum.ts';
import { isOwn } from '../protocol/stays.ts';
import { TurnoverMap } from '../protocol/turnover-map.ts';
import type { Answer, Context, Effects, Instance, StateCodec, Timing } from '../protocol/work.ts';
import { ALL } from '../transport/envelope-codec.ts';
import type { ServiceAnswer } from '../transport/reply-codec.ts';
import { type Actor, type Loaded, type Needs, NO_NEEDS, NOTHING_TO_PERSIST, type Turn } from './actor.ts';
import { FloorTable } from './floors.ts';
import { BATCH_MAX, Lane } from './lane.ts';
import { LearnedTimeout } from './learned-timeout.ts';
import { randomSource } from './random.ts';
import { type FoundCounts, RegisterMemory } from './register-memory.ts';
import { Reserve } from './reserve.ts';
import { RoundTally } from './round-tally.ts';
import { SightingTable } from './sightings.ts';

export type ProposerInput =
  | {
      readonly kind: 'request';
      readonly token: number;
      readonly key: string;
      readonly request: Request;
      readonly deadlineMs: number;
      /** What it takes of the bound on waiting bytes. */
      readonly bytes: number;
    }
  | {
      readonly kind: 'replies';
      /** That the acceptor voted in. */
      readonly epoch: number;
      readonly acceptor: string;
      readonly stamp: Stamp;
      readonly replies: readonly Reply[];
    }
  /** That ballot is about to be promised for the whole partition (D4). */
  | { readonly kind: 'outbid'; readonly partition: number; readonly ballot: Ballot }
  /** Another epoch was decided, with these stores. */
  | {
      readonly kind: 'configuration';
      readonly configuration: Configuration;
      readonly members: Members;
    };

export type ProposerOutput =
  | {
      readonly kind: 'commands' /** One of them, or ALL. */;
      readonly acceptor: string;
      readonly epoch: number;
      readonly commands: readonly Command[];
      /** Those who need not vote on them at once. */
      readonly reserve: readonly string[];
      /** What was seen of acceptors' commits, for all acceptors to remember (S2). */
      readonly news: readonly News[];
    }
  | { readonly kind: 'answer'; readonly token: number; readonly answer: ServiceAnswer }
  | { readonly kind: 'chosen'; readonly key: string; readonly version: number }
  /** A request that was not applied and never will be in this group: the partition is closed here (G1). */
  | { readonly kind: 'closed'; readonly request: Extract<ProposerInput, { kind: 'request' }> }
  /** Replies that do not count: they are late, or come from an acceptor that has forgotten commits up to `seen` (A4). */
  | {
      readonly kind: 'distrusted';
      readonly acceptor: string;
      readonly stamp: Stamp;
      readonly seen: number;
    };

interface ProposerOptions {
  /** Unique for ever: what ballots and replies are told apart by. */
  readonly incarnation: string;
  /** In which it starts. */
  readonly configuration: Configuration;
  readonly codec: StateCodec;
  readonly changes: ChangeTable;
  readonly timing: Timing;
  /** Whom it asks to vote at once: as many as are a quorum, or all. */
  readonly asks: 'quorum' | 'all';
  readonly seed: number;
  readonly limits: ProposerLimits;
}

export interface ProposerLimits {
  readonly valueBytesMax: number;
  /** Ids that a register's state remembers one by one: REMEMBERED_MAX, but for tests (R1). */
  readonly rememberedMax: number;
  /** Requests that are worked on or wait; one more is `overloaded`. */
  readonly requestsMax: number;
  readonly requestBytesMax: number;
  /** Keys that a floor is used for before a new one is asked for; 0 works without floors. */
  readonly floorUsesMax: number;
  /** What registers may be remembered in, as objects and as bytes; past that those are forgotten that were used long ago. */
  readonly objectBytesMax: number;
  readonly ringBytesMax: number;
}

/** How often lanes at work look at the clock. */
const TICK_MS = 10;
/**
 * Who was answered by a round mostly read in order to change, and the change is under way. For so long what only asks waits for
 * it: a round without a change would be in its way, and tell what is gone a moment later.
 */
const COMPANY_MS = 1;

/** What a proposer has in hand. */
export interface InHand {
  readonly requests: number;
  readonly bytes: number;
  /** Registers that it works on. */
  readonly registers: number;
  /** Partitions that it holds the floor of. */
  readonly floors: number;
}

export class ProposerActor implements Actor<ProposerInput, ProposerOutput> {
  readonly tally = new RoundTally();
  readonly #options: ProposerOptions;
  readonly #ballots: BallotSource;
  #configuration: Configuration;
  #floors: FloorTable;
  readonly #sightings = new SightingTable();
  readonly #random: () => number;
  readonly #reserve: Reserve;
  /** After what rounds take. */
  readonly #resendTimeout: LearnedTimeout;
  /** The registers that nothing is to be done for now. */
  readonly #remembered: RegisterMemory;
  /** The others, by their keys. */
  readonly #lanes = new TurnoverMap<string, Lane>();
  /** Those of them that wait for a floor, and those that something happened to in this step. */
  readonly #awaiting = new Set<Lane>();
  #touched = new Set<Lane>();
  /** Those that wait for a change to go along with. */
  readonly #held = new Set<Lane>();
  /** The size of each request that was admitted and not answered. */
  readonly #admitted = new TurnoverMap<number, number>();
  #admittedBytes = 0;
  #tickAtMs = 0;

  constructor(options: ProposerOptions) {
    this.#options = options;
    this.#ballots = new BallotSource(options.incarnation);
    this.#configuration = options.configuration;
    this.#floors = new FloorTable(options.limits.floorUsesMax);
    const { objectBytesMax, ringBytesMax } = options.limits;
    this.#remembered = new RegisterMemory({ codec: options.codec, objectBytesMax, ringBytesMax });
    this.#random = randomSource(options.seed);
    const { resendMs, resendMsMax, lateMs } = options.timing;
    this.#resendTimeout = new LearnedTimeout(resendMs, resendMsMax);
    this.#reserve = new Reserve(options.asks, lateMs);
  }

  get inHand(): InHand {
    return {
      requests: this.#admitted.size,
      bytes: this.#admittedBytes,
      registers: this.#lanes.size,
      floors: this.#floors.held,
    };
  }

  get found(): FoundCounts {
    return this.#remembered.found;
  }

  /** The highest commit that was seen of an acceptor. */
  commitsOf(acceptor: string): number {
    return this.#sightings.commitsOf(acceptor);
  }

  needs(): Needs {
    return NO_NEEDS;
  }

  step(inputs: readonly ProposerInput[], _loaded: Loaded, nowMs: number): Turn<ProposerOutput> {
    const effects: Effects = { broadcast: [], direct: [], answers: [], chosen: [], closed: [] };
    const notices: ProposerOutput[] = [];
    let context = this.#context(nowMs, effects);
    for (const input of inputs) {
      if (input.kind === 'configuration') {
        this.#configuration = input.configuration;
        this.#forgetEpoch(input.members);
        context = this.#context(nowMs, effects);
        this.#restart(context);
      } else if (input.kind === 'outbid') {
        this.#ballots.observe(input.ballot);
        this.#floors.outbid(input.partition, input.ballot);
      } else if (input.kind === 'replies') {
        const { epoch, acceptor, stamp, replies } = input;
        const { configuration } = context;
        if (epoch !== configuration.epoch || !isMember(configuration, acceptor)) continue;
        if (this.#sightings.admit(acceptor, stamp)) this.#receive(acceptor, replies, context);
        else {
          const seen = this.#sightings.commitsOf(acceptor);
          notices.push({ kind: 'distrusted', acceptor, stamp, seen });
        }
      } else if (!this.#admit(input))
        notices.push({ kind: 'answer', token: input.token, answer: OVERLOADED });
    }
    this.#tick(context);
    for (const lane of this.#held) if (lane.companyUntilMs <= nowMs) this.#touched.add(lane);
    for (const lane of this.#touched) this.#work(lane, context);
    // Not cleared: V8 would keep what was in it, as in a Map (turnover-map).
    this.#touched = new Set();
    return {
      persist: NOTHING_TO_PERSIST,
      send: [...notices, ...this.#outputs(context)],
      wakeAtMs: this.#wakeAtMs,
    };
  }

  get #wakeAtMs(): number | undefined {
    if (this.#lanes.size === 0) return undefined;
    return Math.min(this.#tickAtMs, ...[...this.#held].map(lane => lane.companyUntilMs));
  }

  /** C4: promises and floors of one epoch are none in another, and what is remembered was chosen by others. */
  #forgetEpoch(members: Members): void {
    this.#floors = new FloorTable(this.#options.limits.floorUsesMax);
    this.#remembered.clear();
    this.#sightings.keep(members);
    this.tally.forgetAcceptors();
    this.#awaiting.clear();
  }

  /** What the earlier epoch still had to send would go out as words of this one. */
  #restart(context: Context): void {
    context.effects.broadcast.length = 0;
    context.effects.direct.length = 0;
    for (const lane of this.#lanes.values()) {
      lane.instance = restart(lane.instance, context);
      this.#touched.add(lane);
    }
  }

  #context(nowMs: number, effects: Effects): Context {
    const { codec, changes, timing, limits } = this.#options;
    const { valueBytesMax, rememberedMax } = limits;
    return {
      configuration: this.#configuration,
      reserve: this.#reserve.of(this.#configuration, nowMs),
      codec,
      changes,
      timing: { ...timing, resendMs: this.#resendTimeout.ms, lateMs: this.#reserve.lateMs },
      valueBytesMax,
      rememberedMax,
      ballots: this.#ballots,
      floors: this.#floors,
      random: this.#random,
      nowMs,
      effects,
    };
  }

  #receive(acceptor: string, replies: readonly Reply[], context: Context): void {
    this.tally.heard(acceptor, replies, context.nowMs);
    for (const reply of replies) {
      const lane = this.#lanes.get(reply.key);
      if (lane !== undefined) {
        const before = lane.instance;
        lane.instance = receive(before, acceptor, reply, context);
        const tookMs = this.tally.received(before, lane.instance, context.nowMs);
        if (tookMs !== undefined) this.#resendTimeout.learn(tookMs);
        this.#reserve.received(before, lane.instance, context.nowMs);
        if (lane.isIdle) {
          if (hasToldReaders(before)) lane.companyUntilMs = context.nowMs + COMPANY_MS;
          this.#touched.add(lane);
        }
      } else if (!isKey(reply.key)) {
        this.#floors.receive(acceptor, reply, context);
        for (const waiting of this.#awaiting) this.#touched.add(waiting);
      }
    }
  }

  /** Takes a request in, unless that would break a bound. */
  #admit({ token, key, request, deadlineMs, bytes }: Extract<ProposerInput, { kind: 'request' }>): boolean {
    const { requestsMax, requestBytesMax } = this.#options.limits;
    // What no client can ask for takes nothing of what clients may.
    if (!isOwn(key)) {
      if (this.#admitted.size >= requestsMax || this.#admittedBytes + bytes > requestBytesMax) return false;
      this.#admitted.set(token, bytes);
      this.#admittedBytes += bytes;
    }
    const lane = this.#lane(key);
    lane.wait({ token, request, deadlineMs, attempts: [] });
    this.#touched.add(lane);
    return true;
  }

  /** @returns what it took of the bound. */
  #release(token: number): number {
    const bytes = this.#admitted.get(token) ?? 0;
    this.#admittedBytes -= bytes;
    this.#admitted.delete(token);
    return bytes;
  }

  #lane(key: string): Lane {
    const working = this.#lanes.get(key);
    if (working !== undefined) return working;
    const lane = new Lane(this.#remembered.take(key));
    this.#lanes.set(key, lane);
    return lane;
  }

  #tick(context: Context): void {
    const { nowMs } = context;
    if (nowMs < this.#tickAtMs) return;
    this.#tickAtMs = nowMs + TICK_MS;
    for (const lane of this.#lanes.values()) {
      const before = lane.instance;
      lane.instance = tick(before, context);
      this.tally.ticked(before, lane.instance);
      this.#reserve.ticked(before, lane.instance, context.configuration, nowMs);
      this.#touched.add(lane);
      expireWaiting(lane, context);
    }
  }

  /** Starts what waits, as long as the lane has nothing else to do. */
  #work(lane: Lane, context: Context): void {
    this.#awaiting.delete(lane);
    this.#held.delete(lane);
    this.#join(lane, context);
    while (lane.isIdle && lane.hasWaiting) {
      if (lane.wantsFloor(this.#ballots.proposer) && this.#floors.awaits(lane.key, context)) {
        this.#awaiting.add(lane);
        return;
      }
      if (context.nowMs < lane.companyUntilMs && onlyAsks(lane.instance, lane.next(BATCH_MAX), context)) {
        this.#held.add(lane);
        this.tally.held += 1;
        return;
      }
      const batch = this.#inTime(lane.take(), context);
      if (batch.length === 0) continue;
      this.tally.batches.count(batch.length);
      lane.instance = begin(lane.instance, batch, context);
    }
    if (!lane.isIdle || context.nowMs < lane.companyUntilMs) return;
    this.#lanes.delete(lane.key);
    this.#remembered.put(lane.instance);
  }

  /** A change does not wait for a quorum read of its register. */
  #join(lane: Lane, context: Context): void {
    const { room } = lane;
    if (room === 0 || !lane.hasWaitingChange) return;
    expireWaiting(lane, context);
    const joined = join(lane.instance, lane.next(room), context);
    if (joined === undefined) return;
    this.tally.batches.count(lane.take(room).length);
    this.tally.joined += 1;
    lane.instance = joined;
  }

  /** Expired requests are not started. */
  #inTime(batch: readonly Pending[], { nowMs, effects }: Context): readonly Pending[] {
    for (const { token, deadlineMs } of batch) {
      if (deadlineMs <= nowMs) effects.answers.push({ token, answer: EXPIRED });
    }
    return batch.filter(pending => pending.deadlineMs > nowMs);
  }

  #outputs({ effects, reserve, nowMs }: Context): readonly ProposerOutput[] {
    const { broadcast, direct, answers, chosen, closed } = effects;
    const { epoch, acceptors } = this.#configuration;
    const outputs: ProposerOutput[] = [];
    if (broadcast.length > 0) {
      const news = this.#sightings.news(nowMs);
      outputs.push({
        kind: 'commands',
        acceptor: ALL,
        epoch,
        commands: broadcast,
        reserve: broadcast.every(isPatient) ? reserve : [],
        news,
      });
    }
    for (const acceptor of acceptors) {
      const commands = direct.filter(item => item.acceptor === acceptor).map(item => item.command);
      if (commands.length > 0)
        outputs.push({ kind: 'commands', acceptor, epoch, commands, reserve: [], news: [] });
    }
    for (const { token, answer } of answers) {
      this.#release(token);
      outputs.push({ kind: 'answer', token, answer });
    }
    for (const { key, pending } of closed) {
      const { token, request, deadlineMs } = pending;
      const bytes = this.#release(token);
      outputs.push({ kind: 'closed', request: { kind: 'request', token, key, request, deadlineMs, bytes } });
    }
    for (const hint of chosen) outputs.push({ kind: 'chosen', ...hint });
    return outputs;
  }
}

const EXPIRED: Answer = {
  kind: 'no_quorum',
  why: 'no quorum answered all that came before it until its deadline, and it was not started',
};

/** The answer to a request past a bound: nothing was done for it. */
export const OVERLOADED: ServiceAnswer = {
  kind: 'overloaded',
  why: 'the proposer has as many requests in hand as it takes: try again later',
};

/** Whether the reserve may take its time for it. */
function isPatient({ kind }: Command): boolean {
  return kind === 'accept' || kind === 'read' || kind === 'prepare';
}

/** Whether it was a round that has answered reads as well. */
function hasToldReaders({ work }: Instance): boolean {
  return work.phase === 'accepting' && work.batch.some(isOfRead);
}

function expireWaiting(lane: Lane, { nowMs, effects }: Context): void {
  for (const { token } of lane.expire(nowMs)) effects.answers.push({ token, answer: EXPIRED });
}
