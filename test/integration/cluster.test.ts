// The whole thing: real nats-server, real processes, real files, real signals.

import { rmSync } from 'node:fs';
import test from 'ava';
import { runLoad } from '../../src/cli/demo-load.ts';
import { Client } from '../../src/client/client.ts';
import { BadRequestError, RefusedError } from '../../src/client/errors.ts';
import { NatsService } from '../../src/client/nats-service.ts';
import { printExplanation } from '../../src/history/explanation.ts';
import { operationsOf } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { decodeBody, encodeBody, formatOf } from '../../src/transport/body-codec.ts';
import { connectNats, type NatsTransport } from '../../src/transport/nats-transport.ts';
import { type Members, TestCluster } from './local-cluster.ts';

const cluster = new TestCluster();
let members: Members;
let transport: NatsTransport;
let client: Client;

async function connect(): Promise<void> {
  members = await cluster.start();
  transport = await connectNats({ servers: [members.nats.url], name: 'test', connectTimeoutMs: 5000 });
  client = new Client(new NatsService(transport, { prefix: 'synod' }), { timeoutMs: 15_000 });
}

test.before(connect);
test.after.always(async () => {
  await client?.close();
  await cluster.stop();
  rmSync(cluster.directory, { recursive: true, force: true });
});

interface Raw {
  readonly body: unknown;
  readonly code: string | undefined;
}

/** A proposer that the machine held up says overloaded to what it cannot know the age of: it was not tried. */
async function raw(subject: string, body: string | Uint8Array): Promise<Raw> {
  for (;;) {
    const told = await rawOnce(subject, body);
    if (told.code !== '429') return told;
  }
}

/** One request as any NATS client would send it. */
function rawOnce(subject: string, body: string | Uint8Array): Promise<Raw> {
  const inbox = `_INBOX.raw${Math.random().toString(36).slice(2)}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer to ${subject}`)), 10_000);
    const subscription = transport.subscribe(inbox, message => {
      clearTimeout(timer);
      subscription.close();
      const code = message.header('Nats-Service-Error-Code');
      resolve({ body: JSON.parse(Buffer.from(message.bytes).toString()), code });
    });
    transport.publish(subject, Buffer.from(body), { reply: inbox });
  });
}

test.serial('nats: what is mistyped is told so, and what is not is served once', async t => {
  for (const subject of [
    'variabel.read.it.k',
    'song.set.it.k',
    'variable.raed.it.k',
    'variable.read',
    'variable',
  ])
    t.is((await raw(`synod.${subject}`, '')).code, '400', subject);
  const inbox = '_INBOX.once';
  let replies = 0;
  const subscription = transport.subscribe(inbox, () => {
    replies += 1;
  });
  for (let i = 0; i < 50; i++)
    transport.publish('synod.variable.read.it.k', Buffer.from(''), { reply: inbox });
  while (replies < 50) await new Promise(resolve => setTimeout(resolve, 10));
  await new Promise(resolve => setTimeout(resolve, 100));
  subscription.close();
  t.is(replies, 50);
});

test.serial('register: a write succeeds once, every later one fails, a read returns the value', async t => {
  const register = client.register('it.register');
  t.deepEqual(await register.read(), { set: false, value: undefined, version: 0 });
  await register.write({ who: 'first' });
  const error = await t.throwsAsync(register.write('second'), { instanceOf: RefusedError });
  t.is(error?.code, 'already_written');
  t.deepEqual(error?.state, { set: true, value: { who: 'first' }, version: 1 });
  t.deepEqual((await register.read()).value, { who: 'first' });
});

test.serial('switch: is set once', async t => {
  const it = client.switch('it.switch');
  t.false(await it.read());
  await it.set();
  await t.throwsAsync(it.set(), { instanceOf: RefusedError });
  t.true(await it.read());
});

test.serial('variable: versions, values, changes, deletes', async t => {
  const variable = client.variable<number>('it.variable');
  t.is((await variable.create(1)).version, 1);
  await t.throwsAsync(variable.create(2), { instanceOf: RefusedError });
  t.is((await variable.cas(5, { version: 1 })).version, 2);
  t.is((await variable.cas(6, { expect: 5 })).version, 3);
  t.is((await variable.change('add', [4])).value, 10);
  t.false((await variable.delete()).set);
  t.is((await variable.create(7)).version, 6);
  await t.throwsAsync(variable.change('append', [1]), { instanceOf: RefusedError });
  await t.throwsAsync(variable.change('nonsense'), { instanceOf: BadRequestError });
});

test.serial('a retry with the same id is answered with the first outcome', async t => {
  const add = JSON.stringify({ change: 'add', args: [1], id: 'the-same' });
  t.like((await raw('synod.variable.change.it.retry', add)).body, { ok: true, value: 1, version: 1 });
  t.like((await raw('synod.variable.change.it.retry', add)).body, {
    ok: true,
    value: 1,
    version: 1,
    duplicate: true,
  });
});

test.serial('bad input of every kind gets a clear error', async t => {
  const cases: readonly (readonly [string, string | Uint8Array, string, string])[] = [
    ['synod.variable.write.k', 'not json', 'bad_request', '400'],
    ['synod.variable.write.k', '[1]', 'bad_request', '400'],
    ['synod.variable.write.k', '{}', 'bad_request', '400'],
    ['synod.variable.write.k', '{"value":1,"extra":2}', 'bad_request', '400'],
    ['synod.variable.write.k', '{"value":9007199254740993}', 'bad_value', '400'],
    ['synod.variable.write.k', `{"value":${'['.repeat(99)}${']'.repeat(99)}}`, 'bad_value', '400'],
    ['synod.variable.write.k', `{"value":"${'x'.repeat(300_000)}"}`, 'too_large', '413'],
    ['synod.variable.cas.k', '{"value":1}', 'bad_request', '400'],
    ['synod.variable.write.k!', '{"value":1}', 'bad_key', '400'],
    ['synod.variable.write', '{"value":1}', 'bad_key', '400'],
    ['synod.variable.dance.k', '{}', 'bad_request', '400'],
    ['synod.song.read.k', '{}', 'bad_request', '400'],
    ['synod.variable.change.k', '{"change":"nonsense"}', 'unknown_change', '400'],
  ];
  for (const [subject, body, code, number] of cases) {
    const reply = await raw(subject, body);
    t.like(reply.body, { ok: false, error: { code } }, `${subject} ${body.slice(0, 40)}`);
    t.is(reply.code, number);
  }
});

test.serial('msgpack: a request in msgpack is answered in msgpack', async t => {
  const inbox = '_INBOX.msgpack';
  const body = encodeBody('msgpack', { value: { deep: [1, 2.5, null, 'ü'] } });
  const bytes = await new Promise<Uint8Array>(resolve => {
    transport.subscribe(inbox, message => resolve(message.bytes));
    transport.publish('synod.variable.write.it.msgpack', body, { reply: inbox });
  });
  t.is(formatOf(bytes), 'msgpack');
  t.deepEqual(decodeBody(bytes), { ok: true, set: true, value: { deep: [1, 2.5, null, 'ü'] }, version: 1 });
  t.like((await raw('synod.variable.read.it.msgpack', '')).body, { value: { deep: [1, 2.5, null, 'ü'] } });
});

test.serial('discovery: the service answers as a NATS micro service', async t => {
  t.like((await raw('$SRV.PING.synod', '')).body, { name: 'synod', type: 'io.nats.micro.v1.ping_response' });
  t.like((await raw('$SRV.STATS.synod', '')).body, {
    name: 'synod',
    type: 'io.nats.micro.v1.stats_response',
  });
});

test.serial(
  'one acceptor paused, another killed, a proposer killed: nobody waits, nothing is lost',
  async t => {
    const keys = ['it.load.1', 'it.load.2', 'it.load.3'];
    const load = runLoad(transport, '_INBOX.load', { prefix: 'synod', workers: 8, keys, durationMs: 6000 });
    const [a1, a2] = members.acceptors;
    const [p1] = members.proposers;
    if (a1 === undefined || a2 === undefined || p1 === undefined) throw new Error('the cluster is too small');
    const at = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
    await at(1000);
    process.kill(a1.pid, 'SIGSTOP');
    await at(1500);
    process.kill(a1.pid, 'SIGCONT');
    await at(500);
    process.kill(a2.pid, 'SIGKILL');
    await at(1000);
    process.kill(p1.pid, 'SIGKILL');
    const { events, succeeded, unknown } = await load;
    t.log(`${succeeded} succeeded, ${unknown} unknown, ${events.length} events`);
    t.true(succeeded > 500, 'too little was done to prove anything');
    const verdict = checkLinearizable(synodModel(BUILT_IN_CHANGES), operationsOf(events));
    t.is(
      verdict.kind,
      'linearizable',
      verdict.kind === 'linearizable' ? '' : printExplanation(verdict.explanation),
    );
  },
);

test.serial('restart: all data is found again', async t => {
  await client.variable<string>('it.kept').write('kept');
  const before = await client.variable('it.load.1').read();
  await client.close();
  t.is(await cluster.stop(), 0);
  await connect();
  t.deepEqual((await client.variable('it.kept').read()).value, 'kept');
  t.deepEqual(await client.variable('it.load.1').read(), before);
  t.deepEqual((await client.register('it.register').read()).value, { who: 'first' });
});
