// What the production runtime owes to every actor (A3), as checks that throw. The tests run them on the runtime,
// and the mutants' test on runtimes that are broken.

import assert from 'node:assert/strict';
import { setImmediate as turnsOfTheLoop } from 'node:timers/promises';
import { AcceptorActor, type AcceptorInput, type AcceptorOutput } from '../../src/actors/acceptor-actor.ts';
import { Runtime } from '../../src/actors/runtime.ts';
import { StoreError } from '../../src/storage/store.ts';
import { ControllableStore } from './controllable-store.ts';
import { votingStanding } from './standings.ts';

export interface Duty {
  readonly title: string;
  readonly check: () => Promise<void>;
}

const BALLOT = { counter: 1, proposer: 'p' };
const NEXT = { counter: 2, proposer: 'p' };

class Bench {
  readonly store = new ControllableStore();
  readonly sent: AcceptorOutput[] = [];
  readonly failures: unknown[] = [];
  readonly runtime: Runtime<AcceptorInput, AcceptorOutput>;

  constructor() {
    const mayHave = (key: string): boolean => this.store.mayHave(key);
    const standing = votingStanding();
    this.runtime = new Runtime(new AcceptorActor({ cacheBytesMax: 1 << 20, mayHave, standing }), {
      store: this.store,
      clock: { nowMs: () => 0 },
      weigh: () => 1,
      turnWeightMax: 100,
      mailboxWeightMax: 3,
      send: outputs => this.sent.push(...outputs),
      onFailure: error => this.failures.push(error),
    });
  }

  /** The kinds of the replies that were sent, in order. */
  get replies(): readonly string[] {
    return this.sent.flatMap(({ replies }) => replies.map(({ kind }) => kind));
  }

  /** Of the reports that were sent, in order. */
  get acceptedCounters(): readonly number[] {
    return this.sent.flatMap(({ replies }) =>
      replies.flatMap(reply => (reply.kind === 'report' ? [reply.accepted.counter] : [])),
    );
  }

  async prepare(key: string): Promise<void> {
    this.runtime.deliver({ proposer: 'p', epoch: 1, commands: [{ kind: 'prepare', key, ballot: BALLOT }] });
    await settled();
  }

  async accept(key: string): Promise<void> {
    const value = Uint8Array.of(1);
    this.runtime.deliver({
      proposer: 'p',
      epoch: 1,
      commands: [{ kind: 'accept', key, ballot: BALLOT, value, next: NEXT }],
    });
    await settled();
  }

  async read(key: string): Promise<void> {
    this.runtime.deliver({ proposer: 'q', epoch: 1, commands: [{ kind: 'read', key, serial: 1 }] });
    await settled();
  }

  async endLoad(): Promise<void> {
    this.store.loads.shift()?.end();
    await settled();
  }

  async endCommit(): Promise<void> {
    this.store.commits.shift()?.end();
    await settled();
  }
}

/** Everything that can go on without the store has gone on. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await turnsOfTheLoop();
}

export const RUNTIME_DUTIES: readonly Duty[] = [
  {
    title: 'sends no vote before the commit resolves',
    check: async () => {
      const bench = new Bench();
      await bench.prepare('k');
      await bench.endLoad();
      assert.equal(bench.store.commits.length, 1);
      assert.deepEqual(bench.replies, []);
      await bench.endCommit();
      assert.deepEqual(bench.replies, ['promised']);
    },
  },
  {
    title: 'shows no reader what is being committed',
    check: async () => {
      const bench = new Bench();
      await bench.accept('k');
      await bench.endLoad();
      await bench.read('k');
      assert.deepEqual(bench.replies, []);
      await bench.endCommit();
      assert.deepEqual(bench.replies, ['accepted', 'report']);
    },
  },
  {
    title: 'holds back a read of another key that shares its turn with a vote',
    check: async () => {
      const bench = new Bench();
      const prepared = bench.prepare('k');
      await bench.read('other');
      await prepared;
      await bench.endLoad();
      assert.equal(bench.store.commits.length, 1);
      assert.deepEqual(bench.replies, []);
      await bench.endCommit();
      assert.deepEqual(bench.replies, ['promised', 'report']);
    },
  },
  {
    title: 'answers a read of what is durable and in memory while another key is committed',
    check: async () => {
      const bench = new Bench();
      await bench.accept('k');
      await bench.endLoad();
      await bench.endCommit();
      await bench.prepare('other');
      await bench.endLoad();
      await bench.read('k');
      assert.equal(bench.store.commits.length, 1);
      assert.deepEqual(bench.replies, ['accepted', 'report']);
      await bench.endCommit();
      assert.deepEqual(bench.replies, ['accepted', 'report', 'promised']);
    },
  },
  {
    title: 'answers a read of a key that is being created at once, by what is durable: nothing',
    check: async () => {
      const bench = new Bench();
      await bench.read('k');
      await bench.endLoad();
      await bench.accept('k');
      assert.equal(bench.store.loads.length, 0);
      await bench.read('k');
      assert.deepEqual(bench.acceptedCounters, [0, 0]);
      await bench.endCommit();
      await bench.read('k');
      assert.deepEqual(bench.acceptedCounters, [0, 0, 1]);
    },
  },
  {
    title: 'answers a read alone without a commit',
    check: async () => {
      const bench = new Bench();
      await bench.read('k');
      assert.deepEqual(bench.replies, []);
      await bench.endLoad();
      assert.equal(bench.store.commits.length, 0);
      assert.deepEqual(bench.replies, ['report']);
    },
  },
  {
    title: 'gathers what arrives during a commit into one more commit',
    check: async () => {
      const bench = new Bench();
      await bench.prepare('a');
      await bench.endLoad();
      await bench.prepare('b');
      await bench.prepare('c');
      assert.equal(bench.store.commits.length, 1);
      await bench.endCommit();
      await bench.endLoad();
      assert.equal(bench.store.commits.length, 1);
      assert.deepEqual(bench.replies, ['promised']);
      await bench.endCommit();
      assert.deepEqual(bench.replies, ['promised', 'promised', 'promised']);
    },
  },
  {
    title: 'ends for good when a commit fails, and sends nothing of that turn',
    check: async () => {
      const bench = new Bench();
      const broken = new Error('the disk failed');
      await bench.prepare('a');
      await bench.endLoad();
      bench.store.commits.shift()?.fail(broken);
      await settled();
      assert.deepEqual(bench.failures, [broken]);
      await bench.prepare('b');
      assert.equal(bench.store.loads.length, 0);
      assert.deepEqual(bench.replies, []);
    },
  },
  {
    title: 'takes a turn back that there is no space for, says so, and goes on',
    check: async () => {
      const bench = new Bench();
      await bench.accept('k');
      await bench.endLoad();
      bench.store.commits.shift()?.fail(new StoreError('full', 'no space'));
      await settled();
      assert.deepEqual(bench.replies, ['full']);
      assert.deepEqual(bench.failures, []);
      await bench.read('k');
      await bench.endLoad();
      const report = bench.sent.at(-1)?.replies[0];
      assert.equal(report?.kind === 'report' && report.accepted.counter, 0);
      await bench.accept('k');
      await bench.endCommit();
      assert.deepEqual(bench.replies, ['full', 'report', 'accepted']);
    },
  },
  {
    title: 'sends nothing after it was stopped, though the commit ends well',
    check: async () => {
      const bench = new Bench();
      await bench.prepare('a');
      await bench.endLoad();
      bench.runtime.stop();
      await bench.endCommit();
      assert.deepEqual(bench.replies, []);
    },
  },
  {
    title: 'drops what is past the bound of its mailbox and counts it',
    check: async () => {
      const bench = new Bench();
      await bench.prepare('a');
      for (const key of ['b', 'c', 'd', 'e', 'f']) await bench.prepare(key);
      assert.equal(bench.runtime.dropped, 2);
    },
  },
];
