// A stage for scripted scenarios: the product's actors, with a script in the place of chance. A message reaches
// exactly the acceptors that the script names, at once, and is lost for all others.

import { AcceptorActor } from '../../src/actors/acceptor-actor.ts';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import type { ProposerActor, ProposerInput, ProposerOutput } from '../../src/actors/proposer-actor.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { dutyProposer } from '../actors/duty-proposer.ts';
import { storeOf, votingStanding } from '../actors/standings.ts';

export const TIMEOUT_MS = 1000;
const BYTES_MAX = 1 << 24;

export class Stage {
  readonly #acceptors: ReadonlyMap<string, AcceptorActor>;
  nowMs = 1_000_000_000;

  constructor(acceptors: readonly string[]) {
    this.#acceptors = new Map(
      acceptors.map(name => {
        return [name, new AcceptorActor({ cacheBytesMax: BYTES_MAX, standing: votingStanding(name) })];
      }),
    );
  }

  get acceptors(): readonly string[] {
    return [...this.#acceptors.keys()];
  }

  proposer(name: string): StagedProposer {
    return new StagedProposer(this, name);
  }

  /** What the acceptor answers to these commands of `proposer`; it keeps all in memory. */
  vote(acceptor: string, proposer: string, commands: readonly Command[]): readonly Reply[] {
    const actor = this.#acceptors.get(acceptor);
    const turn = actor?.step([{ proposer, epoch: 1, commands }], NOTHING_LOADED, this.nowMs);
    actor?.settled();
    return turn?.send.flatMap(({ replies }) => replies) ?? [];
  }
}

export class StagedProposer {
  readonly answers = new Map<number, ServiceAnswer>();
  readonly sent: Command[] = [];
  readonly #stage: Stage;
  readonly #name: string;
  readonly #actor: ProposerActor;
  #unsent: Extract<ProposerOutput, { kind: 'commands' }>[] = [];

  constructor(stage: Stage, name: string) {
    this.#stage = stage;
    this.#name = name;
    const configuration = { cluster: 'staged', epoch: 1, acceptors: stage.acceptors };
    this.#actor = dutyProposer(configuration, { incarnation: name });
  }

  ask(token: number, key: string, operation: Operation, id?: string): void {
    const request = { operation, id };
    const deadlineMs = this.#stage.nowMs + TIMEOUT_MS;
    this.#step([{ kind: 'request', token, key, request, deadlineMs, bytes: 10 }]);
  }

  /** Carries messages to and from these acceptors until nobody has anything more to say. */
  exchangeWith(...acceptors: readonly string[]): void {
    while (this.#unsent.length > 0) {
      const outputs = this.#unsent;
      this.#unsent = [];
      for (const { acceptor: recipient, commands } of outputs) {
        for (const acceptor of acceptors) {
          if (recipient !== ALL && recipient !== acceptor) continue;
          const replies = this.#stage.vote(acceptor, this.#name, commands);
          const stamp = { store: storeOf(acceptor), incarnation: 'first', since: 1, commits: 1 };
          this.#step([{ kind: 'replies', epoch: 1, acceptor, stamp, replies }]);
        }
      }
    }
  }

  /** Lets time pass, in which the proposer notices what is overdue. */
  wait(ms: number): void {
    this.#stage.nowMs += ms;
    this.#step([]);
  }

  #step(inputs: readonly ProposerInput[]): void {
    for (const output of this.#actor.step(inputs, NOTHING_LOADED, this.#stage.nowMs).send) {
      if (output.kind === 'answer') this.answers.set(output.token, output.answer);
      if (output.kind !== 'commands') continue;
      this.sent.push(...output.commands);
      this.#unsent.push(output);
    }
  }
}
