// What a proposer logs of requests that belong to a trace, by each way that a request can go.

import test from 'ava';
import type { Log } from '../../src/node/process/log.ts';
import { ClientDesk } from '../../src/node/service/client-desk.ts';
import { Hints } from '../../src/node/service/hints.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import type { ServiceAnswer } from '../../src/transport/reply-codec.ts';
import { traceHeaders } from '../../src/transport/trace.ts';
import { shown } from '../protocol/group.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const FIELDS = { trace: TRACE, trace_id: TRACE.split('-')[1], span_id: TRACE.split('-')[2] };
const SLOW_MS = 100;
const CONFLICT: ServiceAnswer = {
  kind: 'refused',
  code: 'conflict',
  why: 'it is set',
  view: { set: true, value: 1, version: 1 },
};

/** Answers each request in this way, after that time. */
function scene(answer: ServiceAnswer, afterMs = 0) {
  const broker = new MemoryBroker();
  const logged: Record<string, unknown>[] = [];
  const traces: (string | undefined)[] = [];
  const log: Log = (event, fields) => void logged.push({ event, ...fields });
  let nowMs = 0;
  const hints = new Hints('synod', broker.transport());
  const desk = new ClientDesk({
    prefix: 'synod',
    incarnation: 'p1-cafe',
    transport: broker.transport(),
    limits: { valueBytesMax: 1000, timeoutMsDefault: 2000, timeoutMsMax: 60_000, requestsMax: 10 },
    changes: new Map(),
    clock: { nowMs: () => nowMs },
    stats: new ServiceStats(),
    slowMs: SLOW_MS,
    log,
    isBehind: () => false,
    inboxDelayMs: () => 0,
    isHomeFull: () => false,
    pass: () => false,
    passesWaiting: () => 0,
    batches: { serve: () => undefined, take: () => false },
    giveBack: () => undefined,
    hints,
    list: () => Promise.reject(new Error('not asked for')),
    onRequest: ({ token, key }) => {
      nowMs += afterMs;
      desk.answer(token, answer);
      if (answer.kind === 'done') hints.announce(key, answer.view.version);
    },
  });
  desk.stand(1);
  const client = broker.transport();
  client.subscribe('synod.events.>', message => traces.push(message.header('traceparent')));
  const ask = async (subject: string, body: string, { trace = TRACE, reply = 'inbox' } = {}) => {
    const headers = trace === '' ? new Map() : traceHeaders(trace);
    client.publish(subject, Buffer.from(body), { reply, headers });
    for (let i = 0; i < 4; i++) await new Promise(setImmediate);
  };
  return { desk, ask, logged, traces };
}

const WRITE = ['synod.variable.write.k', '{"value":1}'] as const;
const READ = ['synod.variable.read.k', ''] as const;

test('what is served in time is not logged, and its hint goes on with the trace of its request', async t => {
  const { ask, logged, traces } = scene(shown('A', 1));
  await ask(...WRITE);
  t.deepEqual(logged, []);
  t.deepEqual(traces, [TRACE]);
  await ask(...WRITE, { trace: '' });
  await ask(...WRITE, { trace: '00-nonsense' });
  t.deepEqual(traces, [TRACE, undefined, undefined]);
});

test('what is slow is logged with its trace, or without one', async t => {
  const { ask, logged } = scene(shown('A', 1), SLOW_MS + 1);
  await ask(...READ);
  await ask(...READ, { trace: '' });
  const slow = { event: 'slow_request', operation: 'variable.read', key: 'k', ms: SLOW_MS + 1, result: 'ok' };
  t.deepEqual(logged, [{ ...slow, ...FIELDS }, slow]);
});

for (const [answer, result] of [
  [{ kind: 'unknown', why: 'w' }, 'unknown'],
  [{ kind: 'no_quorum', why: 'w' }, 'no_quorum'],
  [{ kind: 'storage_full', why: 'w' }, 'storage_full'],
] as const) {
  test(`what ends as ${result} is logged however fast that was`, async t => {
    const { ask, logged } = scene(answer);
    await ask(...READ);
    t.deepEqual(logged, [
      { event: 'request_failed', operation: 'variable.read', key: 'k', ms: 0, result, ...FIELDS },
    ]);
  });
}

test('what a register refuses is logged of a request with a trace alone', async t => {
  const { ask, logged } = scene(CONFLICT);
  await ask('synod.variable.create.k', '{"value":2}');
  await ask('synod.variable.create.k', '{"value":2}', { trace: '' });
  t.deepEqual(logged, [
    {
      event: 'request_refused',
      operation: 'variable.create',
      key: 'k',
      ms: 0,
      result: 'conflict',
      ...FIELDS,
    },
  ]);
});

test('what cannot be tried is logged of a request with a trace alone, by whatever door it came', async t => {
  const { desk, ask, logged } = scene(shown('A', 1));
  const refused = { event: 'request_refused', ...FIELDS };
  await ask('synod.variable.write.k', '{"value":');
  await ask('synod.variable.write.k', '{"value":', { trace: '' });
  await ask('synod.again.variable.write.k', '{"value":1}');
  await ask('synod.admin.list', '{"limit":0}');
  const request = {
    subject: 'synod.variable.write.k',
    reply: 'inbox',
    id: undefined,
    bytes: Buffer.from('['),
  };
  const pass = { router: 'p2-cafe', number: 1 };
  desk.serve({ pass, request: { ...request, trace: TRACE }, sinceMs: 0 });
  t.like(logged, [
    { ...refused, subject: 'synod.variable.write.k', result: 'bad_request' },
    { ...refused, subject: 'synod.variable.write.k', result: 'bad_request' },
    { ...refused, subject: 'synod.admin.list', result: 'bad_request' },
    { ...refused, subject: 'synod.variable.write.k', result: 'bad_request' },
  ]);
  t.true(logged.every(({ why }) => typeof why === 'string' && why.length > 10));
});

test('a request that may not be answered is logged with its trace', async t => {
  const { ask, logged } = scene(shown('A', 1));
  await ask(...READ, { reply: 'synod.variable.write.other' });
  t.like(logged, [{ event: 'reply_subject_refused', ...FIELDS }]);
});

test('a request that another proposer passed here is logged with the trace of its client', async t => {
  const { desk, logged } = scene({ kind: 'unknown', why: 'w' });
  const pass = { router: 'p2-cafe', number: 1 };
  const request = {
    subject: 'synod.variable.write.k',
    reply: 'inbox',
    id: undefined,
    trace: TRACE,
    bytes: Buffer.from('{"value":1}'),
  };
  desk.serve({ pass, request, sinceMs: 0 });
  t.like(logged, [{ event: 'request_failed', key: 'k', result: 'unknown', ...FIELDS }]);
});
