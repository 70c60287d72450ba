// Changes of members on the real thing, while clients write: from one to three, by an operator who is stopped half way, to
// five and back; then all three are replaced one after another, the first of which is dead.

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type Client, connect } from '../../src/index.ts';
import { clusterConfig } from '../../src/node/config/config.ts';
import { connectOperator, type Operator } from '../../src/node/operator/operator.ts';
import { OperatorError } from '../../src/node/operator/operator-steps.ts';
import { TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const KEYS = Array.from({ length: 200 }, (_, i) => `members.${i}`);
const WRITERS = 4;
/** Clients go on all the time, and leave the machine to the change. */
const PAUSE_MS = 20;

/** A cluster of one acceptor at first, its supervisor's, and clients that write all the time. */
class Growing {
  readonly #cluster = new TestCluster({}, ['--acceptors', '1']);
  readonly #added = new Map<string, ChildProcess>();
  readonly #acknowledged = new Map<string, number>();
  #natsUrl = '';
  #isOver = false;
  #writers: readonly Promise<void>[] = [];
  client!: Client;
  operator!: Operator;

  async start(t: ExecutionContext): Promise<void> {
    const { nats } = await this.#cluster.start();
    this.#natsUrl = nats.url;
    this.client = await connect({ servers: nats.url });
    this.operator = await connectOperator(clusterConfig({ nats: nats.url }, {}));
    t.teardown(() => this.#stop());
    this.#writers = Array.from({ length: WRITERS }, (_, i) => {
      return this.#write(KEYS.filter((_key, number) => number % WRITERS === i));
    });
    while (this.#acknowledged.size < KEYS.length) await delay(20);
  }

  /** Starts acceptors. @returns their stores. */
  async spares(...ids: readonly string[]): Promise<Readonly<Record<string, string>>> {
    for (const id of ids) {
      const data = join(this.#cluster.directory, id);
      const args = ['acceptor', '--id', id, '--data', data, '--nats', this.#natsUrl, '--acceptors', 'a1'];
      this.#added.set(id, spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' }));
    }
    return Object.fromEntries(await Promise.all(ids.map(async id => [id, await this.#storeOf(id)] as const)));
  }

  async change(add: readonly string[], remove: readonly string[]): Promise<readonly string[]> {
    await this.operator.begin(await this.spares(...add), remove);
    const { members } = await this.operator.finish(() => {});
    return Object.keys(members).sort();
  }

  signal(id: string, signal: NodeJS.Signals): void {
    const first = this.#cluster.members().acceptors.find(acceptor => acceptor.id === id);
    if (first === undefined) this.#added.get(id)?.kill(signal);
    else process.kill(first.pid, signal);
  }

  /** Nothing that was acknowledged is missing. */
  async verify(t: ExecutionContext): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#writers);
    t.log(`${[...this.#acknowledged.values()].reduce((sum, rounds) => sum + rounds, 0)} writes meanwhile`);
    const found = await Promise.all(KEYS.map(async key => (await this.client.variable(key).read()).value));
    for (const [i, key] of KEYS.entries()) t.is(found[i], this.#acknowledged.get(key), key);
  }

  async #storeOf(id: string): Promise<string> {
    for (;;) {
      try {
        return await this.operator.storeOf(id);
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        await delay(50);
      }
    }
  }

  async #write(keys: readonly string[]): Promise<void> {
    for (let round = 1; round === 1 || !this.#isOver; round++) {
      for (const key of keys) {
        await this.client.variable(key).write(round);
        this.#acknowledged.set(key, round);
        await delay(PAUSE_MS);
      }
    }
  }

  async #stop(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#writers);
    this.signal('a1', 'SIGCONT');
    for (const child of this.#added.values()) child.kill('SIGKILL');
    await this.operator.close();
    await this.client.close();
    await this.#cluster.stop();
    rmSync(this.#cluster.directory, { recursive: true, force: true });
  }
}

test('one acceptor becomes three and five, loses two, and all are replaced while clients write, and nothing that was acknowledged is missing', async t => {
  const growing = new Growing();
  await growing.start(t);
  const { operator } = growing;

  // Somebody is stopped half way, and another one goes on.
  t.is((await operator.begin(await growing.spares('a2', 'a3'), [])).epoch, 2);
  await t.throwsAsync(operator.begin({}, ['a1']), { message: /a change is under way already/ });
  const stopped = new Error('stopped');
  await t.throwsAsync(
    operator.finish(({ partitions }) => {
      if (partitions >= 100) throw stopped;
    }),
    { is: stopped },
  );
  const half = await operator.status();
  t.true(half.carried.length >= 100 && half.joint !== null);
  const status = await operator.finish(() => {});
  t.is(status.epoch, 3);
  t.deepEqual(Object.keys(status.members).sort(), ['a1', 'a2', 'a3']);

  t.deepEqual(await growing.change(['a4', 'a5'], []), ['a1', 'a2', 'a3', 'a4', 'a5']);
  growing.signal('a1', 'SIGSTOP');
  t.deepEqual(await growing.change([], ['a1', 'a2']), ['a3', 'a4', 'a5']);
  growing.signal('a3', 'SIGKILL');
  t.deepEqual(await growing.change(['a6'], ['a3']), ['a4', 'a5', 'a6']);
  t.deepEqual(await growing.change(['a7'], ['a4']), ['a5', 'a6', 'a7']);
  t.deepEqual(await growing.change(['a8'], ['a5']), ['a6', 'a7', 'a8']);
  await growing.verify(t);
});
