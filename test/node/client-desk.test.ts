import test from 'ava';
import { ClientDesk } from '../../src/node/service/client-desk.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import { decodeBody } from '../../src/transport/body-codec.ts';
import { type Transport, TransportError } from '../../src/transport/transport.ts';
import { shown } from '../protocol/group.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

/** What a desk needs beside its transport, where nothing else is said: nobody else to pass to, and time stands still. */
const PARTS = {
  prefix: 'synod',
  incarnation: 'p1-cafe',
  list: () => Promise.reject(new Error('not asked for')),
  isHomeFull: () => false,
  pass: () => false,
  passesWaiting: () => 0,
  batches: { serve: () => undefined, take: () => false },
  giveBack: () => undefined,
  hints: { keepTrace: () => undefined },
  inboxDelayMs: () => 0,
  isBehind: () => false,
  limits: { valueBytesMax: 4000, timeoutMsDefault: 2000, timeoutMsMax: 60_000, requestsMax: 10 },
  changes: new Map(),
  clock: { nowMs: () => 0 },
  log: () => undefined,
};

const BYTES_MAX = 1000;

/** A transport over a server that takes no message of more than BYTES_MAX. */
function narrow(transport: Transport): Transport {
  return {
    ...transport,
    publish: (subject, bytes, options) => {
      if (bytes.length > BYTES_MAX) throw new TransportError(`Cannot publish ${bytes.length} bytes`);
      transport.publish(subject, bytes, options);
    },
  };
}

for (const [format, request] of [
  ['json', '{}'],
  ['msgpack', '\x80'],
] as const) {
  test(`ClientDesk says in ${format} when a reply is larger than the server takes, and serves on`, async t => {
    const broker = new MemoryBroker();
    const tokens: number[] = [];
    const desk = new ClientDesk({
      ...PARTS,
      transport: narrow(broker.transport()),
      stats: new ServiceStats(),
      slowMs: 1000,
      onRequest: ({ token }) => tokens.push(token),
    });
    desk.stand(1);
    const client = broker.transport();
    const replies: unknown[] = [];
    client.subscribe('inbox', ({ bytes }) => replies.push(decodeBody(bytes)));
    for (let i = 0; i < 2; i++) {
      client.publish('synod.variable.read.k', Buffer.from(request, 'latin1'), { reply: 'inbox' });
    }
    await new Promise(setImmediate);
    desk.answer(tokens[0] ?? 0, shown('x'.repeat(BYTES_MAX), 1));
    desk.answer(tokens[1] ?? 0, shown('A', 2));
    await new Promise(setImmediate);
    t.like(replies, [
      { ok: false, error: { code: 'unknown' } },
      { ok: true, set: true, value: 'A', version: 2 },
    ]);
    t.is(desk.waiting, 0);
  });
}

/** A desk whose requests are answered at once, and what a client is told. */
async function toldBy(subject: string, body: string): Promise<readonly unknown[]> {
  const broker = new MemoryBroker();
  const desk = new ClientDesk({
    ...PARTS,
    transport: broker.transport(),
    stats: new ServiceStats(),
    slowMs: 1000,
    onRequest: ({ token, key }) => desk.answer(token, shown(key, 1)),
  });
  desk.stand(1);
  const client = broker.transport();
  const replies: unknown[] = [];
  client.subscribe('inbox', ({ bytes }) => replies.push(decodeBody(bytes)));
  client.publish(subject, Buffer.from(body), { reply: 'inbox' });
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  return replies;
}

test('ClientDesk serves a copy once, as the request that it is one of', async t => {
  t.like(await toldBy('synod.again.variable.write.k', '{"value":1,"id":"i"}'), [{ ok: true, value: 'k' }]);
  t.like(await toldBy('synod.again.variable.read.k', ''), [{ ok: true, value: 'k' }]);
});

test('ClientDesk refuses a copy of a change without an id, which could be applied twice (R1)', async t => {
  const replies = await toldBy('synod.again.variable.write.k', '{"value":1}');
  t.is(replies.length, 1);
  t.like(replies, [{ ok: false, error: { code: 'bad_request' } }]);
});

test('ClientDesk refuses a copy that cannot be read', async t => {
  t.like(await toldBy('synod.again.variable.write.k', '{"value":'), [{ error: { code: 'bad_request' } }]);
  t.like(await toldBy('synod.again.variable.nothing.k', '{}'), [{ error: { code: 'bad_request' } }]);
});

/** A desk with a clock, and what it does with the requests that clients and other proposers bring. */
function crowdedDesk({ isHomeFull = false } = {}) {
  const broker = new MemoryBroker();
  const clock = { ms: 0 };
  const inbox = { delayMs: 0 };
  const unacknowledged = { count: 0 };
  const tokens: number[] = [];
  const passed: string[] = [];
  const givenBack: unknown[] = [];
  const replies: unknown[] = [];
  let standing = 0;
  const transport = broker.transport();
  const counted: Transport = {
    ...transport,
    publish: (...args) => transport.publish(...args),
    subscribe: (pattern, onMessage, options) => {
      const subscription = transport.subscribe(pattern, onMessage, options);
      if (pattern !== 'synod.variable.>') return subscription;
      standing += 1;
      const drain = (): void => {
        standing -= 1;
        subscription.drain();
      };
      return { ...subscription, drain };
    },
  };
  const desk = new ClientDesk({
    ...PARTS,
    isHomeFull: () => isHomeFull,
    pass: (key, _request, isRead) => {
      if (!isRead) passed.push(key);
      return false;
    },
    giveBack: (pass, _reply, told) => givenBack.push({ pass, told: decodeBody(told.bytes) }),
    transport: counted,
    limits: { ...PARTS.limits, requestsMax: 5000 },
    clock: { nowMs: () => clock.ms },
    inboxDelayMs: () => inbox.delayMs,
    passesWaiting: () => unacknowledged.count,
    stats: new ServiceStats(),
    slowMs: 1000,
    onRequest: ({ token }) => tokens.push(token),
  });
  desk.stand(1);
  const client = broker.transport();
  client.subscribe('inbox', ({ bytes }) => replies.push(decodeBody(bytes)));
  const ask = async (subject = 'synod.variable.delete.k'): Promise<void> => {
    client.publish(subject, Buffer.from('{"id":"i"}'), { reply: 'inbox' });
    await new Promise(setImmediate);
  };
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 1024; i++) await ask();
    clock.ms = 600;
  };
  return {
    desk,
    client,
    clock,
    inbox,
    unacknowledged,
    places: () => standing,
    tokens,
    passed,
    givenBack,
    replies,
    ask,
    fill,
  };
}

test('ClientDesk counts what it passed on and nobody took yet as waiting here', async t => {
  const { unacknowledged, tokens, replies, ask } = crowdedDesk();
  unacknowledged.count = 4999;
  await ask();
  t.is(tokens.length, 1);
  await ask();
  await new Promise(setImmediate);
  t.is(tokens.length, 1);
  t.like(replies, [TURNED_AWAY]);
});

test('ClientDesk that is full is full for the rest of the turn, and for no longer', async t => {
  const { unacknowledged, client, tokens, replies, ask } = crowdedDesk();
  unacknowledged.count = 5000;
  for (let i = 0; i < 3; i++)
    client.publish('synod.variable.delete.k', Buffer.from('{}'), { reply: 'inbox' });
  queueMicrotask(() => {
    unacknowledged.count = 0;
  });
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  t.like(replies, [TURNED_AWAY, TURNED_AWAY, TURNED_AWAY]);
  await ask();
  t.is(tokens.length, 1);
});

const TURNED_AWAY = { ok: false, error: { code: 'overloaded' } };

test('ClientDesk turns away at the door while the oldest of many requests waits too long, and not after', async t => {
  const { desk, tokens, passed, replies, ask, fill } = crowdedDesk();
  await fill();
  t.is(tokens.length, 1024, 'some may wait for long');
  await ask();
  await new Promise(setImmediate);
  t.like(replies, [TURNED_AWAY]);
  t.deepEqual([tokens.length, passed.length], [1024, 1024]);
  for (const token of tokens.splice(0, 1023)) desk.answer(token, shown('A', 1));
  await ask();
  t.is(tokens.length, 2);
});

test('ClientDesk turns away while requests wait too long to be read, once many are taken in', async t => {
  const { desk, clock, inbox, tokens, replies, ask } = crowdedDesk();
  inbox.delayMs = 101;
  for (; clock.ms < 500; clock.ms += 50) await ask();
  for (let i = tokens.length; i < 65; i++) await ask();
  await new Promise(setImmediate);
  t.is(tokens.length, 64, 'a few may be taken in after a stop, of which the delay tells as well');
  t.like(replies, [TURNED_AWAY]);
  inbox.delayMs = 100;
  clock.ms += 50;
  await ask();
  t.is(tokens.length, 65);
  desk.close();
});

test('ClientDesk turns away what its home would turn away, but for reads', async t => {
  const { tokens, passed, replies, ask } = crowdedDesk({ isHomeFull: true });
  await ask();
  await ask('synod.variable.read.k');
  await new Promise(setImmediate);
  t.like(replies, [TURNED_AWAY]);
  t.deepEqual([tokens.length, passed.length], [1, 0]);
});

test('ClientDesk stands in the queue once while it was full lately, so that others turn away as much', async t => {
  const { desk, clock, places, ask, fill } = crowdedDesk();
  desk.stand(64);
  t.is(places(), 64);
  await fill();
  await ask();
  desk.stand(64);
  t.is(places(), 1);
  clock.ms += 1000;
  desk.stand(64);
  t.is(places(), 64);
  desk.stand(1);
  t.is(places(), 60, 'a few at a time without need');
});

test('ClientDesk turns away copies as well, before it reads them', async t => {
  const { tokens, replies, ask, fill } = crowdedDesk();
  await fill();
  await ask('synod.again.variable.delete.k');
  await new Promise(setImmediate);
  t.like(replies, [TURNED_AWAY]);
  t.is(tokens.length, 1024);
});

test('ClientDesk gives back what is passed to it while it is full: its router tells the client (R3)', async t => {
  const { desk, tokens, givenBack, replies, fill } = crowdedDesk();
  await fill();
  const pass = { router: 'p2-cafe', number: 1 };
  const request = {
    subject: 'synod.variable.delete.k',
    reply: 'inbox',
    id: undefined,
    trace: undefined,
    bytes: Buffer.from('{}'),
  };
  desk.serve({ pass, request, sinceMs: 600 });
  await new Promise(setImmediate);
  t.is(tokens.length, 1024);
  t.deepEqual(replies, []);
  t.like(givenBack, [{ pass, told: TURNED_AWAY }]);
});
