// What nodes owe to a change of epoch (C2 to C5), as checks that throw: cases that chance meets too seldom in the simulator.

import assert from 'node:assert/strict';
import { AcceptorActor, type AcceptorInput } from '../../src/actors/acceptor-actor.ts';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import type { ProposerActor, ProposerInput, ProposerOutput } from '../../src/actors/proposer-actor.ts';
import type { Standing } from '../../src/actors/standing.ts';
import { openKeyTeller } from '../../src/node/acceptor/key-teller.ts';
import { accept, EMPTY_SLOT, prepare, underFloor } from '../../src/protocol/acceptor.ts';
import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { bindsFloor, Carrying, type Told } from '../../src/protocol/carrying.ts';
import { emptyFilter } from '../../src/protocol/filter.ts';
import { judgeStart, NO_MEMORY } from '../../src/protocol/memory.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { floorName, partitionOf } from '../../src/protocol/partition.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { encodeKeysQuestion } from '../../src/transport/keys-codec.ts';
import type { Message } from '../../src/transport/transport.ts';
import { dutyProposer } from './duty-proposer.ts';
import type { Duty } from './runtime-duties.ts';
import { storeOf, votingStanding } from './standings.ts';

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
    this.#actor = dutyProposer(BEFORE, { floorUsesMax });
  }

  step(...inputs: readonly ProposerInput[]): readonly Command[] {
    return this.outputs(...inputs).flatMap(output => (output.kind === 'commands' ? output.commands : []));
  }

  outputs(...inputs: readonly ProposerInput[]): readonly ProposerOutput[] {
    return this.#actor.step(inputs, NOTHING_LOADED, 0).send;
  }

  create(key: string): readonly Command[] {
    return this.#ask(key, 'variable.create');
  }

  write(key: string): readonly Command[] {
    return this.#ask(key, 'variable.write');
  }

  #ask(key: string, type: 'variable.create' | 'variable.write'): readonly Command[] {
    this.#token += 1;
    const request = { operation: { type, value: this.#token }, id: undefined } as const;
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

/** Has written the first key, and holds the promise for its next round. */
function withPromise(): Proposer {
  const proposer = new Proposer({ floorUsesMax: 0 });
  const [prepare] = proposer.create(FIRST);
  assert(prepare?.kind === 'prepare');
  const { counter } = prepare.ballot;
  const promised = { kind: 'promised', key: FIRST, counter, accepted: ZERO_BALLOT, value: NOTHING } as const;
  const [accept] = proposer.hear(1, promised);
  assert(accept?.kind === 'accept');
  proposer.hear(1, { kind: 'accepted', key: FIRST, counter });
  return proposer;
}

function kindsOf(commands: readonly Command[]): readonly string[] {
  return commands.map(({ kind }) => kind);
}

/** Each member with its usual store, or with one of these. */
function decided(configuration: Configuration, others: Readonly<Record<string, string>> = {}): ProposerInput {
  const members = configuration.acceptors.map(name => [name, others[name] ?? storeOf(name)] as const);
  return { kind: 'configuration', configuration, members: new Map(members) };
}

/** In epoch 5. */
function assertTrusts(proposer: Proposer, store: string): void {
  const stamp = { store, incarnation: 'second', since: 0, commits: 0 };
  const outputs = proposer.outputs({ kind: 'replies', epoch: 5, acceptor: 'c', stamp, replies: [] });
  assert(!outputs.some(({ kind }) => kind === 'distrusted'));
}

const READ: AcceptorInput = {
  proposer: 'p',
  epoch: 2,
  commands: [{ kind: 'read', key: FIRST, serial: 1 }],
};
const EPOCH_2 = { epoch: 2, members: new Map([['a', storeOf('a')]]), joint: undefined };

/** Has voted for the first key in epoch 1, and heard of epoch 2. */
function adopting(): { readonly acceptor: AcceptorActor; readonly standing: Standing } {
  const standing = votingStanding('a');
  const acceptor = new AcceptorActor({ cacheBytesMax: BYTES_MAX, standing });
  const ballot = { counter: 1, proposer: 'p' };
  const next = { counter: 2, proposer: 'p' };
  const command = { kind: 'accept', key: FIRST, ballot, value: Uint8Array.of(1), next } as const;
  acceptor.step([{ proposer: 'p', epoch: 1, commands: [command] }], NOTHING_LOADED, 0);
  acceptor.settled();
  standing.adopt(EPOCH_2);
  return { acceptor, standing };
}

/** How often an acceptor answers who asks for its keys in epoch 2. */
async function pagesTold(standing: Standing): Promise<number> {
  let pages = 0;
  let ask: (message: Message) => void = () => undefined;
  const transport = {
    publish: () => {
      pages += 1;
    },
    subscribe: (_subject: string, listener: (message: Message) => void) => {
      ask = listener;
      return { close: () => undefined, drain: () => undefined };
    },
  };
  const store = { load: async () => new Map(), keysAfter: async () => [] };
  openKeyTeller({
    id: 'a',
    transport,
    store,
    standing,
    epochs: { meet: () => undefined },
    clock: { nowMs: () => 0 },
    uncollected: { passed: () => undefined, closed: () => undefined },
    log: () => undefined,
    onFailure: error => assert.fail(String(error)),
  });
  const bytes = encodeKeysQuestion({ cluster: 'alone', epoch: 2 }, 'p', {
    partition: 7,
    after: '',
    source: 'a',
    serial: 1,
    isOver: false,
  });
  ask({ subject: '', reply: '', bytes, isNoResponders: false, header: () => undefined });
  await new Promise(resolve => setImmediate(resolve));
  return pages;
}

const LATER = { counter: 5, proposer: 'p1' };
const EARLIER = { counter: 1, proposer: 'p2' };
const JOINT = { before: ['x', 'p', 'q'], after: ['x', 'p', 'y'] };
const EVERYBODY = { cluster: 'test', epoch: 2, acceptors: ['x', 'p', 'q', 'y'], joint: JOINT };
const EMPTY: Told = { floor: ZERO_BALLOT, closedTo: -1, holdings: [] };

/**
 * In the epoch before, x and q promise LATER, and x accepts under it late and unheard. All others tell. In the epoch after, p
 * and y are asked for EARLIER: if that was chosen there, x would still have what wins over it (C5).
 */
function assertBinds(toldByQ: Told): void {
  const told = new Map([
    ['p', EMPTY],
    ['q', toldByQ],
    ['y', EMPTY],
  ]);
  const { counter } = new Carrying(EVERYBODY, told).highest;
  const raised = prepare(EMPTY_SLOT, { counter: counter + 1, proposer: 'operator' });
  const slot = underFloor(EMPTY_SLOT, raised.slot.promised);
  assert.equal(prepare(slot, EARLIER).reply.kind, 'conflict');
  assert.equal(accept(slot, EARLIER, Uint8Array.of(1), EARLIER).reply.kind, 'conflict');
}

export const EPOCH_DUTIES: readonly Duty[] = [
  {
    title: 'an acceptor shows nothing under an epoch that is not durable yet',
    check: async () => {
      const { acceptor } = adopting();
      assert.deepEqual(acceptor.early([READ]), { send: [], rest: [READ] });
      assert.equal(acceptor.step([READ], NOTHING_LOADED, 0).send[0]?.epoch, 2);
      acceptor.settled();
      assert.equal(acceptor.early([READ]).send[0]?.epoch, 2);
    },
  },
  {
    title: 'an acceptor without space for an epoch says nothing under it',
    check: async () => {
      const { acceptor } = adopting();
      acceptor.step([READ], NOTHING_LOADED, 0);
      assert.deepEqual(acceptor.withoutSpace([READ], NOTHING_LOADED), []);
    },
  },
  {
    title: 'an acceptor never goes back to an earlier epoch',
    check: async () => {
      const { standing } = adopting();
      standing.adopt({ ...EPOCH_2, epoch: 1 });
      assert.equal(standing.epoch, 2);
    },
  },
  {
    title: 'a name that comes again after it was let go is another acceptor',
    check: async () => {
      const { proposer } = withFloor();
      const without = { ...BEFORE, epoch: 3, acceptors: ['b', 'd'] };
      const again = { ...BEFORE, epoch: 5, acceptors: ['b', 'c'] };
      for (const configuration of [without, again]) proposer.step(decided(configuration, { c: 'another' }));
      assertTrusts(proposer, 'another');
    },
  },
  {
    title: 'a name with another store is another acceptor, also for a proposer that did not see it go',
    check: async () => {
      const { proposer } = withFloor();
      proposer.step(decided({ ...BEFORE, epoch: 5 }, { c: 'another' }));
      assertTrusts(proposer, 'another');
    },
  },
  {
    title: 'what an earlier epoch recorded of a name is no doubt in the acceptor that has it now',
    check: async () => {
      const members = new Map(BEFORE.acceptors.map(name => [name, storeOf(name)] as const));
      const own = {
        ...NO_MEMORY,
        epoch: 5,
        members: new Map([...members, ['c', 'another']]),
        isFormed: true,
      };
      const stamp = { store: 'another', incarnation: 'second', since: 3, commits: 3 };
      const starting = { id: 'c', configuration: { ...BEFORE, epoch: 5 }, stamp, memory: own };
      const old = { ...NO_MEMORY, members, isFormed: true, sender: 'b', answers: 'second' };
      const answers = [{ ...old, stamp: { ...stamp, store: storeOf('b') } }];
      assert.equal(judgeStart(starting, answers).kind, 'vote');
      const newer = answers.map(answer => ({ ...answer, epoch: 7 }));
      assert.equal(judgeStart(starting, newer).kind, 'doubt');
      const waiting = { ...starting, configuration: { ...BEFORE, acceptors: ['a', 'b'] }, memory: NO_MEMORY };
      assert.equal(judgeStart(waiting, newer).kind, 'ask');
    },
  },
  {
    title: 'a floor of an earlier epoch is none any more',
    check: async () => {
      const { proposer, accept } = withFloor();
      assert.equal(accept?.kind, 'accept', 'a floor is there');
      proposer.step(decided(AFTER));
      const [command] = proposer.create(SECOND);
      assert(command !== undefined && command.kind !== 'accept', `it sends ${command?.kind}`);
    },
  },
  {
    title: 'a promise of an earlier epoch is none any more',
    check: async () => {
      assert.deepEqual(kindsOf(withPromise().write(FIRST)), ['accept'], 'a promise is there');
      const proposer = withPromise();
      proposer.step(decided(AFTER));
      assert(!kindsOf(proposer.write(FIRST)).includes('accept'), 'it sends an accept');
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
      const commands = proposer.step(...repliesOf(1, promised), decided(AFTER));
      assert.deepEqual(
        commands.map(({ kind }) => kind),
        ['prepare'],
      );
    },
  },
  {
    title: 'a promise for a key binds the members after',
    check: async () => {
      const holding = { key: FIRST, promised: LATER, accepted: ZERO_BALLOT, value: undefined };
      assertBinds({ floor: ZERO_BALLOT, closedTo: -1, holdings: [holding] });
    },
  },
  {
    title: 'a promise for a partition binds the members after',
    check: async () => assertBinds({ floor: LATER, closedTo: -1, holdings: [] }),
  },
  {
    title: 'only the answer to this floor is a promise of it, or of more',
    check: async () => {
      const floor = { key: floorName(7), ballot: LATER };
      const conflict = {
        kind: 'conflict',
        key: floor.key,
        phase: 'prepare',
        counter: 5,
        seen: LATER,
      } as const;
      const floored = { kind: 'floored', key: floor.key, counter: 5, filter: undefined } as const;
      assert(bindsFloor(conflict, floor) && bindsFloor(floored, floor));
      assert(
        !bindsFloor({ ...floored, counter: 4 }, floor) && !bindsFloor({ ...conflict, counter: 4 }, floor),
      );
      assert(!bindsFloor({ ...floored, key: floorName(8) }, floor));
    },
  },
  {
    title: 'an acceptor tells what it has under no epoch that is not durable yet (C3)',
    check: async () => {
      const { acceptor, standing } = adopting();
      assert.equal(await pagesTold(standing), 0);
      acceptor.step([READ], NOTHING_LOADED, 0);
      assert.equal(await pagesTold(standing), 0);
      acceptor.settled();
      assert.equal(await pagesTold(standing), 1);
    },
  },
  {
    title: 'acceptances of an earlier epoch do not count',
    check: async () => {
      const { proposer, accept } = withFloor();
      assert(accept?.kind === 'accept');
      proposer.step(decided(AFTER));
      const { counter } = accept.ballot;
      assert.deepEqual(proposer.hear(1, { kind: 'accepted', key: FIRST, counter }), []);
      assert.deepEqual(proposer.hear(3, { kind: 'accepted', key: FIRST, counter }), []);
    },
  },
];
