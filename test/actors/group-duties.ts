// What nodes owe to a move of keys between groups (G1 to G4), as checks that throw: cases that chance meets too seldom in the
// simulator.

import assert from 'node:assert/strict';
import { AcceptorActor } from '../../src/actors/acceptor-actor.ts';
import { type Loaded, NOTHING_LOADED } from '../../src/actors/actor.ts';
import { isEmpty, type Slot } from '../../src/protocol/acceptor.ts';
import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Told } from '../../src/protocol/carrying.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { remainsOf, withRemains } from '../../src/protocol/collected.ts';
import { Erasing } from '../../src/protocol/erasing.ts';
import {
  collectibleStay,
  endedStays,
  ONE_GROUP,
  placeOf,
  withArrival,
  withGroup,
  withMove,
} from '../../src/protocol/group-map.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { keysOfStay } from '../../src/protocol/moving.ts';
import type { Request } from '../../src/protocol/operation.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { apply, REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { nameIn, partitionKey } from '../../src/protocol/stays.ts';
import type { Duty } from './runtime-duties.ts';
import { votingStanding } from './standings.ts';

const GROUP = { cluster: 'test', epoch: 1, acceptors: ['a', 'b', 'c'] };
const KEY = 'k';
const PARTITION = partitionOf(KEY);
const OWN = { counter: 3, proposer: 'p' };
const VALUE = Uint8Array.of(1);

const ACCEPT: Command = { kind: 'accept', key: KEY, ballot: OWN, value: VALUE, next: OWN };
const READ: Command = { kind: 'read', key: KEY, serial: 7 };
const FORGET: Command = { kind: 'fetch', key: KEY, serial: 8, forgets: true };
const FETCH: Command = { kind: 'fetch', key: KEY, serial: 8 };

/** An acceptor over a disk that outlives it. */
class Acceptor {
  readonly #disk = new Map<string, Slot>();
  #actor = newActor();

  /** Starts again, with nothing in memory. */
  restart(): void {
    this.#actor = newActor();
  }

  answer(...commands: readonly Command[]): readonly Reply[] {
    const inputs = [{ proposer: 'p', epoch: 1, commands }];
    const early = this.#actor.early(inputs);
    const loaded = this.#load(early.rest);
    const turn = this.#actor.step(early.rest, loaded, 1);
    for (const [key, slot] of turn.persist) this.#disk.set(key, slot);
    this.#actor.settled();
    return [...early.send, ...turn.send].flatMap(({ replies }) => replies);
  }

  /** Whether its disk has a slot of the key. */
  holds(key: string): boolean {
    const slot = this.#disk.get(key);
    return slot !== undefined && !isEmpty(slot);
  }

  /** As when there is no space for it. */
  answerWithoutSpace(...commands: readonly Command[]): readonly Reply[] {
    const inputs = [{ proposer: 'p', epoch: 1, commands }];
    const loaded = this.#load(inputs);
    this.#actor.step(inputs, loaded, 1);
    return this.#actor.withoutSpace(inputs, loaded).flatMap(({ replies }) => replies);
  }

  #load(inputs: Parameters<AcceptorActor['needs']>[0]): Loaded {
    const { slots } = this.#actor.needs(inputs);
    const found = slots.flatMap(key => {
      const slot = this.#disk.get(key);
      return slot === undefined ? [] : [[key, slot] as const];
    });
    return { ...NOTHING_LOADED, slots: new Map(found) };
  }
}

function newActor(): AcceptorActor {
  return new AcceptorActor({ cacheBytesMax: 1 << 20, standing: votingStanding('a') });
}

function told(closedTo: number, ...keys: readonly string[]): Told {
  const holdings = keys.map(key => ({ key, promised: OWN, accepted: OWN, value: undefined }));
  return { floor: ZERO_BALLOT, closedTo, holdings };
}

const CONTEXT = {
  changes: BUILT_IN_CHANGES,
  valueBytesMax: 1000,
  nowSeconds: 1,
  rememberedMax: REMEMBERED_MAX,
};

function after(state: RegisterState, request: Request): RegisterState {
  return apply(state, request, CONTEXT).state;
}

const bring = (state: RegisterState, stay = 1): Request => ({
  operation: { type: 'state.bring', state, stay },
  id: undefined,
});
const passed = (number: number): Request => ({
  operation: { type: 'variable.delete', version: undefined },
  id: undefined,
  pass: { router: 'r', number },
});

export const GROUP_DUTIES: readonly Duty[] = [
  {
    title: 'a stay that is closed is read, prepared and accepted by nobody, repeated accepts included',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.answer(ACCEPT);
      acceptor.answer(FETCH);
      const prepare: Command = { kind: 'prepare', key: KEY, ballot: { counter: 9, proposer: 'p' } };
      for (const command of [ACCEPT, READ, prepare])
        assert.deepEqual(acceptor.answer(command), [{ kind: 'closed', key: KEY, stay: 0 }], command.kind);
    },
  },
  {
    title: 'that a stay is closed outlives the process',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.answer(ACCEPT);
      acceptor.answer({ kind: 'fetch', key: partitionKey(PARTITION), serial: 1 });
      acceptor.restart();
      assert.deepEqual(acceptor.answer(READ), [{ kind: 'closed', key: KEY, stay: 0 }]);
      assert.deepEqual(acceptor.answer(FETCH), [
        { kind: 'report', key: KEY, serial: 8, accepted: OWN, value: VALUE },
      ]);
    },
  },
  {
    title: 'what cannot be made durable is not closed',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.answer(ACCEPT);
      const [reply] = acceptor.answerWithoutSpace(FETCH);
      assert.equal(reply?.kind, 'full');
      assert.equal(acceptor.answer(READ)[0]?.kind, 'report');
    },
  },
  {
    title: 'a later stay is open, and so is another partition, and what is of no stay',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.answer(FETCH);
      const other = Array.from({ length: 9 }, (_, i) => `o${i}`).find(key => partitionOf(key) !== PARTITION);
      for (const key of [nameIn(1, KEY), other ?? '', '$members', '$groups'])
        assert.equal(acceptor.answer({ ...READ, key })[0]?.kind, 'report', key);
    },
  },
  {
    title: 'a stay that is closed closes those before it',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.answer({ ...FETCH, key: nameIn(4, KEY) });
      assert.deepEqual(acceptor.answer(READ), [{ kind: 'closed', key: KEY, stay: 4 }]);
    },
  },
  {
    title: 'the keys of a stay are told by those that have closed it',
    check: async () => {
      const keys = keysOfStay(
        GROUP,
        new Map([
          ['a', told(0)],
          ['b', told(-1, KEY)],
        ]),
        0,
      );
      assert.equal(keys, undefined);
      const closed = new Map([
        ['a', told(0, KEY)],
        ['b', told(1, 'l', nameIn(1, 'm'))],
      ]);
      assert.deepEqual(keysOfStay(GROUP, closed, 0), [KEY, 'l']);
      assert.equal(keysOfStay(GROUP, closed, 1), undefined);
    },
  },
  {
    title: 'the keys of a stay are told by a quorum',
    check: async () => assert.equal(keysOfStay(GROUP, new Map([['a', told(0, KEY)]]), 0), undefined),
  },
  {
    title: 'a request that was let through in one group is not let through in the next',
    check: async () => {
      const state = after(UNSET, passed(5));
      const brought = after(UNSET, bring(state));
      assert.equal(apply(brought, passed(5), CONTEXT).outcome.kind, 'unknown');
    },
  },
  {
    title: 'what is on its way is neither collected where it goes nor erased where it comes from (G6, G7)',
    check: async () => {
      const moving = withMove(withGroup(ONE_GROUP, 'east', ['e1']), PARTITION, 'east');
      assert.deepEqual(
        [collectibleStay(moving, 'east', PARTITION), endedStays(moving, PARTITION)],
        [undefined, 0],
      );
      const there = withArrival(moving, PARTITION, placeOf(moving, PARTITION));
      assert.deepEqual([collectibleStay(there, 'east', PARTITION), endedStays(there, PARTITION)], [1, 1]);
      assert.equal(collectibleStay(there, 'main', PARTITION), undefined);
      const back = withMove(there, PARTITION, 'main');
      assert.deepEqual(
        [collectibleStay(back, 'main', PARTITION), endedStays(back, PARTITION)],
        [undefined, 1],
      );
    },
  },
  {
    title:
      'what is erased is gone from the disk, and its stay is closed by it, for what comes late as well (G7)',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.answer(ACCEPT);
      const [reply] = acceptor.answer(FORGET);
      assert(reply?.kind === 'report' && reply.serial === 8 && reply.accepted.counter === 0);
      acceptor.restart();
      assert.equal(acceptor.holds(KEY), false);
      for (const command of [ACCEPT, READ])
        assert.deepEqual(acceptor.answer(command), [{ kind: 'closed', key: KEY, stay: 0 }], command.kind);
    },
  },
  {
    title: 'what there is no space to erase is told as it is (G7)',
    check: async () => {
      const acceptor = new Acceptor();
      acceptor.answer(ACCEPT);
      acceptor.answer(FETCH);
      const [reply] = acceptor.answerWithoutSpace(FORGET);
      assert(reply?.kind === 'report' && reply.accepted.counter === OWN.counter);
    },
  },
  {
    title:
      'only what is of a stay that is over is erased, and a group is clean when all acceptors say so (G7)',
    check: async () => {
      const names = [KEY, nameIn(1, KEY), nameIn(2, KEY), '$members'];
      const tell = (...acceptors: readonly string[]) =>
        new Map(acceptors.map(id => [id, told(1, ...names)] as const));
      const erasing = new Erasing({ configuration: GROUP, told: tell('a', 'b', 'c'), ended: 2, serial: 8 });
      assert.deepEqual(
        erasing.commands.map(({ key }) => key),
        [KEY, nameIn(1, KEY)],
      );
      const gone = (key: string, serial = 8): Reply => {
        return { kind: 'report', key, serial, accepted: ZERO_BALLOT, value: VALUE };
      };
      for (const id of ['a', 'b']) for (const key of names) erasing.receive(id, gone(key));
      erasing.receive('c', gone(KEY));
      erasing.receive('c', gone(nameIn(1, KEY), 7));
      assert.deepEqual([erasing.forgotten, erasing.isClean], [1, false]);
      assert.equal(erasing.receive('c', gone(nameIn(1, KEY))), true);
      assert.equal(erasing.isClean, true);
      const silent = new Erasing({
        configuration: GROUP,
        told: new Map([['a', told(1)]]),
        ended: 2,
        serial: 8,
      });
      assert.equal(silent.isClean, false);
    },
  },
  {
    title:
      'a register that was deleted and collected in its stay is not brought again, in a later one it is (G6)',
    check: async () => {
      const value = after(UNSET, { operation: { type: 'variable.write', value: 'old' }, id: undefined });
      const left = remainsOf({ ...value, set: false, value: undefined }, 7, 1);
      const others = [remainsOf({ ...UNSET, version: 3 }, 9), left].reduceRight((all, more) =>
        withRemains(all, more),
      );
      for (const remains of [left, others]) {
        assert.equal(apply(remains, bring(value), CONTEXT).outcome.kind, 'refused');
        assert.equal(apply(remains, bring(value, 2), CONTEXT).outcome.kind, 'done');
      }
    },
  },
  {
    title: 'a delete of an earlier life, brought by a copy that came late, has no lower version (G6, D3)',
    check: async () => {
      const deleted: RegisterState = { ...UNSET, kind: 'variable', version: 2 };
      const brought = after(remainsOf({ ...deleted, version: 9 }, 7), bring(deleted));
      const written = after(brought, { operation: { type: 'variable.write', value: 1 }, id: undefined });
      assert.equal(written.version, 10);
      const other = after(
        { ...remainsOf({ ...deleted, version: 9 }, 7) },
        bring({ ...deleted, set: true, value: 1 }),
      );
      assert.equal(other.version, 2);
    },
  },
  {
    title: 'a register that let a request through is not brought again',
    check: async () => {
      const used = after(UNSET, passed(7));
      const { state, outcome } = apply(used, bring(after(UNSET, passed(5))), CONTEXT);
      assert.equal(outcome.kind, 'refused');
      assert.equal(state, used);
    },
  },
];
