import test from 'ava';
import fc from 'fast-check';
import { listBody, listRequestOf, type Place } from '../../src/transport/list-codec.ts';
import { BadRequest } from '../../src/transport/service-errors.ts';

const LIMITS = { valueBytesMax: 1000, timeoutMsDefault: 2000, timeoutMsMax: 60_000 };
const BEGINNING = { partition: 0, after: '' };

function cursorFor(next: Place): unknown {
  const body = listBody({ prefix: '' }, { kind: 'page', keys: [], next });
  return body.ok ? body.cursor : undefined;
}

test('listRequestOf() asks for all keys from the beginning, when nothing else is said', t => {
  const expected = { prefix: '', limit: 100, from: BEGINNING, timeoutMs: 2000 };
  t.deepEqual(listRequestOf({}, LIMITS), expected);
  t.deepEqual(listRequestOf({ prefix: 'a.', limit: 1000, cursor: null, timeoutMs: 5 }, LIMITS), {
    prefix: 'a.',
    limit: 1000,
    from: BEGINNING,
    timeoutMs: 5,
  });
});

test('listRequestOf() goes on where the page with the cursor ended', t => {
  const key = fc.stringMatching(/^[A-Za-z0-9_/=-]{1,10}(\.[A-Za-z0-9_/=-]{1,10}){0,3}$/);
  const place = fc.record({ partition: fc.nat(255), after: fc.oneof(fc.constant(''), key) });
  fc.assert(
    fc.property(place, next => {
      t.deepEqual(listRequestOf({ cursor: cursorFor(next) }, LIMITS).from, next);
    }),
  );
});

test('listBody() has no cursor after the last page, and says what failed', t => {
  const keys = [{ key: 'a', kind: 'switch', version: 1 }] as const;
  t.deepEqual(listBody({ prefix: '' }, { kind: 'page', keys, next: undefined }), { ok: true, keys });
  t.like(listBody({ prefix: 'a.' }, { kind: 'no_quorum', why: 'nobody is there' }), {
    ok: false,
    error: { code: 'no_quorum', message: "Cannot list the keys that begin with 'a.': nobody is there" },
  });
});

for (const prefix of ['.', 'a..', 'a b', 'a.>', 'x'.repeat(256), 'a.'.repeat(16), 'ü']) {
  test(`listRequestOf() refuses the prefix '${prefix.slice(0, 40)}', which no key begins with`, t => {
    t.is(t.throws(() => listRequestOf({ prefix }, LIMITS), { instanceOf: BadRequest })?.code, 'bad_key');
  });
}

for (const prefix of ['a', 'a.', 'a.b', 'x'.repeat(255), `${'a.'.repeat(15)}`]) {
  test(`listRequestOf() takes the prefix '${prefix.slice(0, 40)}'`, t => {
    t.is(listRequestOf({ prefix }, LIMITS).prefix, prefix);
  });
}

const cursor = (text: string) => ({ cursor: Buffer.from(text).toString('base64url') });
for (const body of [
  { limit: 0 },
  { limit: 1001 },
  { limit: 1.5 },
  { limit: '1' },
  { prefix: 1 },
  { key: 'k' },
  { timeoutMs: 0 },
  { cursor: 7 },
  { cursor: '' },
  { cursor: 'x'.repeat(10_000) },
  cursor('256 '),
  cursor('-1 '),
  cursor('1 a b'),
  cursor('1 $members'),
]) {
  test(`listRequestOf() refuses ${JSON.stringify(body).slice(0, 40)}`, t => {
    t.is(t.throws(() => listRequestOf(body, LIMITS), { instanceOf: BadRequest })?.code, 'bad_request');
  });
}
