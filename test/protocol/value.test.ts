import test from 'ava';
import fc from 'fast-check';
import {
  checkValue,
  countUtf8,
  isPlainObject,
  sameValue,
  VALUE_DEPTH_MAX,
} from '../../src/protocol/value.ts';
import { pack } from '../../src/transport/msgpack.ts';
import { randomRuns } from '../history/random-runs.ts';
import { values } from './arbitrary.ts';

function whyNot(candidate: unknown): string {
  const check = checkValue(candidate);
  return check.kind === 'refused' ? check.why : `it is a value of ${check.bytes} bytes`;
}

/** `depth` arrays around nothing. */
function nested(depth: number): unknown {
  return depth === 1 ? [] : [nested(depth - 1)];
}

test('checkValue() takes all that JSON has', t => {
  const property = fc.property(values, value => checkValue(value).kind === 'value');
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('checkValue() never tells a size below that of the msgpack', t => {
  const property = fc.property(values, value => {
    const check = checkValue(value);
    return check.kind === 'value' && check.bytes >= pack(value).length;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('checkValue() takes integers up to 2^53 - 1 and refuses larger ones', t => {
  for (const integer of [0, -0, 2 ** 53 - 1, 1 - 2 ** 53]) t.is(checkValue(integer).kind, 'value');
  for (const integer of [2 ** 53, -(2 ** 53), 1e300, 2n ** 64n - 1n, 1n])
    t.regex(whyNot(integer), /2\^53 - 1/);
});

test('checkValue() refuses what is no JSON, and names it', t => {
  t.regex(whyNot(Number.NaN), /holds NaN/);
  t.regex(whyNot(Number.POSITIVE_INFINITY), /holds Infinity/);
  t.regex(whyNot(undefined), /holds an undefined/);
  t.regex(whyNot([1, undefined]), /holds an undefined/);
  t.regex(whyNot({ a: { b: undefined } }), /holds an undefined/);
  t.regex(whyNot(new Uint8Array(3)), /holds bytes/);
  t.regex(whyNot(Buffer.from('abc')), /holds bytes/);
  t.regex(whyNot(new Date(0)), /holds a Date/);
  t.regex(whyNot(new Map()), /holds a Map/);
  t.regex(
    whyNot(() => 1),
    /holds a function/,
  );
  t.regex(whyNot(Symbol('s')), /holds a symbol/);
});

test("checkValue() refuses a field named '__proto__', at any depth", t => {
  t.regex(whyNot(JSON.parse('{"__proto__": 1}')), /'__proto__'/);
  t.regex(whyNot(JSON.parse('[{"a": {"__proto__": {"b": 1}}}]')), /'__proto__'/);
});

test('checkValue() refuses half of a surrogate pair, which UTF-8 does not have', t => {
  for (const half of ['\ud800', 'a\udc00b', `${'x'.repeat(100)}\ud83d`]) {
    t.regex(whyNot(half), /half of a surrogate pair/);
    t.regex(whyNot({ [half]: 1 }), /half of a surrogate pair/);
  }
  t.is(checkValue('\ud83d\ude00').kind, 'value');
});

test('checkValue() takes VALUE_DEPTH_MAX levels and refuses one more', t => {
  t.is(checkValue(nested(VALUE_DEPTH_MAX)).kind, 'value');
  t.regex(whyNot(nested(VALUE_DEPTH_MAX + 1)), /nests deeper than 32 levels/);
});

test('checkValue() refuses the deepest nesting without running out of stack', t => {
  t.regex(whyNot(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)), /nests deeper/);
});

test('sameValue() holds for a copy, whatever the order of its fields', t => {
  const property = fc.property(values, value => sameValue(value, backwards(value)));
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('sameValue() is the equality of the canonical JSON', t => {
  const property = fc.property(values, values, (a, b) => sameValue(a, b) === (canonical(a) === canonical(b)));
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
});

test('sameValue() tells apart what only looks alike', t => {
  t.false(sameValue(1, '1'));
  t.false(sameValue(null, undefined));
  t.false(sameValue([], {}));
  t.false(sameValue([1, 2], [2, 1]));
  t.false(sameValue({ a: null }, {}));
  t.false(sameValue({ a: 1 }, { b: 1 }));
  t.false(sameValue(false, null));
  t.false(sameValue({ constructor: 1 }, { a: 1 }));
});

test('isPlainObject() takes objects with and without a prototype, and nothing else', t => {
  t.true(isPlainObject({}));
  t.true(isPlainObject(Object.create(null)));
  for (const other of [[], null, undefined, 'text', new Date(0), new Uint8Array(1)])
    t.false(isPlainObject(other));
});

/** Every object's fields the other way round. */
function backwards<Part>(value: Part): Part {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    isPlainObject(part) ? Object.fromEntries(Object.entries(part).reverse()) : part,
  );
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isPlainObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

test('countUtf8() counts what UTF-8 takes, as Node does', t => {
  const property = fc.property(
    fc.string({ unit: 'binary' }),
    text => countUtf8(text) === Buffer.byteLength(text),
  );
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
  t.is(countUtf8('aé€😀'), 1 + 2 + 3 + 4);
});
