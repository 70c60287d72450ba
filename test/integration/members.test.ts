// A change of members on the real thing: an acceptor is replaced while clients write, by an operator who is stopped half
// way; then the others that were there before are paused, so that only what was brought over can answer.

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { type Client, connect } from '../../src/index.ts';
import { clusterConfig } from '../../src/node/config.ts';
import { connectOperator, type Operator, OperatorError } from '../../src/node/operator.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const cluster = new TestCluster();
let members: Members;
let client: Client;
let operator: Operator;
let fourth: ChildProcess;

test.before(async () => {
  members = await cluster.start();
  client = await connect({ servers: members.nats.url });
  operator = await connectOperator(clusterConfig({ nats: members.nats.url }, {}));
  const args = [
    MAIN,
    'acceptor',
    '--id',
    'a4',
    '--data',
    join(cluster.directory, 'a4'),
    '--nats',
    members.nats.url,
  ];
  fourth = spawn(process.execPath, args, { stdio: 'ignore' });
});
test.after.always(async () => {
  for (const { pid } of members?.acceptors ?? []) process.kill(pid, 'SIGCONT');
  fourth?.kill();
  await operator?.close();
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

const KEYS = Array.from({ length: 300 }, (_, i) => `members.${i}`);

async function storeOf(id: string): Promise<string> {
  for (;;) {
    try {
      return await operator.storeOf(id);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      await delay(100);
    }
  }
}

test.serial(
  'an acceptor is replaced while clients write, and nothing that was acknowledged is missing',
  async t => {
    const acknowledged = new Map<string, number>();
    let isOver = false;
    const write = async (keys: readonly string[]): Promise<void> => {
      for (let round = 1; round === 1 || !isOver; round++) {
        for (const key of keys) {
          await client.variable(key).write(round);
          acknowledged.set(key, round);
        }
      }
    };
    const writers = [0, 1, 2, 3].map(i => write(KEYS.filter((_, number) => number % 4 === i)));
    while (acknowledged.size < KEYS.length) await delay(20);

    const store = await storeOf('a4');
    t.is((await operator.begin({ a4: store }, ['a1'])).epoch, 2);
    await t.throwsAsync(operator.begin({}, ['a2']), { message: /a change is under way already/ });
    // Somebody is stopped half way, and another one goes on.
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
    t.deepEqual(Object.keys(status.members).sort(), ['a2', 'a3', 'a4']);

    isOver = true;
    await Promise.all(writers);
    for (const { id, pid } of members.acceptors) if (id !== 'a3') process.kill(pid, 'SIGSTOP');
    t.log(`${[...acknowledged.values()].reduce((sum, rounds) => sum + rounds, 0)} writes meanwhile`);
    for (const [key, round] of acknowledged) t.is((await client.variable(key).read()).value, round, key);
  },
);
