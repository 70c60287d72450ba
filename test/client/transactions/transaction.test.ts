// Transactions on a cluster in memory: real proposers and acceptors, no server.

import test from 'ava';
import type { Client } from '../../../src/client/client.ts';
import { BadRequestError, RefusedError, TransactionConflictError } from '../../../src/client/errors.ts';
import type { TransactionKeys, TransactionWork } from '../../../src/client/transactions/transaction.ts';
import { isEnvelope } from '../../../src/protocol/transaction-changes.ts';
import { MemoryCluster, stopAcceptors } from '../../embedded/memory-cluster.ts';

const stops: (() => Promise<void>)[] = [];

test.after.always(async () => {
  await Promise.all(stops.map(stop => stop()));
  stopAcceptors();
});

/** What it is rejected with. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    result => new Error(`It came to ${result}`),
    error => error,
  );
}

async function twoClients(): Promise<{ one: Client; other: Client }> {
  const cluster = await MemoryCluster.start();
  stops.push(cluster.startProposer());
  return { one: cluster.client(), other: cluster.client() };
}

function move(client: Client, from: string, to: string, amount: number): Promise<void> {
  return client.transaction(async keys => {
    const left = ((await keys.get<number>(from)) ?? 0) - amount;
    if (left < 0) throw new RangeError(`${from} has too little`);
    keys.set(from, left);
    keys.set(to, ((await keys.get<number>(to)) ?? 0) + amount);
  });
}

const both = (client: Client): Promise<unknown[]> =>
  client.transaction(keys => Promise.all([keys.get('a'), keys.get('b')]));

/** Places the intent of a transaction whose primary is `a`, as a client that then dies. */
async function abandon(client: Client, id: string): Promise<void> {
  const since = await sinceOf(client, 'a');
  const intent = { id, primary: 'a', since, next: { value: 99 } };
  await client.variable('b').change('transaction.prepare', [await sinceOf(client, 'b'), intent]);
}

async function sinceOf(client: Client, key: string): Promise<number> {
  const { value } = await client.variable<{ $transaction: { since: number } }>(key).read();
  return value?.$transaction.since ?? 0;
}

test('transaction: takes plain values over, sets what it sets, and gives its result', async t => {
  const { one, other } = await twoClients();
  await one.variable('a').write(10);
  const result = await one.transaction(async keys => {
    const a = (await keys.get<number>('a')) ?? 0;
    keys.set('a', a - 3);
    keys.set('b', 3);
    keys.delete('c');
    return [await keys.get('a'), await keys.get('b'), await keys.get('c')];
  });
  t.deepEqual(result, [7, 3, undefined], 'it sees what it has set');
  t.deepEqual(await both(other), [7, 3]);
  await other.transaction(keys => keys.delete('a'));
  t.deepEqual(await both(one), [undefined, 3]);
});

test('transaction: of one key, and of none', async t => {
  const { one } = await twoClients();
  t.is(await one.transaction(() => 'done'), 'done');
  await one.transaction(keys => keys.set('a', 1));
  t.is(await one.transaction(keys => keys.get('a')), 1);
});

test('transaction: what work throws is thrown, and nothing is written', async t => {
  const { one } = await twoClients();
  await one.transaction(keys => keys.set('a', 1));
  const error = await rejection(move(one, 'a', 'b', 2));
  t.true(error instanceof RangeError);
  t.deepEqual(await both(one), [1, undefined]);
});

test('transaction: many that get between each other lose nothing', async t => {
  const { one, other } = await twoClients();
  await one.transaction(keys => {
    for (const key of ['a', 'b']) keys.set(key, 100);
  });
  const sums: number[] = [];
  const watching = (async () => {
    for (let i = 0; i < 20; i++) {
      const [a, b] = (await both(other)) as [number, number];
      sums.push(a + b);
    }
  })();
  const moves = Array.from({ length: 12 }, (_, i) =>
    i % 2 === 0 ? move(one, 'a', 'b', 3) : move(other, 'b', 'a', 5),
  );
  await Promise.all([...moves, watching]);
  t.deepEqual(await both(one), [100 - 18 + 30, 100 + 18 - 30]);
  t.deepEqual([...new Set(sums)], [200]);
});

test('transaction: what a client that died has left undecided is read as before, and ended by who writes', async t => {
  const { one, other } = await twoClients();
  await one.transaction(keys => {
    keys.set('a', 1);
    keys.set('b', 2);
  });
  await settled(one);
  await abandon(one, 'dead');
  t.deepEqual(await both(other), [1, 2]);
  await move(other, 'a', 'b', 1);
  t.deepEqual(await both(one), [0, 3]);
});

/** Until nothing of earlier transactions is under way. */
async function settled(client: Client): Promise<void> {
  for (;;) {
    const values = await Promise.all(['a', 'b'].map(key => client.variable(key).read()));
    if (!/intent|committed/.test(JSON.stringify(values))) return;
  }
}

test('transaction: what is committed is read, though its client died before it was finished', async t => {
  const { one, other } = await twoClients();
  await one.transaction(keys => {
    keys.set('a', 1);
    keys.set('b', 2);
  });
  await settled(one);
  const since = await sinceOf(one, 'a');
  await abandon(one, 'done');
  await one.variable('a').change('transaction.commit', ['done', since, { value: 7 }, ['b']]);
  t.deepEqual(await both(other), [7, 99]);
});

test('transaction: others cannot change what is of transactions, nor make what looks like it', async t => {
  const { one } = await twoClients();
  await one.transaction(keys => keys.set('a', 1));
  const a = one.variable('a');
  const { value, version } = await a.read();
  t.true(isEnvelope(value));
  const refused = [
    a.write(2),
    a.create(2),
    a.cas(2, { version }),
    a.delete(),
    a.change('setField', ['value', 2]),
    one.variable('free').write({ $transaction: 1 }),
    one.variable('free').change('setField', ['$transaction', 1]),
    one.register('once').write({ $transaction: 1 }),
  ];
  for (const error of await Promise.all(refused.map(rejection)))
    t.is(error instanceof RefusedError ? error.code : error, 'rejected');
  t.deepEqual(await a.read(), { set: true, value, version });
});

test('transaction: what cannot be is said at once, and what never ends is given up', async t => {
  const { one, other } = await twoClients();
  const deep = Array.from({ length: 30 }).reduce<never>(inner => [inner] as never, null as never);
  const codeOf = async (work: TransactionWork<void>): Promise<unknown> => {
    const error = await rejection(one.transaction(work));
    return error instanceof BadRequestError ? error.code : error;
  };
  t.is(await codeOf(keys => keys.set('a', deep)), 'bad_value');
  t.is(await codeOf(keys => keys.set('a b', 1)), 'bad_key');
  const many = (keys: TransactionKeys): void => {
    for (let i = 0; i < 33; i++) keys.set(`k${i}`, i);
  };
  t.is(await codeOf(many), 'bad_request');
  const large = (keys: TransactionKeys): void => {
    keys.set('a', 1);
    keys.set('b', 'x'.repeat(2000));
  };
  t.is(await codeOf(large), 'too_large');
  t.deepEqual(await both(one), [undefined, undefined]);
  const endless = one.transaction(
    async keys => {
      keys.set('a', (await keys.get('b')) ?? 0);
      await other.transaction(async inner => inner.set('b', ((await inner.get<number>('b')) ?? 0) + 1));
    },
    { timeoutMs: 2000 },
  );
  const error = await rejection(endless);
  t.true(error instanceof TransactionConflictError, String(error));
  t.is(await one.transaction(keys => keys.get('a')), undefined);
  const aborted = AbortSignal.abort(new Error('enough'));
  t.is(await rejection(one.transaction(() => 1, { signal: aborted })), aborted.reason);
});
