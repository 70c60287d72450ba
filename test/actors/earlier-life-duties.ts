// What a proposer owes to registers that were collected while it remembers them (D4), as checks that throw. The tests run them
// on the product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { AcceptorActor } from '../../src/actors/acceptor-actor.ts';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import type { ProposerActor, ProposerInput } from '../../src/actors/proposer-actor.ts';
import type { Ballot } from '../../src/protocol/ballot.ts';
import { UNSET_MS } from '../../src/protocol/collected.ts';
import { Collecting } from '../../src/protocol/collecting.ts';
import { printsOf } from '../../src/protocol/filter.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import { create, read, remove } from '../protocol/group.ts';
import { dutyProposer } from './duty-proposer.ts';
import type { Duty } from './runtime-duties.ts';
import { storeOf, votingStanding } from './standings.ts';

const CONFIGURATION = { cluster: 'test', epoch: 1, acceptors: ['a', 'b', 'c'] };
const CODEC = { encode: encodeState, decode: decodeState };
const KEY = 'orders.42';
const PARTITION = partitionOf(KEY);
/** Another key of its partition. */
const BESIDE =
  Array.from({ length: 5000 }, (_, i) => `k${i}`).find(key => partitionOf(key) === PARTITION) ?? '';
const BYTES_MAX = 1 << 20;
/** Above all that is promised here. */
const F: Ballot = { counter: 1000, proposer: 'collector' };

/** One proposer, and three acceptors that take whatever it sends at once. */
class World {
  readonly #acceptors = new Map(
    CONFIGURATION.acceptors.map(name => [
      name,
      new AcceptorActor({ cacheBytesMax: BYTES_MAX, standing: votingStanding() }),
    ]),
  );
  readonly #proposer: ProposerActor;
  readonly #answers: ServiceAnswer[] = [];
  #token = 0;

  constructor({ floorUsesMax }: { readonly floorUsesMax: number }) {
    this.#proposer = dutyProposer(CONFIGURATION, { floorUsesMax });
  }

  ask(key: string, operation: Operation): ServiceAnswer | undefined {
    this.#token += 1;
    const request = { operation, id: undefined };
    this.#step({ kind: 'request', token: this.#token, key, request, deadlineMs: 1000, bytes: 100 });
    return this.#answers.at(-1);
  }

  /** Everybody drops the key, whose register is unset. */
  collect(key: string, { isTold }: { readonly isTold: boolean }): void {
    const nowMs = UNSET_MS;
    const collecting = new Collecting({
      configuration: CONFIGURATION,
      keys: [key],
      serial: 1,
      codec: CODEC,
      nowMs,
    });
    for (const name of CONFIGURATION.acceptors)
      for (const reply of this.#vote(name, collecting.reads)) collecting.receive(name, reply);
    if (isTold) this.#step({ kind: 'outbid', partition: partitionOf(key), ballot: F });
    for (const name of CONFIGURATION.acceptors) {
      const [reply] = this.#vote(name, collecting.collects(F));
      assert(reply?.kind === 'collected' && reply.isGone);
    }
  }

  #vote(name: string, commands: readonly Command[]): readonly Reply[] {
    const acceptor = this.#acceptors.get(name);
    const loaded = { ...NOTHING_LOADED, prints: new Map([[PARTITION, printsOf([])]]) };
    const turn = acceptor?.step([{ proposer: 'p', epoch: 1, commands }], loaded, 0);
    acceptor?.settled();
    return turn?.send.flatMap(({ replies }) => replies) ?? [];
  }

  #step(...inputs: readonly ProposerInput[]): void {
    const replies: ProposerInput[] = [];
    for (const output of this.#proposer.step(inputs, NOTHING_LOADED, 0).send) {
      if (output.kind === 'answer') this.#answers.push(output.answer);
      if (output.kind !== 'commands') continue;
      for (const acceptor of output.acceptor === ALL ? CONFIGURATION.acceptors : [output.acceptor]) {
        const stamp = { store: storeOf(acceptor), incarnation: 'first', since: 1, commits: 1 };
        const told = this.#vote(acceptor, output.commands);
        replies.push({ kind: 'replies', epoch: 1, acceptor, stamp, replies: told });
      }
    }
    if (replies.length > 0) this.#step(...replies);
  }
}

function isDone(answer: ServiceAnswer | undefined, version: number): void {
  assert.equal(answer?.kind, 'done');
  assert(answer?.kind === 'done' && answer.view.version === version, JSON.stringify(answer));
}

export const EARLIER_LIFE_DUTIES: readonly Duty[] = [
  {
    title: 'the proposer that collects does not try a ballot that it held for the key before (D4)',
    check: async () => {
      const world = new World({ floorUsesMax: 0 });
      isDone(world.ask(KEY, create('A')), 1);
      isDone(world.ask(KEY, remove), 0);
      world.collect(KEY, { isTold: true });
      isDone(world.ask(KEY, create('B')), 3);
    },
  },
  {
    title: 'the proposer that collects does not try a floor that it held for the partition before (D4)',
    check: async () => {
      const world = new World({ floorUsesMax: 100 });
      isDone(world.ask(KEY, create('A')), 1);
      isDone(world.ask(KEY, remove), 0);
      world.collect(KEY, { isTold: true });
      isDone(world.ask(BESIDE, create('B')), 3);
    },
  },
  {
    title: 'who reads that a register was collected does not go on from what it remembers of it (D4)',
    check: async () => {
      const world = new World({ floorUsesMax: 0 });
      isDone(world.ask(KEY, create('A')), 1);
      isDone(world.ask(KEY, remove), 0);
      world.collect(KEY, { isTold: false });
      isDone(world.ask(KEY, read), 0);
      isDone(world.ask(KEY, create('B')), 3);
    },
  },
  {
    title: 'who was not told says once that the next change is unknown, which was not applied (D3, D4)',
    check: async () => {
      const world = new World({ floorUsesMax: 0 });
      isDone(world.ask(KEY, create('A')), 1);
      isDone(world.ask(KEY, remove), 0);
      world.collect(KEY, { isTold: false });
      assert.equal(world.ask(KEY, create('B'))?.kind, 'unknown');
      isDone(world.ask(KEY, create('C')), 3);
    },
  },
];
