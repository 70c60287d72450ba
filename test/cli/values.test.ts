// Values on the command line.

import test from 'ava';
import { leaseOptions } from '../../src/cli/lease-flags.ts';
import { givenValue, textOf, wholeNumberOf } from '../../src/cli/values.ts';
import { BadRequestError } from '../../src/client/errors.ts';

test('givenValue() takes JSON as JSON, and anything else as text', t => {
  for (const [argument, value] of [
    ['7', 7],
    ['-1.5', -1.5],
    ['true', true],
    ['null', null],
    ['"7"', '7'],
    ['{"a":[1]}', { a: [1] }],
    ['007', '007'],
    ['hello', 'hello'],
    ['{not json', '{not json'],
    ['', ''],
  ] as const)
    t.deepEqual(givenValue(argument), value);
  t.is(givenValue('7', { text: true }), '7');
});

test('textOf() shows text as it is, and anything else as JSON', t => {
  t.deepEqual(['a b', 7, null, { a: [1] }].map(textOf), ['a b', '7', 'null', '{"a":[1]}']);
});

test('wholeNumberOf() takes whole numbers from the least one on', t => {
  t.is(wholeNumberOf('0', 'N', 0), 0);
  t.is(wholeNumberOf('-4', 'N', Number.MIN_SAFE_INTEGER), -4);
  for (const argument of ['', ' ', '1.5', '1e3', '0x1', '-1', '9007199254740993', 'x'])
    t.throws(() => wholeNumberOf(argument, 'N', 0), { instanceOf: BadRequestError });
});

test('leaseOptions() takes seconds with fractions', t => {
  t.deepEqual(leaseOptions({}), {});
  t.deepEqual(leaseOptions({ ttl: '0.5' }), { ttlMs: 500 });
  t.deepEqual(leaseOptions({ ttl: '86400' }), { ttlMs: 86_400_000 });
  for (const ttl of ['0', '-1', '86401', '1e3', '', 'x', '0.0001'])
    t.throws(() => leaseOptions({ ttl }), { instanceOf: BadRequestError }, ttl);
});
