// A batch desk whose requests are answered by the test.

import test from 'ava';
import { BatchDesk } from '../../src/node/service/batch-desk.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import { decodeBody } from '../../src/transport/body-codec.ts';
import type { RawRequest } from '../../src/transport/pass-codec.ts';
import type { EncodedReply } from '../../src/transport/reply-codec.ts';
import { hurryTime } from '../hurried-time.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';
import { BATCH_DUTIES } from './batch-duties.ts';

hurryTime();

for (const { title, check } of BATCH_DUTIES) {
  test(`batches and recipes: ${title}`, async t => {
    await t.notThrowsAsync(check());
  });
}

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

interface Told {
  readonly reply: string;
  readonly body: Readonly<Record<string, unknown>>;
}

function scene(requestsMax = 10) {
  const broker = new MemoryBroker();
  const received: RawRequest[] = [];
  const told: Told[] = [];
  const logged: object[] = [];
  const stats = new ServiceStats();
  const desk = new BatchDesk({
    prefix: 'synod',
    transport: {
      ...broker.transport(),
      publish: (reply, bytes) => void told.push({ reply, body: decodeBody(bytes) }),
    },
    limits: { valueBytesMax: 1000, timeoutMsDefault: 20, timeoutMsMax: 60_000, requestsMax },
    clock: { nowMs: () => 0 },
    stats,
    log: (event, fields) => void logged.push({ event, ...fields }),
  });
  const serve = (requests: readonly unknown[], timeoutMs = 60_000): void => {
    const bytes = Buffer.from(JSON.stringify({ requests, timeoutMs }));
    const request = { subject: 'synod.batch', reply: '_INBOX.client', bytes, id: undefined, trace: TRACE };
    desk.serve(request, one => void received.push(one));
  };
  return { broker, received, told, logged, stats, desk, serve };
}

test('BatchDesk logs a batch that is refused with its trace', t => {
  const { serve, logged } = scene(1);
  serve([READ, READ]);
  t.like(logged, [{ event: 'request_refused', subject: 'synod.batch', result: 'too_large', trace: TRACE }]);
});

const READ = { operation: 'variable.read', key: 'k' };

function ok(value: unknown): EncodedReply {
  return { bytes: Buffer.from(JSON.stringify({ ok: true, value })) };
}

test('BatchDesk answers when all of its requests have ended, in their order', t => {
  const { received, told, desk, serve, stats } = scene();
  serve([READ, { ...READ, key: 'bad key' }, { ...READ, key: 'l' }]);
  t.deepEqual(
    received.map(({ subject, trace }) => [subject, trace]),
    [
      ['synod.variable.read.k', TRACE],
      ['synod.variable.read.l', TRACE],
    ],
  );
  t.true(desk.take(received[1]?.reply ?? '', ok('L')));
  t.is(desk.waiting, 1);
  t.deepEqual(told, []);
  t.true(desk.take(received[0]?.reply ?? '', ok('K')));
  t.is(desk.waiting, 0);
  t.is(told.length, 1);
  t.is(told[0]?.reply, '_INBOX.client');
  t.like(told[0]?.body, {
    ok: true,
    replies: [
      { ok: true, value: 'K' },
      { ok: false, error: { code: 'bad_key' } },
      { ok: true, value: 'L' },
    ],
  });
  t.true(
    desk.take(received[0]?.reply ?? '', ok('again')),
    'what comes late is its own, and is told to nobody',
  );
  t.is(told.length, 1);
  t.false(desk.take('_INBOX.client', ok(1)));
  t.is([...stats.calls()].find(([type]) => type === 'batch')?.[1].requests, 1);
  desk.close();
});

test('BatchDesk takes answers that come over NATS, as those of passed requests do', async t => {
  const { broker, received, told, desk, serve } = scene();
  serve([READ]);
  broker.transport().publish(received[0]?.reply ?? '', ok('far').bytes);
  await new Promise(setImmediate);
  t.like(told, [{ body: { replies: [{ value: 'far' }] } }]);
  desk.close();
});

test('BatchDesk says unknown of what has not ended when the time is over', async t => {
  const { received, told, desk, serve } = scene();
  serve([READ, READ], 1);
  desk.take(received[1]?.reply ?? '', ok(2));
  while (told.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
  t.like(told, [{ body: { ok: true, replies: [{ ok: false, error: { code: 'unknown' } }, { value: 2 }] } }]);
  t.is(desk.waiting, 0);
  desk.close();
});

test('BatchDesk counts each request against what may wait, and takes all or none', t => {
  const { received, told, serve, desk } = scene(3);
  serve([READ, READ]);
  serve([READ, READ]);
  t.is(received.length, 2);
  t.like(told, [{ body: { ok: false, error: { code: 'overloaded' } } }]);
  t.regex(JSON.stringify(told[0]?.body), /Cannot take 2 more requests at once: 2 requests of 1 batches wait/);
  serve([READ, READ, READ, READ]);
  t.like(told.pop(), { body: { error: { code: 'too_large' } } });
  for (const { reply } of received.splice(0)) desk.take(reply, ok(1));
  serve([READ, READ, READ]);
  t.is(received.length, 3);
  serve([]);
  t.is(told.length, 3);
  for (const { reply } of received) desk.take(reply, ok(1));
  t.is(told.length, 4);
  desk.close();
});
