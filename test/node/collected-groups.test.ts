// What was deleted in partitions that were moved is collected where they are now: nothing comes back, versions go on, and
// what a group has of an earlier stay is left alone.

import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { UNSET_MS } from '../../src/protocol/collected.ts';
import { isKey, PARTITIONS, partitionOf } from '../../src/protocol/partition.ts';
import { stayOf } from '../../src/protocol/stays.ts';
import { internalSubjects } from '../../src/transport/subjects.ts';
import { MemoryCluster, stopAcceptors } from '../embedded/memory-cluster.ts';

const EAST = ['e1', 'e2', 'e3'];
const KEYS = Array.from({ length: 12 }, (_, i) => `k.${i}`);
const MOVED = [...new Set(KEYS.map(partitionOf))];

test.after.always(stopAcceptors);

/** As an operator asks: what a busy machine was too slow for is asked again. */
async function step(cluster: MemoryCluster, subject: string, body: object): Promise<Record<string, unknown>> {
  for (let tries = 1; ; tries++) {
    const told = await stepOnce(cluster, subject, body);
    if (told.ok === true) return told;
    if (tries === 10 || !/try again|too few|does not answer/.test(String(told.error)))
      throw new Error(String(told.error));
  }
}

/** The last answer to a step of an operator: before it a proposer may say that it is at work. */
async function stepOnce(
  cluster: MemoryCluster,
  subject: string,
  body: object,
): Promise<Record<string, unknown>> {
  const transport = cluster.broker.transport();
  const inbox = internalSubjects(subject.includes('.group.') ? 'test/east' : 'test').operator(
    Math.random().toString(36).slice(2),
  );
  return new Promise<Record<string, unknown>>(resolve => {
    transport.subscribe(inbox, ({ bytes }) => {
      const answer = JSON.parse(Buffer.from(bytes).toString());
      if (answer.atWork === undefined) resolve(answer);
    });
    transport.publish(subject, Buffer.from(JSON.stringify(body)), { reply: inbox });
  });
}

async function move(cluster: MemoryCluster, group: string): Promise<void> {
  const { groups } = internalSubjects('test');
  await step(cluster, groups, {
    step: 'move',
    moves: Object.fromEntries(MOVED.map(partition => [partition, group])),
  });
  for (let missing = MOVED; missing.length > 0; ) {
    const { partitions } = await step(cluster, groups, { step: 'bring', partitions: missing });
    missing = missing.filter(partition => !(Array.isArray(partitions) && partitions.includes(partition)));
  }
}

async function collect(cluster: MemoryCluster, name: string): Promise<number> {
  const { operators } = internalSubjects(name);
  let keys = 0;
  for (let missing = MOVED; missing.length > 0; ) {
    const told = await step(cluster, operators, { step: 'collect', partitions: missing });
    const done = Array.isArray(told.partitions) ? told.partitions : [];
    missing = missing.filter(partition => !done.includes(partition));
    keys += Number(told.keys);
  }
  return keys;
}

/** How many registers of each stay an acceptor has. */
async function staysOn(cluster: MemoryCluster, acceptor: string): Promise<Readonly<Record<number, number>>> {
  const counts: Record<number, number> = {};
  for (let partition = 0; partition < PARTITIONS; partition++)
    for (const name of (await cluster.stores.get(acceptor)?.keysAfter(partition, '', 1000)) ?? []) {
      const stay = stayOf(name);
      if (isKey(name) && stay !== undefined) counts[stay] = (counts[stay] ?? 0) + 1;
    }
  return counts;
}

test('what is deleted in a group that got the partition is collected there, and so when it has come back (G6)', async t => {
  const cluster = await MemoryCluster.start();
  const stop = cluster.startProposer();
  const client = cluster.client();
  const last = new Map<string, number>();
  const deleteAll = async (): Promise<void> => {
    for (const key of KEYS) {
      const { version } = await client.variable(key).write('v');
      t.true(version > (last.get(key) ?? 0), `${key}: ${version}`);
      last.set(key, version);
      await client.variable(key).delete();
    }
  };
  for (const key of KEYS) await client.variable(key).create('first');
  await cluster.startGroup('east', EAST);
  await step(cluster, internalSubjects('test').groups, { step: 'add', group: 'east', acceptors: EAST });
  await move(cluster, 'east');
  await deleteAll();
  t.is(await collect(cluster, 'test/east'), 0, 'It is too early');
  t.is(cluster.acceptors.get('e1')?.uncollected.registers, KEYS.length);
  cluster.aheadMs += UNSET_MS + 1000;
  t.is(await collect(cluster, 'test'), 0, 'main keeps none of them');
  t.is(await collect(cluster, 'test/east'), KEYS.length);
  for (const acceptor of EAST) t.deepEqual(await staysOn(cluster, acceptor), {});
  t.true(((await staysOn(cluster, 'a1'))[0] ?? 0) > 0, 'This proposer erases nothing by itself');
  for (const key of KEYS) t.like(await client.variable(key).read(), { set: false, version: 0 });
  await deleteAll();

  // Back, with what main had still on its disks; and there it is collected as well.
  await move(cluster, 'main');
  for (const key of KEYS) t.like(await client.variable(key).read(), { set: false, version: 0 });
  cluster.aheadMs += UNSET_MS + 1000;
  t.is(await collect(cluster, 'test/east'), 0, 'What east has of it is over');
  t.is(await collect(cluster, 'test'), KEYS.length);
  await deleteAll();
  t.deepEqual(cluster.failures, []);
  await stop();
});

test('what is left of a partition that moved is erased by all acceptors, and not while it is on its way (G7)', async t => {
  const cluster = await MemoryCluster.start();
  const stop = cluster.startProposer({ collects: true });
  const client = cluster.client();
  for (const key of KEYS) await client.variable(key).write(key);
  await cluster.startGroup('east', EAST);
  const { groups } = internalSubjects('test');
  await step(cluster, groups, { step: 'add', group: 'east', acceptors: EAST });
  await move(cluster, 'east');
  const left = async (): Promise<readonly number[]> =>
    Promise.all(['a1', 'a2', 'a3'].map(async id => (await staysOn(cluster, id))[0] ?? 0));
  while ((await left()).some(count => count === KEYS.length)) await delay(20);
  // It goes from partition to partition, and what is in use stays.
  for (const key of KEYS) t.like(await client.variable(key).read(), { value: key, version: 1 });
  t.true(((await staysOn(cluster, 'e1'))[1] ?? 0) > 0);
  t.deepEqual(cluster.failures, []);
  await stop();
});
