import test from 'ava';
import type { Client } from '../../src/client/client.ts';
import {
  BadRequestError,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
} from '../../src/client/errors.ts';
import { readNumberedId } from '../../src/protocol/sessions.ts';
import type { Value } from '../../src/protocol/value.ts';
import { TransportError } from '../../src/transport/transport.ts';
import { MemoryBroker } from '../transport/memory-transport.ts';
import { clientAt, DONE, failed, rejection, scene } from './scripted-proposer.ts';

const CALLS: readonly (readonly [
  call: (client: Client) => Promise<unknown>,
  subject: string,
  body: object,
])[] = [
  [client => client.switch('k.1').set(), 'synod.switch.set.k.1', {}],
  [client => client.switch('k.1').read(), 'synod.switch.read.k.1', {}],
  [client => client.register('k.1').write([1]), 'synod.register.write.k.1', { value: [1] }],
  [client => client.register('k.1').read(), 'synod.register.read.k.1', {}],
  [client => client.variable('k.1').read(), 'synod.variable.read.k.1', {}],
  [client => client.variable('k.1').write(null), 'synod.variable.write.k.1', { value: null }],
  [client => client.variable('k.1').create('A'), 'synod.variable.create.k.1', { value: 'A' }],
  [
    client => client.variable('k.1').cas('B', { version: 0 }),
    'synod.variable.cas.k.1',
    { value: 'B', version: 0 },
  ],
  [
    client => client.variable('k.1').cas('B', { expect: 'A' }),
    'synod.variable.cas.k.1',
    { value: 'B', expect: 'A' },
  ],
  [client => client.variable('k.1').delete(), 'synod.variable.delete.k.1', {}],
  [client => client.variable('k.1').delete({ version: 2 }), 'synod.variable.delete.k.1', { version: 2 }],
  [
    client => client.variable('k.1').change('add', [1]),
    'synod.variable.change.k.1',
    { change: 'add', args: [1] },
  ],
  [
    client => client.variable('k.1').change('reset'),
    'synod.variable.change.k.1',
    { change: 'reset', args: [] },
  ],
];

test('Client asks on the subject of each operation, with its arguments', async t => {
  for (const [call, subject, fields] of CALLS) {
    const { client, asked } = scene([DONE]);
    await call(client);
    t.deepEqual(
      asked.map(({ subject, body: { id: _id, timeoutMs: _timeoutMs, ...rest } }) => ({
        subject,
        fields: rest,
      })),
      [{ subject, fields }],
    );
  }
});

test('Client gives every change an id of its own, and reads none (R1)', async t => {
  const { client, asked } = scene([DONE]);
  for (const [call] of CALLS) await call(client);
  const isRead = (subject: string) => subject.includes('.read.');
  const changes = asked.filter(({ subject }) => !isRead(subject)).map(({ body }) => body.id);
  t.true(changes.every(id => typeof id === 'string' && id.length <= 64));
  t.is(new Set(changes).size, changes.length);
  t.true(asked.filter(({ subject }) => isRead(subject)).every(({ body }) => !('id' in body)));
});

test('Client numbers its requests upwards, in one session (R4)', async t => {
  const { client, asked } = scene([DONE]);
  for (let i = 0; i < 40; i++) await client.switch('k').set();
  const ids = asked.map(({ body }) => readNumberedId(String(body.id)));
  t.is(new Set(ids.map(id => id?.session)).size, 1);
  t.deepEqual(
    ids.map(id => id?.number),
    ids.map((_, i) => i + 1),
  );
});

test('Client never gives the ids of another client', async t => {
  const { broker, client, asked } = scene([DONE]);
  await client.switch('k').set();
  await clientAt(broker.transport()).switch('k').set();
  t.not(asked[0]?.body.id, asked[1]?.body.id);
});

test('Client takes the id and the time of a call from its options', async t => {
  const { client, asked } = scene([DONE]);
  await client.variable('k').write(1, { id: 'order-42', timeoutMs: 5000 });
  const { id, timeoutMs } = asked[0]?.body ?? {};
  t.is(id, 'order-42');
  t.true(typeof timeoutMs === 'number' && timeoutMs >= 1 && timeoutMs <= 5000);
});

test('Client asks for no more work than the service may be asked for, however long it waits', async t => {
  const { client, asked } = scene([DONE]);
  await client.variable('k').read({ timeoutMs: 3_600_000 });
  t.is(asked[0]?.body.timeoutMs, 10_000);
});

test('Client shows what a reply says of the register', async t => {
  const read = async (body: object) =>
    scene([{ ok: true, ...body }])
      .client.variable('k')
      .read();
  t.deepEqual(await read({ set: false, version: 0 }), { set: false, value: undefined, version: 0 });
  t.deepEqual(await read({ set: true, value: null, version: 1 }), { set: true, value: null, version: 1 });
  const value = { list: [1, 'zwei', { three: true }] };
  t.deepEqual(await read({ set: true, value, version: 7, duplicate: true }), {
    set: true,
    value,
    version: 7,
  });
  t.true(
    await scene([{ ok: true, set: true, version: 1 }])
      .client.switch('k')
      .read(),
  );
  t.false(
    await scene([{ ok: true, set: false, version: 0 }])
      .client.switch('k')
      .read(),
  );
});

for (const code of ['conflict', 'already_written', 'wrong_kind', 'rejected'] as const) {
  test(`Client rejects ${code} with the state, and does not try again`, async t => {
    const { client, asked } = scene([failed(code, { set: true, value: 'A', version: 3 })]);
    const error = await rejection(client.variable('k').create('B'), RefusedError);
    t.is(error.code, code);
    t.is(error.message, `it is ${code}`);
    t.deepEqual(error.state, { set: true, value: 'A', version: 3 });
    t.is(asked.length, 1);
  });
}

for (const code of ['bad_request', 'bad_key', 'bad_value', 'unknown_change', 'too_large'] as const) {
  test(`Client rejects ${code}, and does not try again`, async t => {
    const { client, asked } = scene([failed(code)]);
    const error = await rejection(client.variable('k').change('add', [1]), BadRequestError);
    t.is(error.code, code);
    t.is(error.message, `it is ${code}`);
    t.is(asked.length, 1);
  });
}

test('Client refuses a key that is none, before it asks', t => {
  const { client } = scene([DONE]);
  for (const key of ['', '.', 'a..b', 'a b', 'a.*', 'a.>', 'ä', 'k'.repeat(256)]) {
    for (const make of [() => client.switch(key), () => client.register(key), () => client.variable(key)]) {
      t.is(t.throws(make, { instanceOf: BadRequestError })?.code, 'bad_key');
    }
  }
});

test('Client refuses what JSON would turn into another value, before it asks', async t => {
  const { client, asked } = scene([DONE]);
  const strangers = [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, undefined, new Date(0), 1n, '\ud800'];
  for (const stranger of strangers) {
    // A program without types can pass anything.
    const value = [stranger] as unknown as Value;
    const variable = client.variable('k');
    for (const call of [
      client.register('k').write(value),
      variable.write(value),
      variable.cas(1, { expect: value }),
      variable.change('append', [value]),
    ]) {
      t.is((await rejection(call, BadRequestError)).code, 'bad_value');
    }
  }
  t.is(asked.length, 0);
});

test('Client says too_large of what the transport does not take', async t => {
  const transport = {
    ...new MemoryBroker().transport(),
    publish: () => {
      throw new TransportError('it is larger than the server takes');
    },
  };
  const error = await rejection(clientAt(transport).variable('k').write('A'), BadRequestError);
  t.is(error.code, 'too_large');
  t.true(error.cause instanceof TransportError);
});

test('close() gives up what is under way: a change is unknown, a read is not', async t => {
  const { client, asked } = scene(['silence']);
  const change = rejection(client.variable('k').write(1, { id: 'order-42' }), UnknownOutcomeError);
  const read = rejection(client.variable('k').read(), UnavailableError);
  await client.close();
  t.is((await change).id, 'order-42');
  t.is((await read).code, 'closed');
  t.is(asked.length, 2, 'nothing was sent anew');
});

test('close() between two attempts leaves nothing open that definitely failed', async t => {
  const { client } = scene(() => {
    setImmediate(() => void client.close());
    return failed('no_quorum');
  });
  t.is((await rejection(client.variable('k').write(1), UnavailableError)).code, 'closed');
});

test('a closed Client refuses calls', async t => {
  const { client, asked } = scene([DONE]);
  await client.close();
  t.is((await rejection(client.switch('k').set(), UnavailableError)).code, 'closed');
  t.is((await rejection(client.variable('k').read(), UnavailableError)).code, 'closed');
  t.is(asked.length, 0);
});
