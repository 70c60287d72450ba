// What a floor owes to the proposer that holds it (F1), as checks that throw: cases that chance meets too seldom
// in the simulator. The tests run them on the product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { AcceptorActor } from '../../src/actors/acceptor-actor.ts';
import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { mayContain, printsOf } from '../../src/protocol/filter.ts';
import { promisesOf } from '../../src/protocol/floor.ts';
import { floorName, partitionOf } from '../../src/protocol/partition.ts';
import { UNSET } from '../../src/protocol/state.ts';
import { create, Group, NO_FLOORS, write } from '../protocol/group.ts';
import type { Duty } from './runtime-duties.ts';
import { votingStanding } from './standings.ts';

const KEY = 'orders.42';
const PARTITION = partitionOf(KEY);
const EMPTY = { slots: new Map(), prints: new Map([[PARTITION, printsOf([])]]) };
const NOTHING = new Uint8Array(0);
const GROUP = { cluster: 'test', epoch: 1, acceptors: ['a', 'b', 'c'] };

const ballot = (counter: number, proposer: string) => ({ counter, proposer });
const accept = (counter: number, proposer: string) => {
  const next = ballot(counter + 1, proposer);
  return {
    kind: 'accept' as const,
    key: KEY,
    ballot: ballot(counter, proposer),
    value: Uint8Array.of(1),
    next,
  };
};
const floor = (counter: number, proposer: string) => {
  return { kind: 'floor' as const, key: floorName(PARTITION), ballot: ballot(counter, proposer) };
};

export const FLOOR_DUTIES: readonly Duty[] = [
  {
    title: 'its filter has the keys that were accepted before it in the same turn',
    check: async () => {
      const acceptor = new AcceptorActor({ cacheBytesMax: 1 << 20, standing: votingStanding() });
      const turn = acceptor.step(
        [
          { proposer: 'p', epoch: 1, commands: [accept(1, 'p')] },
          { proposer: 'q', epoch: 1, commands: [floor(5, 'q')] },
        ],
        EMPTY,
        0,
      );
      const reply = turn.send.at(-1)?.replies[0];
      assert(reply?.kind === 'floored' && reply.filter !== undefined);
      assert(mayContain(reply.filter, KEY));
    },
  },
  {
    title: 'it binds the commands that come after it in the same turn',
    check: async () => {
      const acceptor = new AcceptorActor({ cacheBytesMax: 1 << 20, standing: votingStanding() });
      const turn = acceptor.step(
        [
          { proposer: 'q', epoch: 1, commands: [floor(5, 'q')] },
          { proposer: 'p', epoch: 1, commands: [accept(1, 'p')] },
        ],
        EMPTY,
        0,
      );
      assert.deepEqual(
        turn.send.flatMap(({ replies }) => replies.map(({ kind }) => kind)),
        ['floored', 'conflict'],
      );
    },
  },
  {
    title: 'only reports of acceptors that had promised it do for a phase 1 of its ballot',
    check: async () => {
      const held = { ballot: ballot(5, 'q'), holders: ['a', 'b'], isFresh: false };
      const report = (acceptor: string) => ({ acceptor, accepted: ZERO_BALLOT, value: NOTHING });
      assert.equal(promisesOf(GROUP, held, [report('b'), report('c')]), undefined);
      assert.equal(promisesOf(GROUP, held, [report('a'), report('b')])?.promises.length, 2);
    },
  },
  {
    title: 'no report from above it does for a phase 1 of its ballot',
    check: async () => {
      const held = { ballot: ballot(5, 'q'), holders: ['a', 'b', 'c'], isFresh: false };
      const report = (acceptor: string, counter: number) => {
        return { acceptor, accepted: ballot(counter, 'p'), value: Uint8Array.of(1) };
      };
      assert.equal(promisesOf(GROUP, held, [report('a', 1), report('b', 6)]), undefined);
    },
  },
  {
    title: 'what a read under it found is made chosen before it is told, when a quorum holds something older',
    check: async () => {
      const group = new Group('a', 'b', 'c');
      const first = group.proposer('p');
      first.begin(write('A'));
      first.exchange('a', 'b', 'c');
      first.exchange('a');
      const second = group.proposer('q');
      const held = { ballot: ballot(5, 'q'), holders: ['a', 'b', 'c'], isFresh: false, remains: UNSET };
      second.floors = { ...NO_FLOORS, of: () => held };
      const [token] = second.begin(create('B'));
      second.exchange('b', 'a', 'c');
      assert.equal(second.answer(token), undefined);
      assert.equal(second.command.kind, 'accept');
      second.exchange('b', 'c');
      assert.equal(second.answer(token)?.kind, 'refused');
    },
  },
];
