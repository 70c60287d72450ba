// `npm run bench:groups`: what an operation costs with one, two and four groups of acceptors, all under the same load: CPU
// time of the acceptors, the proposer and nats-server, and what nats-server carries. Groups that shared anything would make
// an operation dearer as they become more. Every acceptor is a process of its own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { cpuBetween, type RoleUsage, roleUsage } from '../../../src/bench/process-usage.ts';
import { type Client, connect } from '../../../src/index.ts';
import { claimPort } from '../../../src/node/local/nats-server.ts';
import { TestCluster } from '../../integration/local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.js');
const GROUPS = [1, 2, 4];
const ROUNDS = 3;
/** For each group, so that each is written as often. */
const KEYS = 2000;
/** For each group, before anything is measured: processes that have just started compile their code first. */
const WARM_UP = 25_000;
const WARM_UP_AT_ONCE = 16;
const VALUE = 'x'.repeat(100);
/** The same in all: processes that are asked more often wake up less for each request, whatever the groups. */
const EVERY_MS = 5;
const OPERATIONS = 4000;
const IDLE_MS = 5000;

const varz = z.object({
  in_msgs: z.number(),
  out_msgs: z.number(),
  in_bytes: z.number(),
  out_bytes: z.number(),
});

interface Sample {
  readonly atMs: number;
  readonly messages: number;
  readonly bytes: number;
  readonly acceptors: RoleUsage | null;
  readonly proposers: RoleUsage | null;
  readonly nats: RoleUsage | null;
}

/** For one operation. */
interface Cost {
  readonly groups: number;
  readonly messages: number;
  readonly bytes: number;
  readonly acceptorsUs: number;
  readonly proposerUs: number;
  readonly natsUs: number;
}

class Setup {
  readonly #cluster: TestCluster;
  readonly #monitor: number;
  readonly #added: ChildProcess[] = [];
  client!: Client;

  constructor(monitor: number) {
    this.#monitor = monitor;
    this.#cluster = new TestCluster({}, ['--proposers', '1', '--nats-monitor-port', String(monitor)]);
  }

  async start(groups: number): Promise<void> {
    const { nats } = await this.#cluster.start();
    this.client = await connect({ servers: nats.url });
    for (let group = 2; group <= groups; group++) await this.#addGroup(`g${group}`, nats.url);
    if (groups > 1) await promisify(execFile)(process.execPath, [MAIN, 'rebalance', '--nats', nats.url]);
    let number = 0;
    const writers = Array.from({ length: WARM_UP_AT_ONCE }, async () => {
      for (; number < WARM_UP * groups; number++)
        await this.client.variable(keyOf(number, groups)).write(VALUE);
    });
    await Promise.all(writers);
  }

  async #addGroup(name: string, url: string): Promise<void> {
    const ids = [1, 2, 3].map(number => `${name}-${number}`);
    for (const id of ids) {
      const data = join(this.#cluster.directory, id);
      const args = ['acceptor', '--group', name, '--id', id, '--data', data, '--nats', url];
      const all = ['--acceptors', ids.join(',')];
      this.#added.push(spawn(process.execPath, [MAIN, ...args, ...all], { stdio: 'ignore' }));
    }
    const add = [MAIN, 'group', 'add', name, ...ids, '--nats', url];
    for (let tries = 1; ; tries++) {
      try {
        await promisify(execFile)(process.execPath, add);
        return;
      } catch (error) {
        if (tries === 5) throw error;
      }
    }
  }

  async sample(): Promise<Sample> {
    const response = await fetch(`http://127.0.0.1:${this.#monitor}/varz`);
    const { in_msgs, out_msgs, in_bytes, out_bytes } = varz.parse(await response.json());
    const { acceptors, proposers, nats } = this.#cluster.members();
    const pids = [...acceptors.map(({ pid }) => pid), ...this.#added.map(({ pid }) => pid ?? null)];
    return {
      atMs: performance.now(),
      messages: in_msgs + out_msgs,
      bytes: in_bytes + out_bytes,
      acceptors: roleUsage(pids),
      proposers: roleUsage(proposers.map(({ pid }) => pid)),
      nats: roleUsage([nats.pid]),
    };
  }

  async load(groups: number): Promise<void> {
    const writes: Promise<unknown>[] = [];
    const sinceMs = performance.now();
    for (let number = 0; number < OPERATIONS; number++) {
      const aheadMs = sinceMs + number * EVERY_MS - performance.now();
      if (aheadMs > 0) await delay(aheadMs);
      writes.push(this.client.variable(keyOf(number * 7, groups)).write(VALUE));
    }
    await Promise.all(writes);
  }

  async stop(): Promise<void> {
    await this.client?.close();
    for (const child of this.#added) child.kill('SIGTERM');
    await this.#cluster.stop();
    rmSync(this.#cluster.directory, { recursive: true, force: true });
  }
}

function keyOf(number: number, groups: number): string {
  return `bench.${number % (KEYS * groups)}`;
}

async function measure(groups: number): Promise<Cost> {
  const setup = new Setup(await claimPort(0, '-'));
  try {
    await setup.start(groups);
    const [idle, before] = [await setup.sample(), await delay(IDLE_MS).then(() => setup.sample())];
    await setup.load(groups);
    const after = await setup.sample();
    /** What was there without a load is taken off. */
    const cost = (of: (from: Sample, to: Sample) => number): number => {
      const idled = of(idle, before) / (before.atMs - idle.atMs);
      return (of(before, after) - idled * (after.atMs - before.atMs)) / OPERATIONS;
    };
    const cpu = (role: 'acceptors' | 'proposers' | 'nats'): number =>
      cost((from, to) => 1000 * (cpuBetween(from[role], to[role]) ?? Number.NaN));
    return {
      groups,
      messages: cost((from, to) => to.messages - from.messages),
      bytes: cost((from, to) => to.bytes - from.bytes),
      acceptorsUs: cpu('acceptors'),
      proposerUs: cpu('proposers'),
      natsUs: cpu('nats'),
    };
  } finally {
    await setup.stop();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function row(groups: number, costs: readonly Cost[]): string {
  const of = (field: keyof Cost): readonly number[] => costs.map(cost => cost[field]);
  const cpu = (field: keyof Cost): string => {
    const values = of(field);
    return `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`;
  };
  const cells = [
    String(groups),
    median(of('messages')).toFixed(2),
    median(of('bytes')).toFixed(0),
    cpu('acceptorsUs'),
    cpu('proposerUs'),
    cpu('natsUs'),
  ];
  return `| ${cells.join(' | ')} |`;
}

const costs: Cost[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  // In turns, so that what else the machine does meets all of them.
  for (const groups of GROUPS) {
    costs.push(await measure(groups));
    process.stderr.write(`round ${round} of ${ROUNDS}: ${JSON.stringify(costs.at(-1))}\n`);
  }
}
process.stdout.write(
  `${[
    '| groups | messages | bytes | acceptors, µs | proposer, µs | nats-server, µs |',
    '| -----: | -------: | ----: | ------------: | -----------: | --------------: |',
    ...GROUPS.map(groups =>
      row(
        groups,
        costs.filter(cost => cost.groups === groups),
      ),
    ),
  ].join('\n')}\n`,
);
