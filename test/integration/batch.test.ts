// Batches on a real cluster with two proposers: what is passed on comes back, and a proposer that dies costs nothing.

import { rmSync } from 'node:fs';
import test from 'ava';
import { connect as connectRaw, type NatsConnection } from 'nats';
import { type BatchItem, type Client, connect } from '../../src/index.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const cluster = new TestCluster({ SYNOD_HOMES: '2' });
let members: Members;
let client: Client;
let raw: NatsConnection;

test.before(async () => {
  members = await cluster.start();
  client = await connect({ servers: members.nats.url, timeoutMs: 30_000 });
  raw = await connectRaw({ servers: members.nats.url });
});
test.after.always(async () => {
  for (const { pid } of members.proposers) process.kill(pid, 'SIGCONT');
  await raw?.close();
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

const KEYS = Array.from({ length: 200 }, (_, i) => `batch.${i}`);

function adds(): readonly BatchItem[] {
  return KEYS.map(key => ({ operation: 'variable.change', key, change: 'add', args: [1] }));
}

test.serial('batches at two homes are applied once each, and read as they were written', async t => {
  for (let i = 1; i <= 10; i++) {
    const outcomes = await client.batch(adds());
    t.true(outcomes.every(outcome => outcome.ok && outcome.value === i));
  }
  const read = await client.batch(KEYS.map(key => ({ operation: 'variable.read', key })));
  t.true(read.every(outcome => outcome.ok && outcome.value === 10));
});

test.serial('a plain batch over NATS, without ids and at whichever proposer, has all replies', async t => {
  const applied = KEYS.map(() => 0);
  for (let i = 1; i <= 20; i++) {
    const requests = KEYS.map(key => ({
      operation: 'variable.write',
      key: `${key}.plain`,
      body: { value: i },
    }));
    const reply = await raw.request('synod.batch', JSON.stringify({ requests, timeoutMs: 5000 }), {
      timeout: 10_000,
    });
    const { replies } = reply.json<{
      replies: { ok: boolean; version: number; error?: { code: string } }[];
    }>();
    t.is(replies.length, KEYS.length);
    for (const [index, told] of replies.entries()) {
      // A proposer that the machine held up turns away what it cannot know the age of: it was not tried.
      if (!told.ok && told.error?.code === 'overloaded') continue;
      applied[index] = (applied[index] ?? 0) + 1;
      t.like(told, { ok: true, version: applied[index] }, told.error?.code);
    }
  }
  t.true(Math.min(...applied) > 0);
});

test.serial('a proposer that is paused while it has batches in hand makes nothing happen twice', async t => {
  const batches = Array.from({ length: 20 }, () => client.batch(adds()));
  const [p1] = members.proposers;
  if (p1 === undefined) throw new Error('there is no proposer');
  process.kill(p1.pid, 'SIGSTOP');
  const outcomes = (await Promise.all(batches)).flat();
  process.kill(p1.pid, 'SIGCONT');
  t.deepEqual(
    outcomes.filter(({ ok }) => !ok),
    [],
  );
  const read = await client.batch(KEYS.map(key => ({ operation: 'variable.read', key })));
  t.deepEqual(
    read.map(outcome => outcome.ok && outcome.value),
    KEYS.map(() => 30),
  );
});

test.serial('discovery knows batches and lists, and counts them', async t => {
  const subscription = raw.subscribe('_INBOX.found.*');
  raw.publish('$SRV.STATS.synod', '', { reply: '_INBOX.found.1' });
  const endpoints: { name: string; subject: string; num_requests: number }[] = [];
  for await (const message of subscription) {
    endpoints.push(...message.json<{ endpoints: typeof endpoints }>().endpoints);
    if (endpoints.filter(({ name }) => name === 'batch').length === members.proposers.length) break;
  }
  const batches = endpoints.filter(({ name }) => name === 'batch');
  t.true(batches.every(({ subject }) => subject === 'synod.batch'));
  t.true(batches.reduce((sum, { num_requests }) => sum + num_requests, 0) >= 50);
  t.true(endpoints.some(({ name, subject }) => name === 'admin-list' && subject === 'synod.admin.list'));
  t.true(
    endpoints.some(({ name, subject }) => name === 'variable-read' && subject === 'synod.variable.read.>'),
  );
});
