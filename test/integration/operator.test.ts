// What an operator asks of a real cluster: whether an acceptor serves (synod ping), and whether the acceptors hold the
// same (synod verify).

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Client } from '../../src/client/client.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { type Child, startChild } from '../../src/node/local/child.ts';
import { SUPERVISED_VARIABLE } from '../../src/node/local/node-specs.ts';
import type { Slot } from '../../src/protocol/acceptor.ts';
import { NO_MEMORY } from '../../src/protocol/memory.ts';
import { MEMORY_NAME, memoryBytes, memorySlot } from '../../src/storage/memory-record.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { connectNats } from '../../src/transport/nats-transport.ts';
import { TestCluster } from './local-cluster.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function synod(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', chunk => {
    said.stdout += String(chunk);
  });
  child.stderr.on('data', chunk => {
    said.stderr += String(chunk);
  });
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return { code, ...said };
}

/** A directory and a cluster that are gone after the test. */
function newCluster(t: ExecutionContext): TestCluster {
  const cluster = new TestCluster();
  t.teardown(async () => {
    await cluster.stop();
    rmSync(cluster.directory, { recursive: true, force: true });
  });
  return cluster;
}

async function clientOf(t: ExecutionContext, url: string): Promise<Client> {
  const transport = await connectNats({ servers: [url], name: 'test', connectTimeoutMs: 5000 });
  const client = new Client(new NatsService(transport, { prefix: 'synod' }), { timeoutMs: 15_000 });
  t.teardown(() => client.close());
  return client;
}

async function verify(url: string): Promise<Ended & { readonly report: Record<string, unknown> }> {
  const ended = await synod('verify', '--json', '--nats', url);
  return { ...ended, report: ended.stdout === '' ? {} : JSON.parse(ended.stdout) };
}

/** Changes a slot in the file of a stopped acceptor; its checksum is right. */
async function tamper(
  cluster: TestCluster,
  acceptor: string,
  { key, change }: { readonly key: string; readonly change: (slot: Slot) => Slot },
): Promise<void> {
  const path = join(cluster.directory, acceptor, 'acceptor.db');
  const store = await openSqliteStore({ path, cluster: 'synod', acceptor });
  const slot = (await store.load([key])).get(key);
  if (slot === undefined) throw new Error(`${acceptor} has no '${key}'`);
  await store.commit(new Map([[key, change(slot)]]));
  await store.close();
}

test.serial('synod verify compares a live cluster while clients write, and tells who is behind', async t => {
  const cluster = newCluster(t);
  const { nats, acceptors } = await cluster.start();
  const client = await clientOf(t, nats.url);
  const keys = Array.from({ length: 300 }, (_, i) => `k.${i}`);
  await Promise.all(keys.map(key => client.variable(key).write(key)));
  const last = acceptors.at(-1);
  process.kill(last?.pid ?? 0, 'SIGSTOP');
  await Promise.all(keys.slice(0, 100).map(key => client.variable(key).write('again')));
  // One that is asked last votes a little later.
  let paused = await verify(nats.url);
  for (let i = 0; Number(paused.report.settled) < 300 && i < 20; i++) paused = await verify(nats.url);
  t.is(paused.code, 75, paused.stderr);
  t.like(paused.report, { ok: false, keys: 300, settled: 300, faults: 0 });
  process.kill(last?.pid ?? 0, 'SIGCONT');

  const writing = new AbortController();
  const writes = (async () => {
    let written = 0;
    for (; !writing.signal.aborted; written++) await client.variable(`k.${written % 10}`).write(written);
    return written;
  })();
  let busy = await verify(nats.url);
  // What lies in its socket comes first after a pause; whoever asks meanwhile is told that it is silent.
  for (let i = 0; busy.code === 75 && i < 5; i++) busy = await verify(nats.url);
  writing.abort();
  t.true((await writes) > 10, 'too few writes to prove anything');
  t.is(busy.code, 0, busy.stdout + busy.stderr);
  t.like(busy.report, { ok: true, keys: 300, faults: 0, unsettled: 0 });

  const table = await synod('verify', '--nats', nats.url);
  t.is(table.code, 0, table.stderr);
  t.regex(table.stdout, /^acceptor {2}status {2}keys {2}behind {2}ahead\na1 {8}voting {2}\d+ +\d+ +\d+\n/);
  t.regex(table.stdout, /300 keys: 300 settled, 0 in flight, 0 unsettled, 0 faults/);
});

test.serial(
  'synod verify finds two values under one ballot, and a key of which no state stands on a quorum',
  async t => {
    const cluster = newCluster(t);
    const first = await cluster.start();
    const writer = await clientOf(t, first.nats.url);
    for (const key of ['twofold', 'thin', 'well']) await writer.variable(key).write('A');
    t.is((await verify(first.nats.url)).code, 0);
    await cluster.stop();
    for (const [acceptor, by] of [
      ['a1', 5],
      ['a2', 6],
    ] as const)
      await tamper(cluster, acceptor, {
        key: 'thin',
        change: slot => {
          const ballot = { counter: slot.promised.counter + by, proposer: 'nobody' };
          return { ...slot, accepted: ballot, promised: ballot };
        },
      });
    const second = await cluster.start();
    const thin = await verify(second.nats.url);
    t.is(thin.code, 75, thin.stderr);
    t.like(thin.report, { keys: 3, settled: 2, unsettled: 1, faults: 0 });
    t.deepEqual(thin.report.unsettledKeys, ['thin']);
    t.is((await (await clientOf(t, second.nats.url)).variable('thin').read()).value, 'A');
    t.is((await verify(second.nats.url)).code, 0, 'a read settles it');
    await cluster.stop();
    await tamper(cluster, 'a2', {
      key: 'twofold',
      change: slot => ({ ...slot, value: Uint8Array.from([...slot.value, 0]) }),
    });
    const third = await cluster.start();
    const fault = await synod('verify', '--nats', third.nats.url);
    t.is(fault.code, 65, fault.stderr);
    t.regex(fault.stdout, /fault: 'twofold': a\d and a\d hold two values under ballot \d+ of \S+ \(A2\)/);
  },
);

test.serial('operators are told which cluster and which NATS nobody answers of', async t => {
  const { nats } = await newCluster(t).start();
  const place = `cluster 'nope' over ${nats.url}`;
  for (const [command, nobody] of [
    [['collect'], `No proposer of ${place} answers: `],
    [['member', 'status'], `No proposer of ${place} answers: `],
    [['export'], `No acceptor of ${place} tells which members it has: `],
  ] as const) {
    const { code, stderr } = await synod(...command, '--cluster', 'nope', '--nats', nats.url);
    t.is(code, 1);
    const [waiting = '', end = '', ...more] = stderr.trimEnd().split('\n');
    t.true(waiting.startsWith(`No answer yet from ${place}`), stderr);
    t.true(end.startsWith(nobody) && end.includes('--cluster and --nats'), stderr);
    t.deepEqual(more, []);
  }
});

interface Acceptor {
  readonly url: string;
  readonly id: string;
  readonly data: string;
  readonly acceptors: string;
}

const flagsOf = ({ url, id, data, acceptors }: Acceptor): readonly string[] => {
  return ['--nats', url, '--cluster', 'lonely', '--id', id, '--data', data, '--acceptors', acceptors];
};

/** An acceptor by itself, beside a cluster whose NATS it uses. */
function startAcceptor(t: ExecutionContext, acceptor: Acceptor, ...more: readonly string[]): Child {
  const child = startChild({
    name: acceptor.id,
    command: process.execPath,
    args: [MAIN, 'acceptor', ...flagsOf(acceptor), ...more],
    env: { ...process.env, [SUPERVISED_VARIABLE]: '1' },
    logPath: `${acceptor.data}.log`,
    readiness: { kind: 'line', line: `ready acceptor ${acceptor.id}` },
  });
  t.teardown(async () => {
    child.signal('SIGKILL');
    await child.ended;
  });
  return child;
}

/** What synod ping says once the acceptor answers at all. */
async function pinged(acceptor: Acceptor): Promise<Ended> {
  for (;;) {
    const ended = await synod('ping', 'acceptor', ...flagsOf(acceptor));
    if (ended.code !== 1) return ended;
    await sleep(50);
  }
}

test.serial(
  'synod ping tells apart who votes, who waits, who must not vote and who is not there',
  async t => {
    const cluster = newCluster(t);
    const { nats } = await cluster.start();
    const folder = mkdtempSync(join(tmpdir(), 'synod-ping-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const place = (id: string, acceptors: string): Acceptor => {
      return { url: nats.url, id, data: join(folder, id), acceptors };
    };

    const alone = place('b1', 'b1');
    const voter = startAcceptor(t, alone);
    await voter.ready;
    t.deepEqual(await synod('ping', 'acceptor', ...flagsOf(alone)), { code: 0, stdout: '', stderr: '' });

    const waiting = place('c1', 'c1,c2,c3');
    startAcceptor(t, waiting);
    const waits = await pinged(waiting);
    t.is(waits.code, 75, waits.stderr);
    t.regex(waits.stderr, /'c1' is up and does not vote yet.* it has heard nobody/);

    const absent = await synod('ping', 'acceptor', ...flagsOf(place('d1', 'd1')));
    t.is(absent.code, 1);
    t.regex(absent.stderr, /No answer from acceptor d1/);

    t.is((await synod('ping', 'proposer', '--nats', nats.url)).code, 0);
  },
);

test.serial('an acceptor that must not vote stays up and says so, when it is told to stay (A4)', async t => {
  const cluster = newCluster(t);
  const { nats } = await cluster.start();
  const folder = mkdtempSync(join(tmpdir(), 'synod-stay-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const doubtful = { url: nats.url, id: 'e1', data: join(folder, 'e1'), acceptors: 'e1' };
  const path = join(doubtful.data, 'acceptor.db');
  const store = await openSqliteStore({ path, cluster: 'lonely', acceptor: 'e1' });
  await store.commit(
    new Map([[MEMORY_NAME, memorySlot(1, memoryBytes({ ...NO_MEMORY, doubt: 'for a test' }))]]),
  );
  await store.close();
  const foreign = { ...doubtful, id: 'f1', acceptors: 'f1' };

  const ends = startAcceptor(t, doubtful);
  t.is(await ends.ended, 'ended with exit code 65');
  for (const [acceptor, why] of [
    [doubtful, /must not vote: for a test/],
    [foreign, /belongs to acceptor 'e1' of cluster 'lonely'/],
  ] as const) {
    const stays = startAcceptor(t, acceptor, '--when-quarantined', 'stay');
    const said = await pinged(acceptor);
    t.is(said.code, 65, said.stderr);
    t.regex(said.stderr, why);
    stays.signal('SIGTERM');
    t.is(await stays.ended, 'ended with exit code 65');
  }
});

test.serial('a member may lose its disk before the cluster was formed (S3)', async t => {
  const cluster = newCluster(t);
  const { nats } = await cluster.start();
  const folder = mkdtempSync(join(tmpdir(), 'synod-form-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const place = (id: string): Acceptor => {
    return { url: nats.url, id, data: join(folder, id), acceptors: 'g1,g2,g3' };
  };
  const heardBy = async (id: string, whom: RegExp): Promise<void> => {
    while (!whom.test((await pinged(place(id))).stderr)) await sleep(50);
  };
  const lost = startAcceptor(t, place('g1'));
  const second = startAcceptor(t, place('g2'));
  await heardBy('g2', /has heard g1$/m);
  lost.signal('SIGKILL');
  await lost.ended;
  rmSync(join(folder, 'g1'), { recursive: true });
  await heardBy('g2', /has heard nobody$/m);
  const third = startAcceptor(t, place('g3'));
  await heardBy('g3', /has heard g2$/m);
  const renewed = startAcceptor(t, place('g1'));
  await Promise.all([renewed.ready, second.ready, third.ready]);
  t.is((await synod('ping', 'acceptor', ...flagsOf(place('g1')))).code, 0);
});
