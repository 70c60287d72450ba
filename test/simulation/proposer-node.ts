// One proposer: the product's actor and its passing, and a desk that knows which client each token stands for. Each
// start is a new incarnation that knows nothing of the one before.

import { EpochNews } from '../../src/actors/epoch-news.ts';
import { type Bundle, type Passed, Passing, tellingOf } from '../../src/actors/passing.ts';
import { ProposerActor, type ProposerInput, type ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { configurationOf, type EpochNote, type Membership } from '../../src/protocol/membership.ts';
import { isRead, type Request } from '../../src/protocol/operation.ts';
import type { Pass } from '../../src/protocol/passes.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { ALL, type ReplyEnvelope } from '../../src/transport/message-codec.ts';
import type { Note, RawRequest } from '../../src/transport/pass-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { requestSubject } from '../../src/transport/subjects.ts';
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
  readonly configuration: Configuration;
  /** Takes a turn's outputs for acceptors and watchers. */
  readonly send: (incarnation: string, outputs: readonly ProposerOutput[]) => void;
  /** Takes what is for other proposers. */
  readonly tell: (incarnation: string, bundle: Bundle) => void;
  /** What was asked, by the reply subject: what travels of a request is no more than that. */
  readonly askedBy: (reply: string) => Asked;
  /** Takes what is for all nodes. */
  readonly announce: (note: EpochNote) => void;
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

/** A request in hand. */
interface InHand {
  readonly reply: string;
  readonly pass: Pass | undefined;
}

/** What lives as long as one incarnation. */
interface Incarnation {
  readonly id: string;
  readonly loop: TurnLoop<ProposerInput, ProposerOutput>;
  readonly passing: Passing;
  readonly observer: Observer;
  readonly inHand: Map<number, InHand>;
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

  constructor(world: World, parts: ProposerParts) {
    this.name = parts.name;
    const { skewMsMax, owners } = world.plan;
    const drift = owners === undefined ? 0 : world.dice.between(-owners.drift, owners.drift);
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

  /** In which it works. */
  get configuration(): Configuration {
    const { membership } = this.#incarnation;
    const first = this.#parts.configuration;
    return membership === undefined ? first : configurationOf(first.cluster, membership);
  }

  get epoch(): number {
    return this.#incarnation.membership?.epoch ?? this.#parts.configuration.epoch;
  }

  /** Serves a request of its own, which is never passed on. */
  serveItself(reply: string): void {
    this.process.run(() => this.#serve({ reply, pass: undefined }, this.clock.nowMs()));
  }

  /** What another node says of its epoch. */
  learn(note: EpochNote): void {
    this.process.run(() => {
      const { news, loop } = this.#incarnation;
      const { adopt, tells } = news.hears(note, this.clock.nowMs());
      if (tells) this.#announce();
      if (adopt === undefined) return;
      const isNewer = adopt.epoch > this.epoch;
      this.#incarnation.membership = adopt;
      if (!isNewer) return;
      this.#world.coverage.count('epoch adopted by a proposer');
      this.#world.trace.note(this.name, () => `adopts epoch ${adopt.epoch}`);
      const { cluster } = this.#parts.configuration;
      const { members } = adopt;
      loop.deliver({ kind: 'configuration', configuration: configurationOf(cluster, adopt), members });
    });
  }

  #announce(): void {
    const { epoch } = this;
    this.#parts.announce({ epoch, membership: this.#incarnation.membership });
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
  receive({ epoch, sender: acceptor, recipient, items: replies, stamp }: ReplyEnvelope): void {
    this.process.run(() => {
      const { id, loop, observer } = this.#incarnation;
      if (id !== recipient) return;
      if (this.#incarnation.news.meets(epoch, this.clock.nowMs())) this.#announce();
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

  /** At the end, when nobody asks any more. */
  judgeAnswers(): void {
    const left = [...this.#incarnation.inHand].map(([token, { reply }]) => `${token} (${reply})`);
    if (left.length > 0) throw unanswered(`${this.name} never answers request ${left.join(' and ')}`);
  }

  #newIncarnation(): Incarnation {
    const { dice, plan, coverage } = this.#world;
    // The chance comes first, so that no proposer always wins a tie of counters.
    const id = `${dice.below(36 ** 4).toString(36)}-${this.name}`;
    const actor = new ProposerActor({
      incarnation: id,
      configuration: this.#parts.configuration,
      codec: { encode: encodeState, decode: decodeState },
      changes: BUILT_IN_CHANGES,
      timing: plan.timing,
      seed: dice.below(2 ** 32),
      limits: { ...plan.limits, requestBytesMax: REQUEST_BYTES_MAX },
    });
    const { process, clock } = this;
    const send = (outputs: readonly ProposerOutput[]): void => this.#send(outputs);
    const loop = new TurnLoop(this.#world, { actor, process, clock, disk: undefined, send });
    const passing = new Passing({ incarnation: id, passesMax: PASSES_MAX, homesMax: plan.homesMax });
    if (plan.hasHomes) process.after(0, () => this.#live());
    const news = new EpochNews(() => ({ epoch: this.epoch, membership: this.#incarnation.membership }));
    const observer = new Observer(id, coverage);
    return { id, loop, passing, observer, inHand: new Map(), news, membership: undefined };
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
    const overdue = passing.tick(this.clock.nowMs());
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
    const { loop, observer, inHand: all } = this.#incarnation;
    const { key, request, timeoutMs } = this.#parts.askedBy(inHand.reply);
    const { pass } = inHand;
    this.#lastToken += 1;
    const token = this.#lastToken;
    all.set(token, inHand);
    observer.request(token, key);
    const by = pass === undefined ? '' : ` as pass ${pass.number} of ${pass.router}`;
    this.#world.trace.note(this.name, () => `← request ${token}: ${request.operation.type} ${key}${by}`);
    loop.deliver({
      kind: 'request',
      token,
      key,
      request: pass === undefined ? request : { ...request, pass },
      deadlineMs: sinceMs + timeoutMs,
      bytes: REQUEST_BYTES,
    });
  }

  #send(outputs: readonly ProposerOutput[]): void {
    const { id, observer } = this.#incarnation;
    observer.outputs(outputs);
    this.#parts.send(id, outputs);
    for (const output of outputs) if (output.kind === 'answer') this.#onAnswer(output.token, output.answer);
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

function unanswered(message: string): Violation {
  return new Violation('every request is answered once', message);
}
