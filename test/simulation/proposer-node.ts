// One proposer: the product's actor and its passing, and a desk that knows which client each token stands for. Each
// start is a new incarnation that knows nothing of the one before.

import { EpochNews } from '../../src/actors/epoch-news.ts';
import { type Bundle, type Passed, Passing } from '../../src/actors/passing.ts';
import { ProposerActor, type ProposerInput, type ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { type RequestInput, Router, type RouterEvent } from '../../src/actors/router.ts';
import { tellingOf } from '../../src/actors/telling.ts';
import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { GroupMap, Place } from '../../src/protocol/group-map.ts';
import { configurationOf, type EpochNote, type Membership } from '../../src/protocol/membership.ts';
import { isRead, type Request } from '../../src/protocol/operation.ts';
import type { Pass } from '../../src/protocol/passes.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { ReplyEnvelope } from '../../src/transport/message-codec.ts';
import type { Note, RawRequest } from '../../src/transport/pass-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { requestSubject } from '../../src/transport/subjects.ts';
import type { CoverageName } from './coverage.ts';
import { describeAnswer, describeNote, describeReply } from './description.ts';
import { NodeClock } from './node-clock.ts';
import { Observer } from './observer.ts';
import { Process } from './process.ts';
import { TurnLoop } from './turn-loop.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** The parts of one request as its client sent it. */
export interface Asked {
  readonly key: string;
  readonly request: Request;
  readonly timeoutMs: number;
  /** @param from the proposer that says so. */
  readonly answer: (answer: ServiceAnswer, from: string) => void;
}

export interface ProposerParts {
  readonly name: string;
  /** Of each group. */
  readonly configurations: ReadonlyMap<string, Configuration>;
  /** Takes a turn's outputs for a group's acceptors and watchers. */
  readonly send: (group: string, incarnation: string, outputs: readonly ProposerOutput[]) => void;
  /** Takes what is for other proposers. */
  readonly tell: (incarnation: string, bundle: Bundle) => void;
  /** What was asked, by the reply subject: what travels of a request is no more than that. */
  readonly askedBy: (reply: string) => Asked;
  /** Takes what is for all nodes of a group. */
  readonly announce: (group: string, note: EpochNote) => void;
}

/** The notes of one message. */
export interface Heard {
  readonly sender: string;
  readonly recipient: string;
  readonly notes: readonly Note[];
}

const REQUEST_BYTES = 100;
const REQUEST_BYTES_MAX = 1 << 24;
const PASSES_MAX = 1000;
const PRESENCE_MS = 50;
const TICK_MS = 10;
const LOOKS_A_LOSS = 100;
const ROUTER_MS = 100;
const FETCH_MS = 150;

const ROUTED: Readonly<Record<RouterEvent, CoverageName>> = {
  closed: 'request met a closed partition',
  'begun with remains': 'stay begun with what was collected',
  brought: 'key brought',
  'found brought': 'key found brought already',
  'nothing to bring': 'nothing to bring of a key',
  'map learnt': 'map of groups learnt',
};

/** A request in hand. */
interface InHand {
  readonly reply: string;
  readonly pass: Pass | undefined;
}

/** What lives as long as one incarnation. */
interface Incarnation {
  readonly id: string;
  readonly engines: ReadonlyMap<string, Engine>;
  readonly router: Router;
  readonly passing: Passing;
  readonly inHand: Map<number, InHand>;
  /** Requests of nobody's, that are asked of one group. */
  readonly direct: Map<number, (answer: ServiceAnswer) => void>;
}

/** What works with one group of acceptors. */
interface Engine {
  readonly configuration: Configuration;
  readonly loop: TurnLoop<ProposerInput, ProposerOutput>;
  readonly observer: Observer;
  readonly news: EpochNews;
  membership: Membership | undefined;
}

export class ProposerNode {
  readonly name: string;
  readonly clock: NodeClock;
  readonly process: Process;
  readonly #world: World;
  readonly #parts: ProposerParts;
  #incarnation: Incarnation;
  readonly #seen = new Map<string, number>();
  #lastToken = 0;
  #looks = 0;

  constructor(world: World, parts: ProposerParts) {
    this.name = parts.name;
    const { skewMsMax, drift: driftMax } = world.plan;
    const drift = driftMax === 0 ? 0 : world.dice.between(-driftMax, driftMax);
    this.clock = new NodeClock(world.events, world.dice.between(0, skewMsMax), drift);
    this.process = new Process(world.events);
    this.#world = world;
    this.#parts = parts;
    this.#incarnation = this.#newIncarnation();
  }

  request(reply: string): void {
    this.process.run(() => {
      const { key, request } = this.#parts.askedBy(reply);
      const subject = requestSubject('synod', request.operation.type, key);
      const raw: RawRequest = { subject, reply, id: undefined, bytes: new Uint8Array(0), trace: undefined };
      if (this.#incarnation.passing.pass(key, raw, this.clock.nowMs())) {
        this.#world.coverage.count('passed on');
        this.process.after(0, () => this.#tell());
        this.process.after(TICK_MS, () => this.#look());
      } else {
        this.#serve({ reply, pass: undefined }, this.clock.nowMs());
      }
    });
  }

  /** As far as it knows. */
  get map(): GroupMap {
    return this.#incarnation.router.map;
  }

  epochIn(group: string): number {
    return epochOf(this.#engine(group));
  }

  /** As it knows the group. */
  configurationOf(group: string): Configuration {
    const { configuration, membership } = this.#engine(group);
    return membership === undefined ? configuration : configurationOf(configuration.cluster, membership);
  }

  #engine(group: string): Engine {
    const engine = this.#incarnation.engines.get(group);
    if (engine === undefined) throw new RangeError(`There is no group ${group}`);
    return engine;
  }

  /** Asks for a register of one group by its name there, wherever the map says that its key is. */
  askGroup(
    group: string,
    { key, operation }: { readonly key: string; readonly operation: Request['operation'] },
    onAnswer: (answer: ServiceAnswer) => void,
  ): void {
    this.process.run(() => {
      this.#lastToken += 1;
      const token = -this.#lastToken;
      this.#incarnation.direct.set(token, onAnswer);
      this.#toGroup(group, {
        kind: 'request',
        token,
        key,
        request: { operation, id: undefined } as Request,
        deadlineMs: this.clock.nowMs() + FETCH_MS,
        bytes: REQUEST_BYTES,
      });
    });
  }

  /** Begins the move of a partition that is on its way by this map. */
  begin(
    partition: number,
    { map, version, place }: { map: GroupMap; version: number; place: Place },
    onEnd: (isBegun: boolean) => void,
  ): void {
    this.process.run(() => {
      const { router } = this.#incarnation;
      const nowMs = this.clock.nowMs();
      router.learn(map, version, nowMs);
      router.begin(partition, place, nowMs + FETCH_MS, onEnd);
    });
  }

  /** Brings a key of a partition that is on its way by this map. */
  bring(
    key: string,
    { map, version, place }: { map: GroupMap; version: number; place: Place },
    onEnd: (isBrought: boolean) => void,
  ): void {
    this.process.run(() => {
      const { router } = this.#incarnation;
      const nowMs = this.clock.nowMs();
      router.learn(map, version, nowMs);
      router.bring(key, place, nowMs + FETCH_MS, onEnd);
    });
  }

  /** Serves a request of its own, which is never passed on. */
  serveItself(reply: string): void {
    this.process.run(() => this.#serve({ reply, pass: undefined }, this.clock.nowMs()));
  }

  /** What another node says of its epoch. */
  learn(group: string, note: EpochNote): void {
    this.process.run(() => {
      const engine = this.#engine(group);
      const { adopt, tells } = engine.news.hears(note, this.clock.nowMs());
      if (tells) this.#announce(group);
      if (adopt === undefined) return;
      const isNewer = adopt.epoch > epochOf(engine);
      engine.membership = adopt;
      if (!isNewer) return;
      this.#world.coverage.count('epoch adopted by a proposer');
      this.#world.trace.note(this.name, () => `adopts epoch ${adopt.epoch}`);
      const { members } = adopt;
      const configuration = configurationOf(engine.configuration.cluster, adopt);
      engine.loop.deliver({ kind: 'configuration', configuration, members });
    });
  }

  #announce(group: string): void {
    const engine = this.#engine(group);
    this.#parts.announce(group, { epoch: epochOf(engine), membership: engine.membership });
  }

  /** What other proposers say; what is for an earlier incarnation is never heard. */
  hear({ sender, recipient, notes }: Heard): void {
    this.process.run(() => {
      const { id, passing } = this.#incarnation;
      if (recipient !== id && recipient !== ALL) return;
      this.#world.trace.note(this.name, () => `← ${sender} ${notes.map(describeNote).join('; ')}`);
      const { passed, returned } = passing.receive(sender, notes, this.clock.nowMs());
      const given = notes.filter(note => note.kind === 'returned').length;
      this.#world.coverage.count('answered through the router', returned.length);
      this.#world.coverage.count('answer of the home not told', given - returned.length);
      this.#tell();
      for (const one of passed) this.#servePassed(one);
      for (const { reply, told } of returned)
        this.#answer(reply, JSON.parse(Buffer.from(told.bytes).toString()));
    });
  }

  /** Replies are addressed to an incarnation; a later one never sees them. */
  receive(group: string, { epoch, sender: acceptor, recipient, items: replies, stamp }: ReplyEnvelope): void {
    this.process.run(() => {
      if (this.#incarnation.id !== recipient) return;
      const { loop, observer, news } = this.#engine(group);
      if (news.meets(epoch, this.clock.nowMs())) this.#announce(group);
      this.#seen.set(acceptor, Math.max(stamp.commits, this.seenOf(acceptor)));
      this.#world.trace.note(this.name, () => `← ${acceptor} ${replies.map(describeReply).join('; ')}`);
      observer.replies(replies);
      loop.deliver({ kind: 'replies', epoch, acceptor, stamp, replies });
    });
  }

  /** The highest commit that any of its incarnations was shown of an acceptor. */
  seenOf(acceptor: string): number {
    return this.#seen.get(acceptor) ?? 0;
  }

  /** The requests in hand stay without an answer. */
  crash(): void {
    if (!this.process.isUp) return;
    this.process.crash();
    this.#world.coverage.count('proposer crash');
    this.#world.trace.note(this.name, () => 'crashes');
  }

  restart(): void {
    if (this.process.isUp) return;
    this.process.start();
    this.#incarnation = this.#newIncarnation();
    this.#world.trace.note(this.name, () => `starts again as ${this.#incarnation.id}`);
  }

  /** It has requests in hand. */
  get isServing(): boolean {
    return this.#incarnation.inHand.size > 0;
  }

  /** At the end, when nobody asks any more. */
  judgeAnswers(): void {
    const left = [...this.#incarnation.inHand].map(([token, { reply }]) => `${token} (${reply})`);
    if (left.length > 0) throw unanswered(`${this.name} never answers request ${left.join(' and ')}`);
  }

  #newIncarnation(): Incarnation {
    const { dice, plan, coverage } = this.#world;
    // The chance comes first, so that no proposer always wins a tie of counters.
    const id = `${dice.below(36 ** 4).toString(36)}-${this.name}`;
    const passing = new Passing({ incarnation: id, passesMax: PASSES_MAX, homesMax: plan.homesMax });
    const router = new Router({
      request: (group, input) => this.#toGroup(group, input),
      renew: (group, partition) =>
        this.#engine(group).loop.deliver({ kind: 'outbid', partition, ballot: ZERO_BALLOT }),
      answer: (token, answer) => this.#onAnswer(token, answer),
      count: event => coverage.count(ROUTED[event]),
    });
    if (plan.hasHomes) this.process.after(0, () => this.#live());
    if (plan.groups > 1) this.process.after(ROUTER_MS, () => this.#tick());
    const engines = [...this.#parts.configurations].map(([group, configuration]) => {
      return [group, this.#newEngine(id, group, configuration)] as const;
    });
    return { id, engines: new Map(engines), router, passing, inHand: new Map(), direct: new Map() };
  }

  #newEngine(id: string, group: string, configuration: Configuration): Engine {
    const { dice, plan, coverage } = this.#world;
    const actor = new ProposerActor({
      incarnation: id,
      configuration,
      codec: { encode: encodeState, decode: decodeState },
      changes: BUILT_IN_CHANGES,
      timing: plan.timing,
      asks: plan.asks,
      seed: dice.below(2 ** 32),
      limits: { ...plan.limits, requestBytesMax: REQUEST_BYTES_MAX },
    });
    const { process, clock } = this;
    const { tally } = actor;
    const counted = { joined: 0, held: 0, undecided: 0, late: 0 };
    let { objects, bytes } = actor.found;
    const send = (outputs: readonly ProposerOutput[]): void => {
      coverage.count('read taken along by a change', tally.joined - counted.joined);
      coverage.count('asked along with the next change', tally.held - counted.held);
      coverage.count('reserve asked to decide', tally.reserveAsked.undecided - counted.undecided);
      coverage.count('reserve asked for who is late', tally.reserveAsked.late - counted.late);
      Object.assign(counted, { joined: tally.joined, held: tally.held, ...tally.reserveAsked });
      coverage.count('register remembered as an object', actor.found.objects - objects);
      coverage.count('register remembered as bytes', actor.found.bytes - bytes);
      ({ objects, bytes } = actor.found);
      this.#send(group, outputs);
    };
    const loop = new TurnLoop(this.#world, { actor, process, clock, disk: undefined, send });
    const engine: Engine = {
      configuration,
      loop,
      observer: new Observer(id, coverage),
      news: new EpochNews(() => ({ epoch: epochOf(engine), membership: engine.membership })),
      membership: undefined,
    };
    return engine;
  }

  #tick(): void {
    this.#incarnation.router.tick(this.clock.nowMs());
    this.process.after(ROUTER_MS, () => this.#tick());
  }

  #toGroup(group: string, input: RequestInput): void {
    const { loop, observer } = this.#engine(group);
    observer.request(input.token, input.key);
    loop.deliver(input);
  }

  /** Says again and again that it lives. */
  #live(): void {
    this.#incarnation.passing.announce();
    this.#tell();
    this.#look();
    this.process.after(PRESENCE_MS, () => this.#live());
  }

  #look(): void {
    const { passing } = this.#incarnation;
    this.#looks += 1;
    // As when the server says that clients do not reach the home, whether or not that is true.
    const lost = this.#looks % LOOKS_A_LOSS === 0 ? passing.doubt(passing.firstHome, this.clock.nowMs()) : [];
    const overdue = [...lost, ...passing.tick(this.clock.nowMs())];
    this.#world.coverage.count('pass taken over', overdue.length);
    if (overdue.length > 0) this.#world.coverage.count('home in doubt');
    for (const one of overdue) this.#servePassed(one);
    if (passing.waiting > 0) this.process.after(TICK_MS, () => this.#look());
  }

  #tell(): void {
    const { id, passing } = this.#incarnation;
    for (const bundle of passing.takeOutbox()) this.#parts.tell(id, bundle);
  }

  #servePassed({ pass, request: { reply }, sinceMs }: Passed): void {
    this.#serve({ reply, pass }, sinceMs);
  }

  #serve(inHand: InHand, sinceMs: number): void {
    const { router, inHand: all } = this.#incarnation;
    const { key, request, timeoutMs } = this.#parts.askedBy(inHand.reply);
    const { pass } = inHand;
    this.#lastToken += 1;
    const token = this.#lastToken;
    all.set(token, inHand);
    const by = pass === undefined ? '' : ` as pass ${pass.number} of ${pass.router}`;
    this.#world.trace.note(this.name, () => `← request ${token}: ${request.operation.type} ${key}${by}`);
    router.request({
      kind: 'request',
      token,
      key,
      request: pass === undefined ? request : { ...request, pass },
      deadlineMs: sinceMs + timeoutMs,
      bytes: REQUEST_BYTES,
    });
  }

  #send(group: string, outputs: readonly ProposerOutput[]): void {
    const { id, router, direct } = this.#incarnation;
    this.#engine(group).observer.outputs(outputs);
    this.#parts.send(group, id, outputs);
    for (const output of outputs) {
      if (output.kind === 'closed') {
        // What is asked of one group is not asked of another.
        const { token } = output.request;
        if (token >= 0) router.closed(group, output.request, this.clock.nowMs());
        else direct.get(token)?.({ kind: 'no_quorum', why: 'it is closed' });
      }
      if (output.kind !== 'answer') continue;
      const { token, answer } = output;
      if (token >= 0) router.answered(token, answer, this.clock.nowMs());
      else direct.get(token)?.(answer);
    }
  }

  #onAnswer(token: number, answer: ServiceAnswer): void {
    const { id, inHand, passing } = this.#incarnation;
    this.#world.trace.note(this.name, () => `→ request ${token}: ${describeAnswer(answer)}`);
    const own = inHand.get(token);
    if (own === undefined) throw unanswered(`${this.name} answers request ${token} again`);
    inHand.delete(token);
    const { reply, pass } = own;
    const { operation } = this.#parts.askedBy(reply).request;
    const telling = tellingOf(answer, { pass, isRead: isRead(operation) }, id);
    if (pass === undefined || telling.by === 'here') {
      if (telling.afterMs === 0) this.#answer(reply, telling.answer);
      else this.process.after(telling.afterMs, () => this.#answer(reply, telling.answer));
      return;
    }
    passing.giveBack(pass, reply, { bytes: Buffer.from(JSON.stringify(telling.answer)) });
    this.#tell();
  }

  #answer(reply: string, answer: ServiceAnswer): void {
    this.#parts.askedBy(reply).answer(answer, this.name);
  }
}

function epochOf({ configuration, membership }: Engine): number {
  return membership?.epoch ?? configuration.epoch;
}

function unanswered(message: string): Violation {
  return new Violation('every request is answered once', message);
}
