// What is owed to registers that were collected (D2, D3), as checks that throw: cases that chance meets too seldom in the
// simulator. The tests run them on the product, and the mutants' test on products that
// are broken.

import assert from 'node:assert/strict';
import { AcceptorActor } from '../../src/actors/acceptor-actor.ts';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import { isEmpty } from '../../src/protocol/acceptor.ts';
import { Carrying, floorAbove, type Told } from '../../src/protocol/carrying.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { remainsOf } from '../../src/protocol/collected.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { floorName, partitionOf } from '../../src/protocol/partition.ts';
import { isAhead } from '../../src/protocol/passes.ts';
import { apply } from '../../src/protocol/register.ts';
import { numberedId } from '../../src/protocol/sessions.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { decodeState, encodeState, mergedRemains } from '../../src/transport/state-codec.ts';
import type { Duty } from './runtime-duties.ts';
import { votingStanding } from './standings.ts';

const PARTITION = partitionOf('orders.0');
const SHARING = Array.from({ length: 2000 }, (_, i) => `orders.${i}`).filter(
  key => partitionOf(key) === PARTITION,
);
const ballot = (counter: number) => ({ counter, proposer: 'p' });
const CONTEXT = { changes: BUILT_IN_CHANGES, valueBytesMax: 1024, nowSeconds: 0, rememberedMax: 128 };
const gone = (version: number): RegisterState => ({ ...UNSET, kind: 'variable', version });

class Acceptor {
  readonly #actor = new AcceptorActor({ cacheBytesMax: 1 << 20, standing: votingStanding() });
  persisted: ReadonlyMap<string, Parameters<typeof isEmpty>[0]> = new Map();

  ask(...commands: readonly Command[]): readonly Reply[] {
    const turn = this.#actor.step([{ proposer: 'p', epoch: 1, commands }], NOTHING_LOADED, 0);
    this.persisted = turn.persist;
    this.#actor.settled();
    return turn.send.flatMap(({ replies }) => replies);
  }

  /** Has a deleted register, and drops it. */
  collects(key: string, version: number, counter: number): void {
    const value = encodeState(gone(version));
    const at = ballot(counter);
    this.ask({ kind: 'accept', key, ballot: at, value, next: at });
    const remains = encodeState(remainsOf(gone(version), counter + 1));
    const [reply] = this.ask({ kind: 'collect', key, ballot: ballot(counter + 1), accepted: at, remains });
    assert(reply?.kind === 'collected' && reply.isGone);
  }

  found(key: string): RegisterState {
    const [reply] = this.ask({ kind: 'read', key, serial: 1 });
    assert(reply?.kind === 'report' && reply.accepted.counter === 0 && reply.value.length > 0);
    return decodeState(reply.value);
  }
}

function sharing(i: number): string {
  const key = SHARING[i];
  assert(key !== undefined, 'No two keys share a partition');
  return key;
}

export const COLLECTION_DUTIES: readonly Duty[] = [
  {
    title: 'a register begins with the highest version that was collected in its partition (D3)',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.collects(sharing(0), 9, 1);
      acceptor.collects(sharing(1), 3, 5);
      assert.equal(acceptor.found(sharing(0)).version, 9);
      assert.equal(acceptor.found(sharing(2)).version, 9);
      assert.equal(acceptor.found(sharing(2)).collected, 6);
    },
  },
  {
    title: 'the slot goes and its floor comes in one commit (D2)',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.collects(sharing(0), 9, 1);
      const [slot, floor] = [sharing(0), floorName(PARTITION)].map(name => acceptor.persisted.get(name));
      assert(slot !== undefined && isEmpty(slot));
      assert.deepEqual(floor?.promised, ballot(2));
      assert(floor !== undefined && decodeState(floor.value).version === 9);
    },
  },
  {
    title: 'a pass that was late is not let through in the next life of its register (R3, D3)',
    check: async () => {
      const passes = { latest: [{ router: 'r', number: 7 }], dropped: 3 };
      const left = remainsOf({ ...gone(2), passes }, 1);
      assert(!isAhead(left.passes, { router: 'r', number: 7 }));
      assert(isAhead(left.passes, { router: 'r', number: 8 }));
    },
  },
  {
    title:
      'a request that was refused for the kind of a variable is not applied in the next life (P2, R3, R4, D3)',
    check: async () => {
      const variable = { ...gone(2), set: true, value: 'A' };
      const operation = { type: 'switch.set' } as const;
      const numbered = { operation, id: numberedId({ session: 's', number: 1 }) };
      const passed = { operation, id: undefined, pass: { router: 'r', number: 7 } };
      for (const request of [numbered, passed]) {
        const { state, outcome } = apply(variable, request, CONTEXT);
        assert(outcome.kind === 'refused' && outcome.code === 'wrong_kind');
        assert.equal(apply(remainsOf({ ...state, set: false }, 1), request, CONTEXT).outcome.kind, 'unknown');
      }
    },
  },
  {
    title:
      'those after a change of members learn what was collected, also where they have promised more (C5, D3)',
    check: async () => {
      const remains = encodeState(remainsOf(gone(9), 4));
      const configuration = { cluster: '', epoch: 2, acceptors: ['a', 'b'] };
      const told = { floor: ballot(4), holdings: [] };
      const carrying = new Carrying(
        configuration,
        new Map<string, Told>([
          ['a', { ...told, remains }],
          ['b', told],
        ]),
      );
      const merged = carrying.remains.reduce(mergedRemains, new Uint8Array(0));
      const floor = floorAbove(carrying.highest, { partition: PARTITION, remains: merged, proposer: 'o' });
      const [fresh, ahead] = [new Acceptor(), new Acceptor()];
      assert.equal(fresh.ask(floor)[0]?.kind, 'floored');
      ahead.ask({ kind: 'floor', key: floor.key, ballot: ballot(99) });
      assert.equal(ahead.ask(floor)[0]?.kind, 'conflict');
      for (const acceptor of [fresh, ahead]) assert.equal(acceptor.found(sharing(0)).version, 9);
    },
  },
  {
    title: 'a floor is told with what was collected before it (F1, D3)',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.collects(sharing(0), 9, 1);
      const [reply] = acceptor.ask({ kind: 'floor', key: floorName(PARTITION), ballot: ballot(7) });
      assert(reply?.kind === 'floored' && reply.remains !== undefined);
      assert.equal(decodeState(reply.remains).version, 9);
    },
  },
  {
    title: 'an accept that comes late finds the floor in the place of the slot (D2)',
    check: async () => {
      const acceptor = new Acceptor();
      const value = encodeState({ ...gone(1), set: true, value: 'A' });
      acceptor.collects(sharing(0), 2, 5);
      const late = { kind: 'accept', key: sharing(0), ballot: ballot(4), value, next: ballot(4) } as const;
      assert.equal(acceptor.ask(late)[0]?.kind, 'conflict');
      const copy = { kind: 'copy', key: sharing(0), accepted: ballot(5), value } as const;
      const [copied] = acceptor.ask(copy);
      assert(copied?.kind === 'copied' && copied.accepted.counter === 0);
    },
  },
  {
    title:
      'a slot stays that accepted more than the ballot it would be dropped by, under whatever floor (D2, D3)',
    check: async () => {
      const acceptor = new Acceptor();
      const key = sharing(0);
      acceptor.ask({ kind: 'accept', key, ballot: ballot(7), value: encodeState(gone(2)), next: ballot(8) });
      acceptor.ask({ kind: 'floor', key: floorName(PARTITION), ballot: ballot(9) });
      const remains = encodeState(remainsOf(gone(2), 5));
      const collect = { kind: 'collect', key, ballot: ballot(5), accepted: ballot(7), remains } as const;
      const [reply] = acceptor.ask(collect);
      assert(reply?.kind === 'collected' && !reply.isGone);
    },
  },
  {
    title: 'a slot that promised more, or holds something else, stays (D2)',
    check: async () => {
      for (const [promised, counter] of [
        [9, 5],
        [5, 4],
      ] as const) {
        const acceptor = new Acceptor();
        const key = sharing(0);
        const value = encodeState(gone(2));
        const next = ballot(promised);
        acceptor.ask({ kind: 'accept', key, ballot: ballot(5), value, next });
        const remains = encodeState(remainsOf(gone(2), 6));
        const accepted = ballot(counter);
        const [reply] = acceptor.ask({ kind: 'collect', key, ballot: ballot(6), accepted, remains });
        assert(reply?.kind === 'collected' && !reply.isGone);
        assert.equal(acceptor.persisted.size, 0);
      }
    },
  },
];
