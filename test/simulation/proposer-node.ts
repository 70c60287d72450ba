// One proposer: the product's actor, and a desk that knows which client each token stands for. Each start is a
// new incarnation that knows nothing of the one before.

import { ProposerActor, type ProposerInput, type ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Reply } from '../../src/protocol/messages.ts';
import type { Request } from '../../src/protocol/operation.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { describeAnswer, describeReply } from './description.ts';
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
  readonly answer: (answer: ServiceAnswer) => void;
}

export interface ProposerParts {
  readonly name: string;
  readonly configuration: Configuration;
  /** Takes a turn's outputs for acceptors and watchers. */
  readonly send: (incarnation: string, outputs: readonly ProposerOutput[]) => void;
}

const REQUEST_BYTES = 100;
const REQUEST_BYTES_MAX = 1 << 24;

/** What lives as long as one incarnation. */
interface Incarnation {
  readonly id: string;
  readonly loop: TurnLoop<ProposerInput, ProposerOutput>;
  readonly observer: Observer;
  readonly asked: Map<number, Asked>;
}

export class ProposerNode {
  readonly name: string;
  readonly clock: NodeClock;
  readonly process: Process;
  readonly #world: World;
  readonly #parts: ProposerParts;
  #incarnation: Incarnation;
  #lastToken = 0;

  constructor(world: World, parts: ProposerParts) {
    this.name = parts.name;
    this.clock = new NodeClock(world.events, world.dice.between(0, world.plan.skewMsMax));
    this.process = new Process(world.events);
    this.#world = world;
    this.#parts = parts;
    this.#incarnation = this.#newIncarnation();
  }

  request(asked: Asked): void {
    this.process.run(() => {
      const { loop, observer, asked: all } = this.#incarnation;
      this.#lastToken += 1;
      const token = this.#lastToken;
      const { key, request, timeoutMs } = asked;
      all.set(token, asked);
      observer.request(token, key);
      this.#world.trace.note(this.name, () => `← request ${token}: ${request.operation.type} ${key}`);
      const deadlineMs = this.clock.nowMs() + timeoutMs;
      loop.deliver({ kind: 'request', token, key, request, deadlineMs, bytes: REQUEST_BYTES });
    });
  }

  /** Replies are addressed to an incarnation; a later one never sees them. */
  receive(incarnation: string, acceptor: string, replies: readonly Reply[]): void {
    this.process.run(() => {
      const { id, loop, observer } = this.#incarnation;
      if (id !== incarnation) return;
      this.#world.trace.note(this.name, () => `← ${acceptor} ${replies.map(describeReply).join('; ')}`);
      observer.replies(replies);
      loop.deliver({ kind: 'replies', acceptor, replies });
    });
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
    const left = [...this.#incarnation.asked].map(([token, { key }]) => `${token} for '${key}'`);
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
    return { id, loop, observer: new Observer(id, coverage), asked: new Map() };
  }

  #send(outputs: readonly ProposerOutput[]): void {
    const { id, observer, asked } = this.#incarnation;
    observer.outputs(outputs);
    this.#parts.send(id, outputs);
    for (const output of outputs) {
      if (output.kind !== 'answer') continue;
      const { token, answer } = output;
      this.#world.trace.note(this.name, () => `→ request ${token}: ${describeAnswer(answer)}`);
      const request = asked.get(token);
      if (request === undefined) throw unanswered(`${this.name} answers request ${token} again`);
      asked.delete(token);
      request.answer(answer);
    }
  }
}

function unanswered(message: string): Violation {
  return new Violation('every request is answered once', message);
}
