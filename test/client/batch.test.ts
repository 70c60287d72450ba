import test from 'ava';
import { RefusedError, UnavailableError, UnknownOutcomeError } from '../../src/client/errors.ts';
import { hurryTime } from '../hurried-time.ts';
import { type Answer, type Asked, DONE, failed, scene } from './scripted-proposer.ts';

hurryTime();

interface Request {
  readonly operation: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

function requestsOf({ body }: Asked): readonly Request[] {
  return body.requests as readonly Request[];
}

/** Answers each request of each batch by what it asks for, and how often it was asked. */
function perRequest(answer: (request: Request, time: number) => Answer | undefined) {
  const times = new Map<string, number>();
  return scene(asked => {
    const replies = requestsOf(asked).map(request => {
      const time = (times.get(request.key) ?? 0) + 1;
      times.set(request.key, time);
      return answer(request, time) ?? failed('unknown');
    });
    return { ok: true, replies };
  });
}

test('batch asks for all at once, and each request ends by itself', async t => {
  const { client, asked } = perRequest(({ key }) =>
    key === 'refused' ? failed('conflict', { set: true, value: 'B', version: 2 }) : DONE,
  );
  const outcomes = await client.batch([
    { operation: 'variable.read', key: 'r' },
    { operation: 'variable.cas', key: 'refused', value: 1, version: 7 },
    { operation: 'variable.write', key: 'bad key', value: 1 },
    { operation: 'variable.write', key: 'nan', value: Number.NaN },
    { operation: 'variable.change', key: 'c', change: 'add', args: [1], id: 'mine' },
  ]);
  t.is(asked.length, 1);
  const [first] = asked;
  if (first === undefined) return;
  t.is(first.subject, 'synod.batch');
  t.deepEqual(
    requestsOf(first).map(({ operation, key }) => [operation, key]),
    [
      ['variable.read', 'r'],
      ['variable.cas', 'refused'],
      ['variable.change', 'c'],
    ],
  );
  t.false('id' in (requestsOf(first)[0]?.body ?? {}));
  t.like(requestsOf(first)[1]?.body, { value: 1, version: 7 });
  t.is(requestsOf(first)[2]?.body.id, 'mine');
  t.deepEqual(outcomes[0], { ok: true, set: true, value: 'A', version: 3 });
  t.like(outcomes, { 1: { ok: false, error: { code: 'conflict', state: { value: 'B', version: 2 } } } });
  t.true(outcomes[1]?.ok === false && outcomes[1].error instanceof RefusedError);
  t.like(outcomes, {
    2: { error: { code: 'bad_key' } },
    3: { error: { code: 'bad_value' } },
    4: { ok: true },
  });
});

test('batch repeats only what has not ended, with the same ids', async t => {
  const { client, asked } = perRequest(({ key }, time) => (key === 'done' || time > 2 ? DONE : undefined));
  const outcomes = await client.batch(
    ['done', 'a', 'b'].map(key => ({ operation: 'variable.write' as const, key, value: 1 })),
  );
  t.true(outcomes.every(({ ok }) => ok));
  const ids = new Map<string, Set<unknown>>();
  for (const { key, body } of asked.flatMap(requestsOf))
    ids.set(key, (ids.get(key) ?? new Set()).add(body.id));
  t.deepEqual(
    [...ids].map(([key, all]) => [key, all.size]),
    [
      ['done', 1],
      ['a', 1],
      ['b', 1],
    ],
  );
  t.is(asked.flatMap(requestsOf).filter(({ key }) => key === 'done').length, 1);
  t.is(asked.flatMap(requestsOf).filter(({ key }) => key === 'a').length, 3);
});

test('batch repeats all that is not answered, and says what came of each', async t => {
  const { client, asked } = scene(['silence']);
  const outcomes = await client.batch(
    [
      { operation: 'variable.read', key: 'r' },
      { operation: 'variable.delete', key: 'w' },
    ],
    { timeoutMs: 1500 },
  );
  t.true(asked.length >= 2);
  t.true(asked.every(each => requestsOf(each).length === 2));
  t.true(outcomes[0]?.ok === false && outcomes[0].error instanceof UnavailableError);
  t.true(outcomes[1]?.ok === false && outcomes[1].error instanceof UnknownOutcomeError);
});

test('what refuses a whole batch is the outcome of each of its requests', async t => {
  const { client } = scene([failed('bad_request')]);
  const outcomes = await client.batch([
    { operation: 'switch.set', key: 'a' },
    { operation: 'switch.read', key: 'b' },
  ]);
  t.like(outcomes, { 0: { error: { code: 'bad_request' } }, 1: { error: { code: 'bad_request' } } });
});

test('a reply that does not answer each request is none', async t => {
  const { client } = scene([{ ok: true, replies: [DONE, DONE, DONE] }]);
  const items = [1, 2].map(value => ({ operation: 'variable.write' as const, key: `k${value}`, value }));
  const outcomes = await client.batch(items, { timeoutMs: 400 });
  t.true(outcomes.every(outcome => !outcome.ok && outcome.error instanceof UnknownOutcomeError));
});

test('a batch that is too large for one message goes in several', async t => {
  const { client, asked } = perRequest(() => DONE);
  const large = Array.from({ length: 5 }, (_, i) => ({
    operation: 'variable.write' as const,
    key: `k${i}`,
    value: 'x'.repeat(200_000),
  }));
  t.true((await client.batch(large)).every(({ ok }) => ok));
  t.deepEqual(
    asked.map(each => requestsOf(each).length),
    [2, 2, 1],
  );
  const many = Array.from({ length: 1001 }, (_, i) => ({ operation: 'switch.read' as const, key: `k${i}` }));
  t.true((await client.batch(many)).every(({ ok }) => ok));
  t.deepEqual(
    asked.slice(3).map(each => requestsOf(each).length),
    [1000, 1],
  );
  t.deepEqual(await client.batch([]), []);
});

test('batch gives up when its signal aborts', async t => {
  const { client } = scene(['silence']);
  const stop = new AbortController();
  const asking = client.batch([{ operation: 'switch.set', key: 'k' }], { signal: stop.signal });
  stop.abort(new Error('enough'));
  await t.throwsAsync(asking, { message: 'enough' });
});
