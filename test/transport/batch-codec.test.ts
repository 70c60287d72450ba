import test from 'ava';
import {
  BATCH_BYTES_MAX,
  BATCH_ITEMS_MAX,
  BatchReplies,
  batchBytes,
  parseBatchRequest,
} from '../../src/transport/batch-codec.ts';
import { decodeBody, encodeBody, type Format } from '../../src/transport/body-codec.ts';
import { BadRequest, type ErrorCode } from '../../src/transport/service-errors.ts';

const LIMITS = { valueBytesMax: 1000, timeoutMsDefault: 2000, timeoutMsMax: 60_000 };

function parsed(body: object, format: Format = 'json', headerId?: string) {
  return parseBatchRequest('synod', encodeBody(format, { ...body }), headerId, LIMITS);
}

const GOOD = { operation: 'variable.write', key: 'k', body: { value: 1, id: 'i' } };

for (const format of ['json', 'msgpack'] as const) {
  test(`a request of a batch in ${format} is what it would be by itself`, t => {
    const { items, timeoutMs } = parsed(
      { requests: [GOOD, { operation: 'switch.read', key: 'a.b' }] },
      format,
    );
    t.is(timeoutMs, 2000);
    const asked = items.map(item => {
      if (item instanceof BadRequest) throw item;
      return [item.subject, decodeBody(item.bytes)];
    });
    t.deepEqual(asked, [
      ['synod.variable.write.k', { value: 1, id: 'i', timeoutMs: 2000 }],
      ['synod.switch.read.a.b', { timeoutMs: 2000 }],
    ]);
  });

  test(`replies in ${format} are put together in the order of the requests, and what is missing is unknown`, t => {
    for (const count of [0, 1, 3, 300]) {
      const replies = new BatchReplies(format, count);
      const last = { ok: true, set: true, value: { a: [1] }, version: 2 };
      if (count > 0) replies.put(count - 1, { bytes: encodeBody(format, last) });
      if (count > 0) replies.put(count - 1, { bytes: encodeBody(format, { ok: false }) });
      t.is(replies.missing, Math.max(0, count - 1));
      const { ok, replies: told } = decodeBody(replies.encoded().bytes);
      if (!Array.isArray(told)) throw new Error('no replies');
      t.is(ok, true);
      t.is(told.length, count);
      t.true(told.slice(0, -1).every(reply => reply.error.code === 'unknown'));
      if (count > 0) t.deepEqual(told.at(-1), last);
    }
  });
}

test('a time of its own is kept where it is shorter than that of the batch', t => {
  const timed = (timeoutMs: unknown) => ({ ...GOOD, body: { timeoutMs } });
  const { items } = parsed({ requests: [timed(10), timed(5000), timed('x')], timeoutMs: 100 });
  const times = items.map(item => (item instanceof BadRequest ? item : decodeBody(item.bytes).timeoutMs));
  t.deepEqual(times, [10, 100, 'x']);
});

test('what is wrong with one request is its own outcome', t => {
  const wrong: readonly (readonly [unknown, ErrorCode, RegExp])[] = [
    [7, 'bad_request', /must be an object/],
    [{ ...GOOD, extra: 1 }, 'bad_request', /operation, key, body, and not 'extra'/],
    [{ ...GOOD, operation: 'song.write' }, 'bad_request', /no operation 'song\.write'/],
    [{ ...GOOD, operation: 'admin.list' }, 'bad_request', /no operation 'admin\.list'/],
    [{ ...GOOD, operation: 'events.k' }, 'bad_request', /no operation 'events\.k'/],
    [{ ...GOOD, operation: ['variable.write'] }, 'bad_request', /no operation 'an array'/],
    [{ ...GOOD, key: 'a..b' }, 'bad_key', /The key 'a\.\.b' must be terms/],
    [{ ...GOOD, key: 7 }, 'bad_key', /'key' must be text/],
    [{ ...GOOD, body: [] }, 'bad_request', /'body' must be an object/],
    [{ ...GOOD, body: { value: 2 ** 53 } }, 'bad_value', /2\^53 - 1/],
  ];
  const { items } = parsed({ requests: [...wrong.map(([request]) => request), GOOD] });
  for (const [index, [, code, why]] of wrong.entries()) {
    const item = items[index];
    if (!(item instanceof BadRequest)) throw new Error(`taken: ${index}`);
    t.is(item.code, code);
    t.regex(item.message, why);
  }
  t.false(items.at(-1) instanceof BadRequest);
  const text = `{"requests":[{"operation":"variable.write","key":"k","body":{"value":${'['.repeat(100_000)}${']'.repeat(100_000)}}}]}`;
  const [item] = parseBatchRequest('synod', Buffer.from(text), undefined, LIMITS).items;
  t.regex(item instanceof BadRequest ? item.message : '', /nests deeper than 32/);
});

test('what is wrong with the whole refuses it, and names the number', t => {
  const refused = (act: () => unknown, code: ErrorCode, why: RegExp): void => {
    const error = t.throws(act, { instanceOf: BadRequest });
    t.is(error?.code, code);
    t.regex(error?.message ?? '', why);
  };
  refused(() => parsed({}), 'bad_request', /'requests' must be an array/);
  refused(() => parsed({ requests: [], id: 'i' }), 'bad_request', /no id/);
  refused(() => parsed({ requests: [] }, 'json', 'i'), 'bad_request', /no id/);
  refused(() => parsed({ requests: [], other: 1 }), 'bad_request', /'other'/);
  refused(() => parsed({ requests: [], timeoutMs: 0 }), 'bad_request', /1 to 60000/);
  const many = Array.from({ length: BATCH_ITEMS_MAX + 1 }, () => GOOD);
  refused(() => parsed({ requests: many }), 'too_large', /1001 requests, more than 1000/);
  refused(
    () => parsed({ requests: ['x'.repeat(BATCH_BYTES_MAX)] }),
    'too_large',
    /1048593 bytes, more than 1048576/,
  );
});

test('replies that are too much together are left out one by one, and say so', t => {
  const replies = new BatchReplies('json', 10);
  const bytes = encodeBody('json', { ok: true, value: 'x'.repeat(200_000) });
  for (let i = 0; i < 10; i++) replies.put(i, { bytes });
  const encoded = replies.encoded().bytes;
  t.true(encoded.length < BATCH_BYTES_MAX);
  const told = decodeBody(encoded).replies;
  if (!Array.isArray(told)) throw new Error('no replies');
  t.deepEqual(
    told.map(({ ok }) => ok),
    [true, true, true, true, false, false, false, false, false, false],
  );
  t.like(told[9], { error: { code: 'unknown' } });
});

test('a thousand replies that have no place still fit', t => {
  for (const format of ['json', 'msgpack'] as const) {
    const replies = new BatchReplies(format, BATCH_ITEMS_MAX);
    const bytes = new Uint8Array(743_999);
    replies.put(0, { bytes });
    for (let i = 1; i < BATCH_ITEMS_MAX; i++) replies.put(i, { bytes });
    t.true(replies.encoded().bytes.length < BATCH_BYTES_MAX);
  }
});

test('batchBytes() is what parseBatchRequest() reads', t => {
  const requests = [GOOD, GOOD].map(request => Buffer.from(JSON.stringify(request)));
  const { items, timeoutMs } = parseBatchRequest('synod', batchBytes(requests, 700), undefined, LIMITS);
  t.is(timeoutMs, 700);
  t.is(items.length, 2);
});
