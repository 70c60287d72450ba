// A proposer in the client's process, with real acceptors. Times are small where a call goes on to its deadline; none
// is measured.

import test from 'ava';
import type { Client } from '../../src/client/client.ts';
import {
  BadRequestError,
  RefusedError,
  SynodError,
  UnavailableError,
  UnknownOutcomeError,
} from '../../src/client/errors.ts';
import { CLOSED } from '../../src/client/service.ts';
import type { Value } from '../../src/protocol/value.ts';
import type { Message, Transport } from '../../src/transport/transport.ts';
import { rejection } from '../client/scripted-proposer.ts';
import { hurryTime } from '../hurried-time.ts';
import { MemoryCluster, stopAcceptors, VALUE_BYTES_MAX } from './memory-cluster.ts';

hurryTime();

const SHORT = { timeoutMs: 200 };
const LARGE = 'x'.repeat(VALUE_BYTES_MAX + 1);

/** In turn, on registers named in `at`: every operation, and every way to be refused. */
const CALLS: readonly ((client: Client, at: string) => Promise<unknown>)[] = [
  (client, at) => client.switch(`${at}.s`).read(),
  (client, at) => client.switch(`${at}.s`).set(),
  (client, at) => client.switch(`${at}.s`).set(),
  (client, at) => client.switch(`${at}.s`).read(),
  (client, at) => client.register(`${at}.r`).read(),
  (client, at) => client.register(`${at}.r`).write({ who: ['first', null, 1.5] }),
  (client, at) => client.register(`${at}.r`).write('second'),
  (client, at) => client.register(`${at}.r`).read(),
  (client, at) => client.variable(`${at}.v`).read(),
  (client, at) => client.variable(`${at}.v`).create(1),
  (client, at) => client.variable(`${at}.v`).create(2),
  (client, at) => client.variable(`${at}.v`).write(3),
  (client, at) => client.variable(`${at}.v`).cas(4, { version: 2 }),
  (client, at) => client.variable(`${at}.v`).cas(5, { version: 2 }),
  (client, at) => client.variable(`${at}.v`).cas(6, { expect: 4 }),
  (client, at) => client.variable(`${at}.v`).change('add', [10], { id: 'add-once' }),
  (client, at) => client.variable(`${at}.v`).change('add', [10], { id: 'add-once' }),
  (client, at) => client.variable(`${at}.v`).change('append', [1]),
  (client, at) => client.variable(`${at}.v`).change('nonsense'),
  (client, at) => client.variable(`${at}.v`).delete({ version: 9 }),
  (client, at) => client.variable(`${at}.v`).delete(),
  (client, at) => client.variable(`${at}.v`).read(),
  (client, at) => client.variable(`${at}.r`).read(),
  async (client, at) => {
    const outcomes = await client.batch([
      { operation: 'variable.write', key: `${at}.b`, value: 1 },
      { operation: 'variable.cas', key: `${at}.none`, value: 2, version: 9 },
      { operation: 'variable.write', key: `${at}.large`, value: LARGE },
      { operation: 'variable.read', key: 'bad key' },
    ]);
    return outcomes.map(outcome => (outcome.ok ? outcome : outcome.error.message.replaceAll(at, 'K')));
  },
  (client, at) => client.variable(`${at}.x`).write(LARGE),
  (client, at) => client.variable(`${at}.x`).cas(1, { expect: LARGE }),
  (client, at) => client.variable(`${at}.x`).change('append', [LARGE]),
  (client, at) => client.variable(`${at}.x`).write(Number.NaN),
  (client, at) => client.variable(`${at}.x`).write(1, { id: '' }),
  (client, at) => client.variable(`${at}.x`).write(1, { id: 'i'.repeat(65) }),
  (client, at) => client.variable(`${at}.x`).write(1, { timeoutMs: Number.NaN }),
  (client, at) => client.variable(`${at}.x`).cas(1, { version: -1 }),
  (client, at) => client.variable(`${at}.x`).cas(1, { version: 1.5 }),
  (client, at) => client.variable(`${at}.x`).cas(1, {} as { version: number }),
  (client, at) => client.variable(`${at}.x`).cas(1, { version: 1, expect: 1 }),
  (client, at) => client.variable(`${at}.x`).cas(1, { version: 1, ttl: 1 } as { version: number }),
  (client, at) => client.variable(`${at}.x`).delete({ version: 0 }),
  (client, at) => client.variable(`${at}.x`).change('add', 'args' as unknown as Value[]),
  (client, at) => client.variable(`${at}.x`).read(),
];

async function outcomes(client: Client, at: string): Promise<readonly unknown[]> {
  const all = [];
  for (const call of CALLS) {
    all.push(
      await call(client, at).catch(error => {
        if (!(error instanceof SynodError)) throw error;
        return { ...error, name: error.name, message: error.message.replaceAll(at, 'K') };
      }),
    );
  }
  return all;
}

test.after.always(stopAcceptors);

test('an embedded proposer answers every call as a proposer behind NATS does', async t => {
  const cluster = await MemoryCluster.start();
  t.teardown(cluster.startProposer());
  const there = await outcomes(cluster.client(), 'at-one');
  t.deepEqual(await outcomes(cluster.embedded(), 'at-other'), there);
  const codes = there.map(outcome => (outcome as { code?: string } | undefined)?.code);
  for (const code of [
    'already_written',
    'conflict',
    'rejected',
    'unknown_change',
    'wrong_kind',
    'too_large',
  ]) {
    t.true(codes.includes(code), code);
  }
  t.deepEqual(there.at(-1), { set: false, value: undefined, version: 0 }, 'nothing bad was written');
  t.deepEqual(cluster.failures, []);
});

test('embedded and other proposers work on the same registers', async t => {
  const cluster = await MemoryCluster.start();
  t.teardown(cluster.startProposer());
  const clients = [cluster.embedded(), cluster.embedded(), cluster.client()];
  const adds = Array.from({ length: 30 }, (_, i) => clients[i % 3]?.variable('n').change('add', [1]));
  const versions = (await Promise.all(adds)).map(state => state?.version);
  t.deepEqual(
    versions.sort((a, b) => Number(a) - Number(b)),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  for (const client of clients) t.like(await client.variable('n').read(), { value: 30, version: 30 });
});

test('what a program does to a value changes nothing in the register', async t => {
  const client = (await MemoryCluster.start()).embedded();
  const variable = client.variable<string[]>('k');
  const written = ['A'];
  const call = variable.write(written);
  written.push('changed before it was sent');
  const answered = await call;
  (answered.value as string[]).push('changed after the answer');
  const read = await variable.read();
  t.deepEqual(read.value, ['A']);
  (read.value as string[]).push('changed after the read');
  t.deepEqual((await variable.change('append', ['B'])).value, ['A', 'B']);
});

test('a call without a quorum is definitely not applied, and not unknown (P2)', async t => {
  const client = (await MemoryCluster.start(1)).embedded();
  t.is((await rejection(client.variable('k').write(1, SHORT), UnavailableError)).code, 'no_quorum');
  t.is((await rejection(client.register('r').write(1, SHORT), UnavailableError)).code, 'no_quorum');
  t.is((await rejection(client.variable('k').read(SHORT), UnavailableError)).code, 'no_quorum');
});

/** Loses the acceptors' messages to a proposer while `isDeaf`. */
class DeafTransport {
  isDeaf = false;

  readonly wrap = (transport: Transport): Transport => ({
    ...transport,
    subscribe: (pattern, onMessage, options) =>
      transport.subscribe(
        pattern,
        (message: Message) => {
          if (!this.isDeaf) onMessage(message);
        },
        options,
      ),
  });
}

test('a change whose accepts were sent and not answered is unknown; the same id tells (P2, R1)', async t => {
  const transport = new DeafTransport();
  const client = (await MemoryCluster.start()).embedded(transport);
  const variable = client.variable<number>('k');
  await variable.write(1);
  transport.isDeaf = true;
  const change = variable.change('add', [1], { ...SHORT, id: 'order-42' });
  t.is((await rejection(change, UnknownOutcomeError)).id, 'order-42');
  transport.isDeaf = false;
  t.like(await variable.change('add', [1], { id: 'order-42' }), { value: 2, version: 2 });
  t.like(await variable.read(), { value: 2, version: 2 });
});

test('close() gives up what is under way: a change is unknown, a read is not', async t => {
  const transport = new DeafTransport();
  const client = (await MemoryCluster.start()).embedded(transport);
  transport.isDeaf = true;
  const change = rejection(client.variable('k').write(1, { id: 'order-42' }), UnknownOutcomeError);
  const read = rejection(client.variable('other').read(), UnavailableError);
  await new Promise(setImmediate);
  await client.close();
  t.is((await change).id, 'order-42');
  t.is((await read).code, 'closed');
  const late = await rejection(client.variable('k').read(), UnavailableError);
  t.is(late.code, 'closed');
  t.true(late.message.includes(CLOSED));
  await client.close();
});

test('a call that is aborted rejects with the reason, and the next one goes on', async t => {
  const transport = new DeafTransport();
  const client = (await MemoryCluster.start()).embedded(transport);
  const variable = client.variable<number>('k');
  await variable.write(1);
  transport.isDeaf = true;
  const abort = new AbortController();
  const reason = new Error('the user left');
  const call = rejection(variable.change('add', [1], { signal: abort.signal, id: 'order-42' }), Error);
  await new Promise(setImmediate);
  abort.abort(reason);
  t.is(await call, reason);
  transport.isDeaf = false;
  t.like(await variable.change('add', [1], { id: 'order-42' }), { value: 2, version: 2 });
});

test('a call past the bound is overloaded, and goes on when there is room', async t => {
  const transport = new DeafTransport();
  const client = (await MemoryCluster.start()).embedded({
    ...transport,
    requestsMax: 1,
    wrap: transport.wrap,
  });
  transport.isDeaf = true;
  const first = rejection(client.variable('k').read({ timeoutMs: 400 }), UnavailableError);
  const second = await rejection(client.variable('k').write(1, { timeoutMs: 100 }), UnavailableError);
  t.is(second.code, 'overloaded');
  const third = client.variable('k').write(1);
  // Between two attempts of the first the third may have come, and have taken its place.
  t.true(['no_quorum', 'overloaded'].includes((await first).code));
  transport.isDeaf = false;
  t.like(await third, { value: 1, version: 1 });
});

test('more calls at once than any mailbox holds are overloaded, and not lost', async t => {
  const proposer = (await MemoryCluster.start(0)).embeddedProposer({ requestsMax: 10 });
  const codes: string[] = [];
  for (let i = 0; i < 70_000; i++) {
    proposer.ask({ type: 'switch.read', key: 'k', body: { timeoutMs: 60_000 } }, reply => {
      codes.push(reply?.kind === 'error' ? reply.code : 'another');
    });
  }
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.is(codes.length, 70_000 - 10);
  t.deepEqual([...new Set(codes)], ['overloaded']);
  await proposer.close();
});

test('a proposer that fails says why, and leaves nothing waiting', async t => {
  const client = (await MemoryCluster.start()).embedded({
    wrap: transport => ({
      ...transport,
      publish: () => {
        throw new Error('the socket is gone');
      },
    }),
  });
  const calls = [
    rejection(client.variable('k').write(1), UnknownOutcomeError),
    rejection(client.variable('k').read(), UnavailableError),
  ];
  for (const call of calls) t.regex((await call).message, /its proposer failed: the socket is gone/);
  const late = await rejection(client.switch('k').set(), UnavailableError);
  t.is(late.code, 'closed');
  t.regex(late.message, /its proposer failed: the socket is gone/);
  await client.close();
});

test('an embedded proposer gives hints of changes, and serves nobody else', async t => {
  const cluster = await MemoryCluster.start();
  const heard: string[] = [];
  cluster.broker.transport().subscribe('>', ({ subject, bytes }) => {
    if (!subject.startsWith('synod-internal.')) heard.push(`${subject} ${Buffer.from(bytes)}`);
  });
  await cluster.embedded().variable('k').write(1);
  t.deepEqual(heard, ['synod.events.k {"key":"k","version":1}']);
  const other = await rejection(cluster.client().variable('k').read(SHORT), UnavailableError);
  t.is(other.code, 'timeout', 'the wildcard of this test is all that listens');
});

test('an embedded client watches what others change, and has locks', async t => {
  const cluster = await MemoryCluster.start();
  const [one, other] = [cluster.embedded(), cluster.embedded()];
  const changes = one.watch('k');
  t.false((await changes.next()).value?.state.set);
  const next = changes.next();
  await other.variable('k').write('A');
  t.like(await next, { value: { key: 'k', state: { value: 'A', version: 1 } } });
  await changes.return(undefined);
  const lease = await one.lock('l').acquire();
  t.is(await other.lock('l').tryAcquire(), undefined);
  await lease.release();
  const second = await other.lock('l').acquire();
  t.true(second.token > lease.token);
  await second.release();
});

test('refusals of the register carry its state', async t => {
  const client = (await MemoryCluster.start()).embedded();
  await client.variable('k').create({ leader: 'A' });
  const error = await rejection(client.variable('k').create('B'), RefusedError);
  t.deepEqual(error.state, { set: true, value: { leader: 'A' }, version: 1 });
  (error.state.value as { leader: string }).leader = 'B';
  t.deepEqual((await client.variable('k').read()).value, { leader: 'A' });
});

test('a value that cannot be copied is refused before it is asked for', async t => {
  const client = (await MemoryCluster.start()).embedded();
  for (const stranger of [() => 1, Symbol('s'), new Map(), new Date(0), undefined]) {
    const call = client.variable('k').write(stranger as unknown as Value);
    t.is((await rejection(call, BadRequestError)).code, 'bad_value');
  }
});

test('events: off tells watchers nothing, and on tells them of each change', async t => {
  for (const hasEvents of [false, true]) {
    const cluster = await MemoryCluster.start();
    t.teardown(cluster.startProposer({ hasEvents }));
    const heard: string[] = [];
    cluster.broker.transport().subscribe('synod.events.>', ({ subject }) => heard.push(subject));
    const client = cluster.client();
    t.teardown(() => client.close());
    await client.variable('k').write(1);
    await client.variable('k').read();
    t.deepEqual(heard, hasEvents ? ['synod.events.k'] : []);
  }
});
