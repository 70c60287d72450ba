// What a proposer owes to a change of epoch (C4), as checks that throw: cases that chance meets too seldom in the simulator.

import assert from 'node:assert/strict';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import { ProposerActor, type ProposerInput } from '../../src/actors/proposer-actor.ts';
import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { emptyFilter } from '../../src/protocol/filter.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { DEFAULT_TIMING } from '../../src/protocol/work.ts';
import { decodeState, encodeState } from '../../src/transport/state-codec.ts';
import type { Duty } from './runtime-duties.ts';
import { storeOf } from './standings.ts';

const BEFORE = { cluster: 'test', epoch: 1, acceptors: ['a', 'b', 'c'] };
const AFTER = { cluster: 'test', epoch: 3, acceptors: ['b', 'c', 'd'] };
const BYTES_MAX = 1 << 20;
const NOTHING = new Uint8Array(0);

/** Two keys that share a floor. */
const [FIRST = '', SECOND = ''] = Array.from({ length: 5000 }, (_, i) => `k${i}`).filter(
  key => partitionOf(key) === 7,
);

class Proposer {
  #token = 0;
  readonly #actor: ProposerActor;

  constructor({ floorUsesMax }: { readonly floorUsesMax: number }) {
    this.#actor = new ProposerActor({
      incarnation: 'p',
      configuration: BEFORE,
      codec: { encode: encodeState, decode: decodeState },
      changes: BUILT_IN_CHANGES,
      timing: DEFAULT_TIMING,
      seed: 1,
      limits: {
        valueBytesMax: 1000,
        requestsMax: 100,
        requestBytesMax: BYTES_MAX,
        floorUsesMax,
        memoryBytesMax: BYTES_MAX,
        rememberedMax: REMEMBERED_MAX,
      },
    });
  }

  step(...inputs: readonly ProposerInput[]): readonly Command[] {
    const { send } = this.#actor.step(inputs, NOTHING_LOADED, 0);
    return send.flatMap(output => (output.kind === 'commands' ? output.commands : []));
  }

  create(key: string): readonly Command[] {
    this.#token += 1;
    const request = { operation: { type: 'variable.create', value: 1 }, id: undefined } as const;
    return this.step({ kind: 'request', token: this.#token, key, request, deadlineMs: 1000, bytes: 10 });
  }

  hear(epoch: number, reply: Reply): readonly Command[] {
    return this.step(...repliesOf(epoch, reply));
  }
}

/** Of two acceptors that are there before and after. */
function repliesOf(epoch: number, reply: Reply): readonly ProposerInput[] {
  return ['b', 'c'].map(acceptor => {
    const stamp = { store: storeOf(acceptor), incarnation: 'first', since: 1, commits: 1 };
    return { kind: 'replies', epoch, acceptor, stamp, replies: [reply] };
  });
}

/** Has a floor, and has used it for the first key. */
function withFloor(): { readonly proposer: Proposer; readonly accept: Command | undefined } {
  const proposer = new Proposer({ floorUsesMax: 100 });
  const [asked] = proposer.create(FIRST);
  assert(asked?.kind === 'floor');
  const [accept] = proposer.hear(1, {
    kind: 'floored',
    key: asked.key,
    counter: asked.ballot.counter,
    filter: emptyFilter(1),
  });
  return { proposer, accept };
}

export const EPOCH_DUTIES: readonly Duty[] = [
  {
    title: 'a floor of an earlier epoch is none any more',
    check: async () => {
      const { proposer, accept } = withFloor();
      assert.equal(accept?.kind, 'accept', 'a floor is there');
      proposer.step({ kind: 'configuration', configuration: AFTER });
      const [command] = proposer.create(SECOND);
      assert(command !== undefined && command.kind !== 'accept', `it sends ${command?.kind}`);
    },
  },
  {
    title: 'what an earlier epoch was about to send is not sent in this one',
    check: async () => {
      const proposer = new Proposer({ floorUsesMax: 0 });
      const [prepare] = proposer.create(FIRST);
      assert(prepare?.kind === 'prepare');
      const { counter } = prepare.ballot;
      const promised = {
        kind: 'promised',
        key: FIRST,
        counter,
        accepted: ZERO_BALLOT,
        value: NOTHING,
      } as const;
      const commands = proposer.step(...repliesOf(1, promised), {
        kind: 'configuration',
        configuration: AFTER,
      });
      assert.deepEqual(
        commands.map(({ kind }) => kind),
        ['prepare'],
      );
    },
  },
  {
    title: 'acceptances of an earlier epoch do not count',
    check: async () => {
      const { proposer, accept } = withFloor();
      assert(accept?.kind === 'accept');
      proposer.step({ kind: 'configuration', configuration: AFTER });
      const { counter } = accept.ballot;
      assert.deepEqual(proposer.hear(1, { kind: 'accepted', key: FIRST, counter }), []);
      assert.deepEqual(proposer.hear(3, { kind: 'accepted', key: FIRST, counter }), []);
    },
  },
];
