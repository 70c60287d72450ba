// What is owed to requests while a quorum alone is asked to vote at once: the reserve is asked when it may be needed, and what it does
// later is as good. As checks that throw. The tests run them on the product, and the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { setImmediate as turnsOfTheLoop } from 'node:timers/promises';
import {
  AcceptorActor,
  type AcceptorInput,
  type AcceptorOutput,
  inputFor,
} from '../../src/actors/acceptor-actor.ts';
import { NOTHING_LOADED } from '../../src/actors/actor.ts';
import type { ProposerInput, ProposerOutput } from '../../src/actors/proposer-actor.ts';
import { Runtime } from '../../src/actors/runtime.ts';
import type { Ballot } from '../../src/protocol/ballot.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Request } from '../../src/protocol/operation.ts';
import { type Configuration, isMember } from '../../src/protocol/quorum.ts';
import { UNSET } from '../../src/protocol/state.ts';
import { DEFAULT_TIMING } from '../../src/protocol/work.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import { encodeState } from '../../src/transport/state-codec.ts';
import { create, Group, read, remove, write } from '../protocol/group.ts';
import { ControllableStore } from './controllable-store.ts';
import { dutyProposer } from './duty-proposer.ts';
import type { Duty } from './runtime-duties.ts';
import { storeOf, votingStanding } from './standings.ts';

type Commands = Extract<ProposerOutput, { kind: 'commands' }>;

const { lateMs } = DEFAULT_TIMING;
const TICK_MS = 10;
const BALLOT = { counter: 1, proposer: 'p' };
const NEXT = { counter: 2, proposer: 'p' };

/** A proposer that leaves a reserve, over acceptors that answer when they are told to. */
class Asked {
  readonly group: Group;
  readonly answered = new Set<number>();
  readonly #actor;
  nowMs = 1000;
  /** What the last step said, to all and to some. */
  toAll: Commands | undefined;
  toOne: readonly Commands[] = [];
  #token = 0;

  constructor({ group = new Group(), floorUsesMax = 0 } = {}) {
    this.group = group;
    this.#actor = dutyProposer(group.configuration, { floorUsesMax, asks: 'quorum' });
  }

  ask(operation: Request['operation'], key = 'orders.42'): number {
    this.#token += 1;
    const request = { operation, id: undefined } as Request;
    const deadlineMs = this.nowMs + 5000;
    this.step({ kind: 'request', token: this.#token, key, request, deadlineMs, bytes: 10 });
    return this.#token;
  }

  /** These acceptors vote on what was last sent to all, and are heard. */
  exchange(...acceptors: readonly string[]): void {
    const said = this.toAll;
    assert(said !== undefined, 'nothing was sent to all');
    this.hear(said.commands, acceptors);
  }

  hear(commands: readonly Command[], acceptors: readonly string[]): void {
    this.step(...this.votes(commands, acceptors));
  }

  votes(commands: readonly Command[], acceptors: readonly string[]): readonly ProposerInput[] {
    return acceptors.map(acceptor =>
      repliesOf(
        acceptor,
        commands.map(command => this.group.vote(acceptor, command)),
      ),
    );
  }

  wait(ms: number): void {
    this.nowMs += ms;
    this.step();
  }

  /** A request that all acceptors answer. @returns whom it left in reserve. */
  round(): readonly string[] {
    this.ask(write('A'), `other-${this.#token}`);
    const reserve = this.toAll?.reserve ?? [];
    this.exchange(...this.group.configuration.acceptors);
    if (this.toAll !== undefined) this.exchange(...this.group.configuration.acceptors);
    return reserve;
  }

  /** Values that the acceptor accepted, as the proposer counts. */
  accepted(acceptor: string): number | undefined {
    return this.#actor.tally.acceptors.get(acceptor)?.accepted;
  }

  /** Who was asked by himself, for what. */
  get asked(): readonly (readonly [string, ...string[]])[] {
    return this.toOne.map(({ acceptor, commands }) => [acceptor, ...commands.map(({ kind }) => kind)]);
  }

  step(...inputs: readonly ProposerInput[]): void {
    const turn = this.#actor.step(inputs, NOTHING_LOADED, this.nowMs);
    const commands = turn.send.filter(output => output.kind === 'commands');
    this.toAll = commands.find(({ acceptor }) => acceptor === ALL);
    this.toOne = commands.filter(({ acceptor }) => acceptor !== ALL);
    for (const output of turn.send) if (output.kind === 'answer') this.answered.add(output.token);
  }
}

function repliesOf(acceptor: string, replies: readonly Reply[]): ProposerInput {
  const stamp = { store: storeOf(acceptor), incarnation: 'first', since: 1, commits: 1 };
  return { kind: 'replies', epoch: 1, acceptor, stamp, replies };
}

/** It has no space for a vote. */
function full([command]: readonly Command[] = []): Reply {
  assert(command?.kind === 'prepare' || command?.kind === 'accept');
  return { kind: 'full', key: command.key, phase: command.kind, counter: command.ballot.counter };
}

/** A group of whose acceptors a alone has accepted something. */
function divided(): Group {
  const proposer = new Asked();
  proposer.ask(write('A'));
  proposer.exchange('a', 'b', 'c');
  proposer.hear(proposer.toAll?.commands ?? [], ['a']);
  return proposer.group;
}

/** An acceptor whose turns are made by the product's runtime; time does not end its patience. */
class Voting {
  readonly store = new ControllableStore();
  readonly voted: string[] = [];
  readonly reported: number[] = [];
  readonly runtime: Runtime<AcceptorInput, AcceptorOutput>;

  constructor({ turnWeightMax = 100, patienceMs = 1 << 30 } = {}) {
    this.runtime = new Runtime(new AcceptorActor({ cacheBytesMax: 1 << 20, standing: votingStanding() }), {
      store: this.store,
      clock: { nowMs: () => 0 },
      weigh: ({ commands }) => commands.length,
      isPatient: input => input.isPatient === true,
      patienceMs,
      turnWeightMax,
      mailboxWeightMax: 1000,
      send: outputs => {
        for (const reply of outputs.flatMap(({ replies }) => replies)) {
          if (reply.kind === 'report') this.reported.push(reply.accepted.counter);
          else this.voted.push(reply.key);
        }
      },
      onFailure: error => assert.fail(String(error)),
    });
  }

  async prepare(key: string, isPatient = false): Promise<void> {
    const commands = [{ kind: 'prepare', key, ballot: BALLOT }] as const;
    this.runtime.deliver({ proposer: 'p', epoch: 1, commands, isPatient });
    await this.settle();
  }

  async accept(key: string, ballot: Ballot, isPatient = false): Promise<void> {
    const value = encodeState({ ...UNSET, set: true });
    const commands = [
      { kind: 'accept', key, ballot, next: { ...ballot, counter: ballot.counter + 1 }, value },
    ] as const;
    this.runtime.deliver({ proposer: 'p', epoch: 1, commands, isPatient });
    await this.settle();
  }

  async read(key: string): Promise<void> {
    this.runtime.deliver({ proposer: 'q', epoch: 1, commands: [{ kind: 'read', key, serial: 1 }] });
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 10; i++) {
      await turnsOfTheLoop();
      this.store.loads.shift()?.end();
      this.store.commits.shift()?.end();
    }
  }
}

/** Ends its timers, however it goes. */
async function voting(
  options: ConstructorParameters<typeof Voting>[0],
  story: (acceptor: Voting) => Promise<void>,
): Promise<void> {
  const acceptor = new Voting(options);
  try {
    await story(acceptor);
  } finally {
    acceptor.runtime.stop();
  }
}

export const RESERVE_DUTIES: readonly Duty[] = [
  {
    title: 'a quorum is asked to vote at once, decides, and nobody else is asked',
    check: async () => {
      const proposer = new Asked();
      const token = proposer.ask(write('A'));
      assert.deepEqual(proposer.toAll?.reserve, ['c']);
      proposer.exchange('a', 'b');
      proposer.exchange('a', 'b');
      assert(proposer.answered.has(token));
      assert.deepEqual(proposer.asked, []);
    },
  },
  {
    title: 'of five acceptors two are left in reserve',
    check: async () => {
      const proposer = new Asked({ group: new Group('a', 'b', 'c', 'd', 'e') });
      proposer.ask(write('A'));
      assert.deepEqual(proposer.toAll?.reserve, ['d', 'e']);
    },
  },
  {
    title: 'when those who were asked have answered and it is not decided, the reserve is asked at once',
    check: async () => {
      const other = new Asked({ group: divided() });
      const reader = other.ask(read);
      assert.equal(other.toAll?.commands[0]?.kind, 'read');
      const question = other.toAll?.commands ?? [];
      other.hear(question, ['a']);
      assert.deepEqual(other.asked, []);
      other.hear(question, ['b']);
      assert.deepEqual(other.asked, [['c', 'read']]);
      other.hear(question, ['c']);
      assert(other.answered.has(reader), 'two of three say that nothing is chosen');
    },
  },
  {
    title: 'when one owes its vote for too long after another, the reserve is asked, once',
    check: async () => {
      const proposer = new Asked();
      const token = proposer.ask(write('A'));
      const said = proposer.toAll?.commands ?? [];
      proposer.hear(said, ['a']);
      proposer.wait(TICK_MS);
      assert.deepEqual(proposer.asked, [], 'it was seen to owe it just now');
      proposer.wait(Math.max(lateMs, TICK_MS));
      assert.deepEqual(proposer.asked, [['c', 'prepare']]);
      proposer.wait(TICK_MS);
      assert.deepEqual(proposer.asked, []);
      proposer.hear(said, ['c']);
      proposer.exchange('a', 'c');
      assert(proposer.answered.has(token));
    },
  },
  {
    title: 'before anybody has answered nobody is late',
    check: async () => {
      const proposer = new Asked();
      proposer.ask(write('A'));
      for (let i = 0; i < 5; i++) {
        proposer.wait(Math.max(lateMs, TICK_MS));
        assert.deepEqual(proposer.asked, []);
      }
      proposer.wait(DEFAULT_TIMING.resendMs);
      assert.deepEqual(
        proposer.asked.map(([acceptor]) => acceptor),
        ['a', 'b', 'c'],
        'all are asked again',
      );
      assert.deepEqual(proposer.round(), ['c']);
    },
  },
  {
    title: 'what had to be asked again says nothing of how long votes take',
    check: async () => {
      const proposer = new Asked();
      proposer.ask(write('A'));
      const said = proposer.toAll?.commands ?? [];
      proposer.wait(DEFAULT_TIMING.resendMs);
      proposer.hear(said, ['a', 'b', 'c']);
      proposer.exchange('a', 'b', 'c');
      proposer.ask(read);
      proposer.exchange('a');
      proposer.wait(TICK_MS);
      proposer.wait(Math.max(lateMs, TICK_MS));
      assert.deepEqual(proposer.asked, [['c', 'read']]);
    },
  },
  {
    title: 'a vote of the reserve that comes twice counts once for how much each has accepted',
    check: async () => {
      const proposer = new Asked();
      proposer.ask(write('A'));
      proposer.exchange('a', 'b', 'c');
      const said = proposer.toAll?.commands ?? [];
      proposer.hear(said, ['a']);
      proposer.step(repliesOf('b', [full(said)]));
      assert.deepEqual(proposer.asked, [['c', 'accept']]);
      proposer.hear([...said, ...said], ['c']);
      assert.deepEqual([proposer.accepted('a'), proposer.accepted('c')], [1, 1]);
    },
  },
  {
    title: 'where rounds take long, a vote is late after longer',
    check: async () => {
      const proposer = new Asked();
      for (let i = 0; i < 50; i++) {
        proposer.ask(read);
        proposer.nowMs += 40;
        proposer.exchange('a', 'b');
      }
      proposer.ask(read);
      proposer.exchange('a');
      proposer.wait(TICK_MS);
      proposer.wait(Math.max(lateMs, TICK_MS));
      assert.deepEqual(proposer.asked, []);
      proposer.wait(100);
      assert.deepEqual(proposer.asked, [['c', 'read']]);
    },
  },
  {
    title: 'after somebody was late all are asked at once for a while, and then it is the reserve',
    check: async () => {
      const proposer = new Asked();
      proposer.ask(write('A'));
      proposer.hear(proposer.toAll?.commands ?? [], ['a']);
      proposer.wait(TICK_MS);
      proposer.wait(Math.max(lateMs, TICK_MS));
      assert.deepEqual(proposer.round(), []);
      proposer.wait(1000);
      assert.deepEqual(proposer.round(), ['b']);
    },
  },
  {
    title: 'what is asked of all acceptors is not left for later, nor what goes with it',
    check: async () => {
      const proposer = new Asked({ floorUsesMax: 100 });
      proposer.ask(create('A'));
      assert.deepEqual(
        proposer.toAll?.commands.map(({ kind }) => kind),
        ['floor'],
      );
      assert.deepEqual(proposer.toAll?.reserve, []);
      proposer.exchange('a', 'b');
      assert.deepEqual(
        [proposer.toAll?.commands.map(({ kind }) => kind), proposer.toAll?.reserve],
        [['accept'], ['c']],
      );
    },
  },
  {
    title: 'an acceptor without space has answered: the reserve is asked at once, and before it from then on',
    check: async () => {
      const proposer = new Asked();
      proposer.ask(write('A'));
      const said = proposer.toAll?.commands ?? [];
      proposer.hear(said, ['a']);
      proposer.step(repliesOf('b', [full(said)]));
      assert.deepEqual(proposer.asked, [['c', 'prepare']]);
      assert.deepEqual(proposer.round(), []);
      proposer.wait(1000);
      assert.deepEqual(proposer.round(), ['b']);
    },
  },
  {
    title: 'the reserve has its time to answer, however long the others took',
    check: async () => {
      const other = new Asked({ group: divided() });
      const reader = other.ask(read);
      const question = other.toAll?.commands ?? [];
      other.hear(question, ['a']);
      other.nowMs += DEFAULT_TIMING.settleMs * 2;
      other.hear(question, ['b']);
      assert.deepEqual(other.asked, [['c', 'read']]);
      other.wait(TICK_MS);
      assert.equal(other.toAll, undefined, 'no round is begun for it');
      other.hear(question, ['c']);
      assert(other.answered.has(reader));
    },
  },
  {
    title: 'one that is always slower than the others does not make all slow',
    check: async () => {
      const proposer = new Asked();
      for (let i = 0; i < 50; i++) {
        proposer.ask(read);
        const question = proposer.toAll?.commands ?? [];
        proposer.nowMs += 1;
        proposer.hear(question, ['b']);
        proposer.nowMs += 8;
        proposer.hear(question, ['a']);
        proposer.nowMs += 1;
      }
      proposer.ask(read);
      proposer.exchange('b');
      proposer.wait(TICK_MS);
      proposer.wait(Math.max(lateMs, TICK_MS));
      assert.deepEqual(proposer.asked, [['c', 'read']]);
    },
  },
  {
    title: 'who had to be asked after all is not asked in the next epoch for that of the one before (C4)',
    check: async () => {
      const proposer = new Asked();
      proposer.ask(write('A'));
      proposer.exchange('a', 'b', 'c');
      const said = proposer.toAll?.commands ?? [];
      assert.equal(said[0]?.kind, 'accept');
      const configuration: Configuration = { ...proposer.group.configuration, epoch: 2 };
      const members = new Map(configuration.acceptors.map(name => [name, storeOf(name)]));
      proposer.step(...proposer.votes(said, ['a']), repliesOf('b', [full(said)]), {
        kind: 'configuration',
        configuration,
        members,
      });
      assert.deepEqual(proposer.asked, []);
      assert.deepEqual(
        proposer.toAll?.commands.map(({ kind }) => kind),
        ['prepare'],
      );
    },
  },
  {
    title: 'in a joint epoch those who are asked are a quorum of either set',
    check: async () => {
      const proposer = new Asked({ group: new Group('a', 'b', 'c', 'd', 'e') });
      const joint = { before: ['a', 'b', 'c'], after: ['c', 'd', 'e'] };
      const configuration: Configuration = { ...proposer.group.configuration, epoch: 2, joint };
      const members = new Map(configuration.acceptors.map(name => [name, storeOf(name)]));
      proposer.step({ kind: 'configuration', configuration, members });
      proposer.ask(write('A'));
      assert.deepEqual(proposer.toAll?.reserve, ['e']);
      assert(isMember(configuration, 'e'));
    },
  },
  {
    title: 'the reserve leaves out what is only read, and takes what is asked of it alone at once',
    check: async () => {
      const message = { epoch: 1, sender: 'p', recipient: ALL, reserve: ['c'] };
      const reading = { kind: 'read', key: 'k', serial: 1 } as const;
      const preparing = { kind: 'prepare', key: 'k', ballot: BALLOT } as const;
      const items = [reading, preparing];
      const input = { proposer: 'p', epoch: 1 };
      assert.deepEqual(inputFor('a', { ...message, items }), { ...input, commands: items });
      assert.deepEqual(inputFor('c', { ...message, items }), {
        ...input,
        commands: [preparing],
        isPatient: true,
      });
      assert.equal(inputFor('c', { ...message, items: [reading] }), undefined);
      assert.equal(inputFor('c', { ...message, recipient: 'a', items }), undefined);
      assert.deepEqual(inputFor('c', { ...message, recipient: 'c', reserve: [], items }), {
        ...input,
        commands: items,
      });
    },
  },
  {
    title: 'what may wait makes no turn, until something comes that may not, and keeps its place before that',
    check: () =>
      voting(undefined, async acceptor => {
        await acceptor.prepare('k1', true);
        await acceptor.prepare('k2', true);
        assert.deepEqual(acceptor.voted, []);
        await acceptor.prepare('k3');
        assert.deepEqual(acceptor.voted, ['k1', 'k2', 'k3']);
        assert.equal(acceptor.runtime.waiting, 0);
        await acceptor.prepare('k4', true);
        assert.deepEqual(acceptor.voted, ['k1', 'k2', 'k3']);
      }),
  },
  {
    title: 'a read tells of what came before it and waits, and lets what is of other registers wait',
    check: () =>
      voting(undefined, async acceptor => {
        await acceptor.accept('k1', BALLOT);
        await acceptor.accept('k2', BALLOT);
        await acceptor.accept('k2', NEXT, true);
        await acceptor.read('k1');
        assert.deepEqual([acceptor.reported, acceptor.voted], [[1], ['k1', 'k2']]);
        await acceptor.read('k2');
        assert.deepEqual(
          [acceptor.reported, acceptor.voted],
          [
            [1, 2],
            ['k1', 'k2', 'k2'],
          ],
        );
      }),
  },
  {
    title: 'what may wait makes a turn when it fills one',
    check: () =>
      voting({ turnWeightMax: 3 }, async acceptor => {
        await acceptor.prepare('k1', true);
        await acceptor.prepare('k2', true);
        assert.deepEqual(acceptor.voted, []);
        await acceptor.prepare('k3', true);
        assert.deepEqual(acceptor.voted, ['k1', 'k2', 'k3']);
      }),
  },
  {
    title: 'what may wait is not left for ever',
    check: () =>
      voting({ patienceMs: 1 }, async acceptor => {
        await acceptor.prepare('k1', true);
        for (let i = 0; i < 1000 && acceptor.voted.length === 0; i++) {
          await new Promise(resolve => setTimeout(resolve, 1));
          await acceptor.settle();
        }
        assert.deepEqual(acceptor.voted, ['k1']);
      }),
  },
  {
    title: 'what may wait waits no longer when a read comes at the end of its time',
    check: () =>
      voting({ patienceMs: 200 }, async acceptor => {
        await acceptor.accept('k1', BALLOT);
        const commands = [{ kind: 'prepare', key: 'k2', ballot: BALLOT }] as const;
        acceptor.runtime.deliver({ proposer: 'p', epoch: 1, commands, isPatient: true });
        // Timers of one length that were set in one turn of the loop end in one.
        await new Promise<void>(resolve => setTimeout(() => resolve(acceptor.read('k1')), 200));
        assert.deepEqual([acceptor.reported, acceptor.voted], [[1], ['k1', 'k2']]);
      }),
  },
  {
    title: 'a register that was deleted is written again with the reserve left behind',
    check: async () => {
      const proposer = new Asked();
      for (const operation of [write('A'), remove, write('B')]) {
        const token = proposer.ask(operation);
        while (proposer.toAll !== undefined) proposer.exchange('a', 'b');
        assert(proposer.answered.has(token));
      }
      const reader = proposer.ask(read);
      proposer.exchange('a', 'b');
      assert(proposer.answered.has(reader));
    },
  },
];
