// The recipes on a real cluster, while its processes are paused and killed.

import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connect as connectRaw, type NatsConnection } from 'nats';
import { type Client, connect } from '../../src/index.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const cluster = new TestCluster();
let members: Members;
let client: Client;
let raw: NatsConnection;
let owner: ChildProcess | undefined;

test.before(async () => {
  members = await cluster.start();
  client = await connect({ servers: members.nats.url });
  raw = await connectRaw({ servers: members.nats.url });
});
test.after.always(async () => {
  owner?.kill('SIGKILL');
  await raw?.close();
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

/** What a lock protects: it takes no write with a token that is smaller than one it has seen. */
class Store {
  #token = 0;
  readonly written: string[] = [];

  write(text: string, token: number): 'written' | 'refused' {
    if (token < this.#token) return 'refused';
    this.#token = token;
    this.written.push(text);
    return 'written';
  }
}

function nextMessage(child: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    child.once('message', message => resolve(message as Record<string, unknown>));
    child.once('exit', code => reject(new Error(`the owner ended with ${code}`)));
  });
}

test.serial('a paused owner goes on with an old token, and a store that checks it refuses', async t => {
  const store = new Store();
  owner = fork(join(import.meta.dirname, 'paused-owner.js'), [members.nats.url]);
  const held = await nextMessage(owner);
  t.true(held.isHeld);
  const token = Number(held.token);
  t.is(store.write('by the owner', token), 'written');

  owner.kill('SIGSTOP');
  const next = await client.lock('paused').acquire();
  t.true(next.token > token);
  t.is(store.write('by the next one', next.token), 'written');

  const said: Record<string, unknown>[] = [];
  const all = new Promise<void>(resolve =>
    owner?.on('message', message => said.push(message as Record<string, unknown>) === 2 && resolve()),
  );
  owner.send('write');
  owner.kill('SIGCONT');
  await all;
  const late = said.find(message => message.token !== undefined);
  t.is(store.write('by the owner, late', Number(late?.token)), 'refused');
  t.deepEqual(store.written, ['by the owner', 'by the next one']);
  t.deepEqual(late, { token, isHeld: false }, 'it could have known by its clock');
  t.true(
    said.some(message => message.lost === true),
    'and it is told',
  );
  await next.release();
});

test.serial(
  'a lock, ids and work that is done once, while an acceptor is paused and a proposer killed',
  async t => {
    const other = await connect({ servers: members.nats.url });
    t.teardown(() => other.close());
    const [acceptor] = members.acceptors;
    const [proposer] = members.proposers;
    if (acceptor === undefined || proposer === undefined) throw new Error('the cluster is too small');
    const ids: number[] = [];
    const tokens: number[] = [];
    let inside = 0;
    const work = async (user: Client, i: number): Promise<void> => {
      await user.lock('r.lock').run(async ({ token }) => {
        inside += 1;
        t.is(inside, 1);
        tokens.push(token);
        if (i === 5) process.kill(acceptor.pid, 'SIGSTOP');
        if (i === 10) process.kill(proposer.pid, 'SIGKILL');
        if (i === 15) process.kill(acceptor.pid, 'SIGCONT');
        ids.push(await user.ids('r.ids', { block: 1 }).next());
        inside -= 1;
      });
    };
    for (let i = 0; i < 20; i += 2) await Promise.all([work(client, i), work(other, i + 1)]);
    t.is(tokens.length, 20);
    t.deepEqual(
      tokens,
      [...new Set(tokens)].sort((a, b) => a - b),
    );
    t.is(new Set(ids).size, 20);
    let done = 0;
    const once = (user: Client): Promise<number> => user.once('r.once', async () => (done += 1));
    t.deepEqual(await Promise.all([once(client), once(other), once(client)]), [1, 1, 1]);
  },
);

test.serial('leaders, a semaphore and a barrier', async t => {
  const other = await connect({ servers: members.nats.url });
  t.teardown(() => other.close());
  const lease = await client.election('r.leader').campaign('ann');
  const next = other.election('r.leader').campaign('bob');
  t.like(await other.election('r.leader').leader(), { name: 'ann' });
  await lease.release();
  t.true((await next).token > lease.token);
  t.like(await client.election('r.leader').leader(), { name: 'bob', token: (await next).token });
  await (await next).release();

  const readers = await Promise.all([client, other].map(user => user.semaphore('r.rw', { limit: 2 }).read()));
  const writing = client.semaphore('r.rw', { limit: 2 }).write();
  for (const reader of readers) await reader.release();
  await (await writing).release();

  await Promise.all([client.barrier('r.start', 2).arrive('a'), other.barrier('r.start', 2).arrive('b')]);
  t.deepEqual((await client.variable<string[]>('r.start').read()).value?.toSorted(), ['a', 'b']);
});

test.serial('watch() reaches the last versions, also of a connection that was lost', async t => {
  const stop = new AbortController();
  const latest = new Map<string, number>();
  const keys = ['w.a', 'w.b', 'w.c'];
  const watching = (async () => {
    for await (const { key, state } of client.watch('w.>', { signal: stop.signal, intervalMs: 500 })) {
      const before = latest.get(key) ?? 0;
      t.true(state.version > before, `${key} ${state.version} after ${before}`);
      latest.set(key, state.version);
      if (latest.size === 3 && [...latest.values()].every(version => version === 40)) stop.abort();
    }
  })();
  const other = await connect({ servers: members.nats.url });
  t.teardown(() => other.close());
  for (let i = 0; i < 40; i++) {
    await Promise.all(keys.map(key => other.counter(key).add()));
    // Longer than silence may last: connections are made anew.
    if (i === 20) {
      process.kill(members.nats.pid, 'SIGSTOP');
      await new Promise(resolve => setTimeout(resolve, 3000));
      process.kill(members.nats.pid, 'SIGCONT');
    }
  }
  await watching;
  t.deepEqual(
    [...latest.entries()].sort(),
    keys.map(key => [key, 40]),
  );
});

async function ask(subject: string, body: object = {}): Promise<Readonly<Record<string, unknown>>> {
  const reply = await raw.request(`synod.${subject}`, JSON.stringify(body), { timeout: 5000 });
  return reply.json();
}

test.serial(
  'a plain request respects a lock of the client, and the client one of a plain request',
  async t => {
    const lease = await client.lock('shared').acquire({ owner: 'client' });
    t.like(await ask('lock.acquire.shared', { owner: 'shell' }), {
      ok: false,
      error: { code: 'conflict' },
      owner: 'client',
      token: lease.token,
    });
    await lease.release();
    const taken = await ask('lock.acquire.shared', { owner: 'shell' });
    t.like(taken, { ok: true, held: true, owner: 'shell' });
    t.true(Number(taken.token) > lease.token);
    t.is(await client.lock('shared').tryAcquire(), undefined);
    t.like(await client.lock('shared').holder(), { owner: 'shell', token: taken.token });
    const waiting = client.lock('shared').acquire();
    t.like(await ask('lock.release.shared', { token: taken.token }), { ok: true, held: false });
    const next = await waiting;
    t.true(next.token > Number(taken.token));
    await next.release();
  },
);

test.serial('elections, counters, barriers and results are shared in the same way', async t => {
  const leadership = await client.election('chief').campaign('n1');
  t.like(await ask('election.campaign.chief', { name: 'n2' }), { error: { code: 'conflict' }, leader: 'n1' });
  await leadership.release();
  t.like(await ask('election.campaign.chief', { name: 'n2' }), { ok: true, leader: 'n2' });
  t.like(await client.election('chief').leader(), { name: 'n2' });
  const numbers = client.ids('numbers', { block: 10 });
  t.is(await numbers.next(), 1);
  t.like(await ask('counter.next.numbers', { block: 5 }), { first: 11, last: 15 });
  t.is(await client.counter('numbers').read(), 15);
  const arriving = client.barrier('line', 2).arrive('client');
  await ask('barrier.arrive.line', { name: 'shell', parties: 2 });
  await arriving;
  t.like(await ask('barrier.read.line', { parties: 2 }), { open: true, arrived: 2 });
  const { token } = await ask('once.claim.charge', { owner: 'shell' });
  const waiting = client.once<string>('charge', () => Promise.reject(new Error('it is done by another')));
  t.like(await ask('once.finish.charge', { value: 'paid' }), { ok: true, value: 'paid' });
  await ask('once.release.charge', { token });
  t.is(await waiting, 'paid');
});

test.serial(
  'a lease that nobody renews is over for plain requests too, and its token is then refused',
  async t => {
    const first = await ask('lock.acquire.brief', { owner: 'n1', ttlMs: 1 });
    let second: Readonly<Record<string, unknown>>;
    do second = await ask('lock.acquire.brief', { owner: 'n2', ttlMs: 60_000 });
    while (second.ok !== true);
    t.true(Number(second.token) > Number(first.token));
    t.like(await ask('lock.renew.brief', { token: first.token }), {
      ok: false,
      error: { code: 'rejected' },
      owner: 'n2',
    });
  },
);
