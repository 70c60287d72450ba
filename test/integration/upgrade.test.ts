// A rolling upgrade on the real thing: three acceptors and two proposers of this build are stopped one by one and started
// from a copy that plays the next release, while clients write. The old acceptor misses what is new, and only that.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type Client, connect } from '../../src/index.ts';
import { type ClusterConfig, clusterConfig } from '../../src/node/config/config.ts';
import { type Child, startChild } from '../../src/node/local/child.ts';
import { claimPort, LOOPBACK, natsServerSpec } from '../../src/node/local/nats-server.ts';
import { SUPERVISED_VARIABLE } from '../../src/node/local/node-specs.ts';
import { connectOperator } from '../../src/node/operator/operator.ts';
import { NatsQuestioner } from '../../src/node/operator/questioner.ts';
import { ALL_PARTITIONS } from '../../src/protocol/partition.ts';
import { FIRST_EPOCH } from '../../src/protocol/quorum.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { PRODUCT, withCopy } from '../durability/products.ts';
import type { Patch } from '../mutants/mutants.ts';
import { NEXT_RELEASE } from '../transport/next-release.ts';

const ACCEPTORS = ['a1', 'a2', 'a3'];
const PROPOSERS = ['p1', 'p2'];
/** Each has one writer, so that its versions are known. */
const KEYS = Array.from({ length: 12 }, (_, i) => `upgrade.${i}`);
const DELETED = Array.from({ length: 8 }, (_, i) => `deleted.${i}`);
const WRITERS = 4;
const PAUSE_MS = 5;
/** So many must be served by those that are up, before the upgrade goes on. */
const WRITES_A_STEP = 40;

/** What is deleted may be collected soon, and not after five minutes. */
const COLLECTS_SOON: Patch = {
  file: 'src/protocol/collected.js',
  search: 'UNSET_MS = 1000 * REMEMBERED_SECONDS;',
  replace: 'UNSET_MS = 100;',
};

class Upgrading {
  readonly #directory = mkdtempSync(join(tmpdir(), 'synod-upgrade-'));
  readonly #nodes = new Map<string, Child>();
  /** How often each key was written, as far as was acknowledged. */
  readonly #versions = new Map<string, number>(KEYS.map(key => [key, 0]));
  readonly #surprises: string[] = [];
  #nats: Child | undefined;
  #isOver = false;
  #writers: readonly Promise<void>[] = [];
  config!: ClusterConfig;
  client!: Client;

  async start(): Promise<void> {
    const port = await claimPort(0, '--nats-port');
    const logPath = join(this.#directory, 'nats-server.log');
    this.#nats = startChild(natsServerSpec({ port, monitorPort: null }, logPath));
    await this.#nats.ready;
    const nats = `nats://${LOOPBACK}:${port}`;
    this.config = clusterConfig({ nats }, {});
    await Promise.all([...ACCEPTORS, ...PROPOSERS].map(id => this.run(id, PRODUCT)));
    this.client = await connect({ servers: nats, timeoutMs: 20_000 });
    this.#writers = Array.from({ length: WRITERS }, (_, i) => {
      return this.#write(KEYS.filter((_key, number) => number % WRITERS === i));
    });
    await this.served();
  }

  /** Resolves when it serves. */
  async run(id: string, product: string): Promise<void> {
    const role = ACCEPTORS.includes(id) ? 'acceptor' : 'proposer';
    const own =
      role === 'acceptor'
        ? ['--id', id, '--data', join(this.#directory, id)]
        : // What is collected is collected by the test alone.
          ['--name', id, '--collect', 'off'];
    const args = [join(product, 'src/cli/main.js'), role, ...own, '--nats', this.config.nats.servers.join()];
    const node = startChild({
      name: id,
      command: process.execPath,
      args,
      env: { ...process.env, [SUPERVISED_VARIABLE]: '1' },
      logPath: join(this.#directory, `${id}.log`),
      readiness: { kind: 'line', line: `ready ${role} ${id}` },
    });
    this.#nodes.set(id, node);
    const died = node.ended.then(how => Promise.reject(new Error(`${id} ${how}: ${this.log(id)}`)));
    await Promise.race([node.ready, died]);
    died.catch(() => undefined);
  }

  /** As a supervisor does it. @returns how it ended. */
  async end(id: string): Promise<string | undefined> {
    const node = this.#nodes.get(id);
    node?.signal('SIGTERM');
    return node?.ended;
  }

  log(id: string): string {
    return readFileSync(join(this.#directory, `${id}.log`), 'utf8');
  }

  /** Until clients were served some more. */
  async served(): Promise<void> {
    const wanted = this.#written + WRITES_A_STEP;
    while (this.#written < wanted && this.#surprises.length === 0) await delay(PAUSE_MS);
  }

  /** Nothing that was acknowledged is missing, and nothing was done twice. */
  async verify(t: ExecutionContext): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#writers);
    t.deepEqual(this.#surprises, []);
    for (const [key, version] of this.#versions)
      t.like(await this.client.variable(key).read(), { value: version, version }, key);
    t.log(`${this.#written} writes`);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#writers);
    await this.client?.close();
    for (const node of [...this.#nodes.values(), this.#nats]) {
      node?.signal('SIGKILL');
      await node?.ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #written(): number {
    return [...this.#versions.values()].reduce((sum, versions) => sum + versions, 0);
  }

  /** The versions of a key go on by one with each write, whoever serves it and however often it is tried. */
  async #write(keys: readonly string[]): Promise<void> {
    while (!this.#isOver) {
      for (const key of keys) {
        const next = (this.#versions.get(key) ?? 0) + 1;
        try {
          const { version } = await this.client.variable(key).write(next);
          if (version !== next) this.#surprises.push(`${key} has version ${version}, not ${next}`);
        } catch (error) {
          this.#surprises.push(`${key}: ${String(error)}`);
          return;
        }
        this.#versions.set(key, next);
        await delay(PAUSE_MS);
      }
    }
  }
}

async function collected({ config }: Upgrading): Promise<number> {
  const operator = await connectOperator(config);
  try {
    return (await operator.collect(ALL_PARTITIONS, () => {})).keys;
  } finally {
    await operator.close();
  }
}

/** How many of the deleted keys each acceptor still has a slot for. */
async function slotsLeft({ config }: Upgrading): Promise<readonly number[]> {
  const transport = await connectNats({ servers: config.nats.servers, name: 'test', connectTimeoutMs: 5000 });
  try {
    const questioner = new NatsQuestioner({ ...config, epoch: FIRST_EPOCH }, transport);
    const left: number[] = [];
    for (const id of ACCEPTORS) left.push((await questioner.keys(id, DELETED)).size);
    return left;
  } finally {
    await transport.close();
  }
}

test('a cluster is upgraded node by node to a release with another wire version, while clients write', async t => {
  const cluster = new Upgrading();
  t.teardown(() => cluster.close());
  await cluster.start();
  const { client } = cluster;
  const addOne = () => client.variable('once').change('add', [1], { id: 'asked-before-the-upgrade' });
  await addOne();

  await withCopy('upgrade', [...NEXT_RELEASE, COLLECTS_SOON], async next => {
    const upgrade = async (id: string): Promise<void> => {
      t.is(await cluster.end(id), 'ended with exit code 0');
      await cluster.served();
      await cluster.run(id, next);
      await cluster.served();
      t.like(await addOne(), { value: 1, version: 1 }, `It was applied again, after ${id}`);
    };
    await upgrade('a1');
    // What is new of its pages of keys is refused by the old proposers, who put off collecting, and only that.
    await client.variable('fleeting').write('soon over', { ttlMs: 1 });
    await t.throwsAsync(collected(cluster), { message: /a1 does not answer/ });
    t.true(PROPOSERS.some(id => cluster.log(id).includes('wire version 4, not 3')));
    for (const id of ['p1', 'a2', 'p2']) await upgrade(id);

    // All but the last acceptor are new: what is new is refused there, and so only put off.
    const versions = new Map<string, number>();
    for (const key of DELETED) {
      await client.variable(key).write('to be deleted');
      versions.set(key, (await client.variable(key).delete()).version);
    }
    while (!cluster.log('a3').includes('wire version 4, not 3')) {
      t.is(await collected(cluster), 0);
      await delay(PAUSE_MS);
    }
    t.is((await slotsLeft(cluster))[2], DELETED.length);
    for (const key of DELETED) t.like(await client.variable(key).read(), { set: false });
    await upgrade('a3');

    while ((await slotsLeft(cluster)).some(slots => slots > 0)) await collected(cluster);
    for (const [key, version] of versions) {
      const created = await client.variable(key).create('again');
      t.true(created.version > version, `${key} has version ${created.version}, after ${version}`);
    }
    await cluster.verify(t);
  });
});
