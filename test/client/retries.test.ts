// Attempts of one call. Time passes by itself, so that a call goes on to its deadline in no time.

import test from 'ava';
import {
  BadRequestError,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
} from '../../src/client/errors.ts';
import { hurryTime } from '../hurried-time.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';
import { type Answer, clientAt, DONE, failed, rejection, scene, startProposer } from './scripted-proposer.ts';

hurryTime();

const SHORT = { timeoutMs: 400 };
const STATE = { set: true, value: 'A', version: 3 };
const bytesOf = (text: string): Answer => Buffer.from(text, 'latin1');

function ids(asked: readonly { readonly body: Readonly<Record<string, unknown>> }[]): readonly unknown[] {
  return [...new Set(asked.map(({ body }) => body.id))];
}

for (const code of ['no_quorum', 'overloaded', 'unknown']) {
  test(`a call is tried again after ${code}, with the same id`, async t => {
    const { client, asked } = scene([failed(code), failed(code), DONE]);
    t.deepEqual(await client.variable('k').write('A', { id: 'order-42' }), STATE);
    t.is(asked.length, 3);
    t.deepEqual(ids(asked), ['order-42']);
  });
}

test('a call is tried again after silence, with the same id', async t => {
  const { client, asked } = scene(['silence', DONE]);
  t.deepEqual(await client.variable('k').change('add', [1]), STATE);
  t.is(asked.length, 2);
  t.is(ids(asked).length, 1);
  t.is(typeof asked[0]?.body.id, 'string');
});

test('a copy of what is silent goes to all proposers, with the same id and the same request', async t => {
  const { client, asked } = scene(({ subject }) => (subject.startsWith('synod.again.') ? DONE : 'silence'));
  t.deepEqual(await client.variable('k').change('add', [1]), STATE);
  t.deepEqual(
    asked.map(({ subject }) => subject),
    ['synod.variable.change.k', 'synod.again.variable.change.k'],
  );
  t.deepEqual(asked[0]?.body, asked[1]?.body);
});

test('a copy that nobody hears leaves the first one to be answered', async t => {
  const broker = new MemoryBroker();
  const proposer = broker.transport();
  proposer.subscribe('synod.variable.>', ({ reply }) => {
    setTimeout(() => proposer.publish(reply, Buffer.from(JSON.stringify(DONE))), 120);
  });
  t.deepEqual(await clientAt(broker.transport()).variable('k').write('A'), STATE);
});

test('a change with two copies under way is unknown, though the answer to one was definite (P2)', async t => {
  const { client, asked } = scene(({ subject }) =>
    subject.startsWith('synod.again.') ? failed('no_quorum') : 'silence',
  );
  await rejection(client.variable('k').write('A', SHORT), UnknownOutcomeError);
  t.true(asked.length > 1);
});

for (const code of ['no_quorum', 'overloaded'] as const) {
  test(`a call that met nothing but ${code} ends with it, and is not unknown (P2)`, async t => {
    const { client, asked } = scene([failed(code)]);
    const error = await rejection(client.variable('k').write('A', SHORT), UnavailableError);
    t.is(error.code, code);
    t.true(error.message.includes(`it is ${code}`));
    t.true(asked.length > 1);
    t.is(ids(asked).length, 1);
  });
}

for (const [name, first] of [
  ['unknown', failed('unknown')],
  ['a malformed reply', bytesOf('no reply')],
] as const) {
  test(`a change stays unknown after ${name}, whatever definite failures follow (P2)`, async t => {
    const { client, asked } = scene([first, failed('no_quorum'), failed('overloaded')]);
    const error = await rejection(
      client.variable('k').write('A', { ...SHORT, id: 'order-42' }),
      UnknownOutcomeError,
    );
    t.is(error.code, 'unknown');
    t.is(error.id, 'order-42');
    t.true(asked.length > 2);
  });
}

test('a change that met silence stays unknown, whatever definite failures follow (P2)', async t => {
  const { client, asked } = scene(['silence', failed('no_quorum')]);
  await rejection(client.variable('k').write('A', { timeoutMs: 1000 }), UnknownOutcomeError);
  t.true(asked.length > 1);
});

test('a change that met silence alone is unknown at its deadline, and a read is not', async t => {
  const { client, asked } = scene(['silence']);
  const change = await rejection(client.variable('k').write('A', SHORT), UnknownOutcomeError);
  t.is(change.id, asked[0]?.body.id as string);
  t.is((await rejection(client.variable('k').read(SHORT), UnavailableError)).code, 'timeout');
});

test('a read is never unknown, whatever a proposer says of it', async t => {
  const { client } = scene([failed('unknown')]);
  t.is((await rejection(client.variable('k').read(SHORT), UnavailableError)).code, 'timeout');
});

test('a refusal settles what was unknown before: it is remembered with the id (R1)', async t => {
  const { client } = scene([failed('unknown'), failed('conflict', STATE)]);
  const error = await rejection(client.variable('k').cas('B', { version: 2 }), RefusedError);
  t.deepEqual(error.state, STATE);
});

test('a request that was not tried settles nothing that was unknown before (P2)', async t => {
  for (const code of ['unknown_change', 'too_large', 'bad_request']) {
    const { client, asked } = scene([failed('unknown'), failed(code)]);
    const error = await rejection(client.variable('k').change('own', []), UnknownOutcomeError);
    t.true(error.cause instanceof BadRequestError);
    t.is(asked.length, 2);
  }
});

test('a call without proposers ends with no_proposer, and is not unknown', async t => {
  const client = clientAt(new MemoryBroker().transport());
  t.is((await rejection(client.variable('k').write('A', SHORT), UnavailableError)).code, 'no_proposer');
});

test('a call without proposers goes on when one comes', async t => {
  const broker = new MemoryBroker();
  const call = clientAt(broker.transport()).variable('k').write('A');
  const asked = startProposer(broker, [DONE]);
  t.deepEqual(await call, STATE);
  t.is(asked.length, 1);
});

test('a call without time is not tried', async t => {
  const { client, asked } = scene([DONE]);
  const error = await rejection(client.variable('k').write('A', { timeoutMs: 0 }), UnavailableError);
  t.is(error.code, 'timeout');
  t.is(asked.length, 0);
});

const MALFORMED = [
  '',
  'no reply',
  '[]',
  '{}',
  '{"ok":true}',
  '{"ok":true,"set":1,"version":1}',
  '{"ok":true,"set":true,"version":"3"}',
  '{"ok":false}',
  '{"ok":false,"error":{"code":"nope"}}',
  '{"ok":false,"error":{"code":"toString"}}',
  '{"ok":1,"set":true,"value":"B","version":9}',
  '\xff\xfe',
  '\x81\xc1',
];

test('a malformed reply says nothing: the call is tried again, with the same id', async t => {
  const { client, asked } = scene([...MALFORMED.map(bytesOf), DONE].slice(-7));
  t.deepEqual(await client.variable('k').write('A', { id: 'order-42' }), STATE);
  t.is(asked.length, 7);
  t.deepEqual(ids(asked), ['order-42']);
});

test('a call that met nothing but malformed replies is unknown, and a read is not', async t => {
  for (const malformed of MALFORMED) {
    const { client } = scene([bytesOf(malformed)]);
    const short = { timeoutMs: 20 };
    await rejection(client.variable('k').write('A', short), UnknownOutcomeError);
    t.is((await rejection(client.variable('k').read(short), UnavailableError)).code, 'bad_reply');
  }
});

test('a call whose signal was aborted before is not tried', async t => {
  const { client, asked } = scene([DONE]);
  const reason = new Error('the user left');
  const signal = AbortSignal.abort(reason);
  t.is(await rejection(client.variable('k').write('A', { signal }), Error), reason);
  t.is(asked.length, 0);
});

for (const [where, answer] of [
  ['waits for a reply', 'silence'],
  ['pauses between attempts', failed('no_quorum')],
] as const) {
  test(`a call that is aborted while it ${where} rejects with the reason, and is not tried again`, async t => {
    const abort = new AbortController();
    const reason = new Error('the user left');
    const { client, asked } = scene(() => {
      setImmediate(() => abort.abort(reason));
      return answer;
    });
    const call = client.variable('k').write('A', { signal: abort.signal });
    t.is(await rejection(call, Error), reason);
    t.is(asked.length, 1);
  });
}

test('a signal that aborts after the reply changes nothing', async t => {
  const { client, asked } = scene([DONE]);
  const abort = new AbortController();
  t.deepEqual(await client.variable('k').write('A', { signal: abort.signal }), STATE);
  abort.abort();
  t.is(asked.length, 1);
});

test('silence takes nothing away from the reason that was told before it', async t => {
  const told = failed('no_quorum');
  const { client } = scene([told, 'silence']);
  const read = await rejection(client.variable('k').read(SHORT), UnavailableError);
  t.is(read.code, 'no_quorum');
  const write = scene([told, 'silence']).client.variable('k').write('A', SHORT);
  t.regex(
    (await rejection(write, UnknownOutcomeError)).message,
    /no answer within \d+ ms; later: it is no_quorum/,
  );
});

test('a request may take less time than its call has left, so that its verdict is heard', async t => {
  const { client, asked } = scene([DONE]);
  await client.variable('k').read({ timeoutMs: 1000 });
  await client.variable('k').read({ timeoutMs: 8 });
  const [long, short] = asked.map(({ body }) => Number(body.timeoutMs));
  t.true(long !== undefined && long > 800 && long <= 900, `${long}`);
  t.true(short !== undefined && short >= 1 && short <= 6, `${short}`);
});
