// A second group of acceptors on the real thing: it gets half of the keys while clients write, with a proposer that is paused
// over the whole move, and gives them back. Nothing that was acknowledged is missing, versions go on, ids are recognised.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { type Client, connect } from '../../src/index.ts';
import { TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const KEYS = Array.from({ length: 400 }, (_, i) => `groups.${i}`);
const SWITCHES = KEYS.slice(0, 40).map(key => `${key}.on`);
const WRITERS = 4;
const PAUSE_MS = 5;
const EAST = ['e1', 'e2', 'e3'];

interface Written {
  readonly round: number;
  readonly version: number;
}

class Growing {
  readonly #cluster = new TestCluster();
  readonly #added = new Map<string, ChildProcess>();
  readonly #written = new Map<string, Written>();
  #isOver = false;
  #writers: readonly Promise<void>[] = [];
  natsUrl = '';
  client!: Client;

  async start(t: ExecutionContext): Promise<void> {
    this.natsUrl = (await this.#cluster.start()).nats.url;
    this.client = await connect({ servers: this.natsUrl });
    t.teardown(() => this.#stop());
    for (const key of SWITCHES) await this.client.switch(key).set();
    this.#writers = Array.from({ length: WRITERS }, (_, i) => {
      return this.#write(
        t,
        KEYS.filter((_key, number) => number % WRITERS === i),
      );
    });
    while (this.#written.size < KEYS.length) await delay(20);
  }

  /** Starts the acceptors of another group. */
  startGroup(group: string, ids: readonly string[]): void {
    for (const id of ids) {
      const data = join(this.#cluster.directory, id);
      const args = ['acceptor', '--group', group, '--id', id, '--data', data, '--nats', this.natsUrl];
      const all = ['--acceptors', ids.join(',')];
      this.#added.set(id, spawn(process.execPath, [MAIN, ...args, ...all], { stdio: 'ignore' }));
    }
  }

  /** The command line, as an operator uses it. */
  async run(...args: readonly string[]): Promise<string> {
    const nats = args[0] === 'ls' ? '--server' : '--nats';
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args, nats, this.natsUrl]);
    return stdout;
  }

  /** Starts a rebalance that is killed half way. */
  async runAndKill(afterMs: number, ...args: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [MAIN, ...args, '--nats', this.natsUrl], { stdio: 'ignore' });
    await delay(afterMs);
    child.kill('SIGKILL');
  }

  async partitions(): Promise<Readonly<Record<string, number>>> {
    const { groups } = JSON.parse(await this.run('group', 'status', '--json'));
    return Object.fromEntries(
      Object.entries<{ partitions: unknown[] }>(groups).map(([name, { partitions }]) => [
        name,
        partitions.length,
      ]),
    );
  }

  signalProposer(signal: NodeJS.Signals): void {
    const [proposer] = this.#cluster.members().proposers;
    if (proposer !== undefined) process.kill(proposer.pid, signal);
  }

  /** Ends the writing: every register is as it was acknowledged last. */
  async verify(t: ExecutionContext): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#writers);
    t.log(`${[...this.#written.values()].reduce((sum, { round }) => sum + round, 0)} writes meanwhile`);
    await Promise.all(
      KEYS.map(async key => {
        const { value, version } = await this.client.variable(key).read();
        t.deepEqual({ round: value, version }, this.#written.get(key), key);
      }),
    );
    for (const key of SWITCHES) t.true(await this.client.switch(key).read(), key);
    t.deepEqual(await this.listed(), [...KEYS, ...SWITCHES].sort());
  }

  async listed(): Promise<readonly string[]> {
    const listed: string[] = [];
    for await (const { key } of this.client.list('groups.')) listed.push(key);
    return listed.sort();
  }

  async #write(t: ExecutionContext, keys: readonly string[]): Promise<void> {
    for (let round = 1; round === 1 || !this.#isOver; round++) {
      for (const key of keys) {
        const before = this.#written.get(key)?.version ?? 0;
        const { version } = await this.client.variable(key).write(round);
        // One writer a key: a write that was applied twice would leave a gap.
        t.is(version, before + 1, key);
        this.#written.set(key, { round, version });
        await delay(PAUSE_MS);
      }
    }
  }

  async #stop(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#writers);
    this.signalProposer('SIGCONT');
    for (const child of this.#added.values()) child.kill('SIGKILL');
    await this.client.close();
    await this.#cluster.stop();
    rmSync(this.#cluster.directory, { recursive: true, force: true });
  }
}

test('a second group gets half of the keys and gives them back while clients write, and nothing that was acknowledged is missing', async t => {
  const growing = new Growing();
  await growing.start(t);
  t.deepEqual(await growing.partitions(), { main: 256 });
  await t.throwsAsync(growing.run('group', 'add', 'east', ...EAST), {
    message: /start all of e1, e2, e3 with --group east/,
  });
  await t.throwsAsync(growing.run('rebalance', '--to', 'west'), { message: /there is no group west/ });

  growing.startGroup('east', EAST);
  for (let tries = 0; tries < 20; tries++) {
    const added = await growing.run('group', 'add', 'east', ...EAST).catch(() => undefined);
    if (added !== undefined) break;
  }
  t.deepEqual(await growing.partitions(), { main: 256, east: 0 });

  // A proposer hears of nothing until all is done; and whoever moves is stopped half way.
  growing.signalProposer('SIGSTOP');
  await growing.runAndKill(1500, 'rebalance');
  await growing.run('rebalance');
  growing.signalProposer('SIGCONT');
  t.deepEqual(await growing.partitions(), { main: 128, east: 128 });
  await delay(500);

  await t.throwsAsync(growing.run('group', 'remove', 'east'), { message: /keeps 128 partitions/ });
  t.deepEqual(await growing.listed(), [...KEYS, ...SWITCHES].sort());
  const exported = (await growing.run('export')).trim().split('\n');
  t.deepEqual(exported.map(line => JSON.parse(line).key).sort(), [...KEYS, ...SWITCHES].sort());
  t.regex(await growing.run('status'), /group east, 128 partitions/);

  // And back: main meets nothing of what it had.
  await growing.run('rebalance', '--to', 'main');
  t.deepEqual(await growing.partitions(), { main: 256, east: 0 });
  await growing.verify(t);
});
