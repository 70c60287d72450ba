import test from 'ava';
import fc from 'fast-check';
import { decodeBody, encodeBody, type Format, formatOf } from '../../src/transport/body-codec.ts';
import { pack } from '../../src/transport/msgpack.ts';
import { BadRequest } from '../../src/transport/service-errors.ts';
import { randomRuns } from '../history/random-runs.ts';
import { values } from '../protocol/arbitrary.ts';
import { damaged, randomBytes } from './random-bytes.ts';

const text = (body: string) => Buffer.from(body);
const FORMATS: readonly Format[] = ['json', 'msgpack'];

test('formatOf() tells JSON and msgpack apart by the first byte', t => {
  t.is(formatOf(text('{}')), 'json');
  t.is(formatOf(text('  {"a": 1}')), 'json');
  t.is(formatOf(new Uint8Array(0)), 'json');
  for (const map of [0x80, 0x81, 0x8f, 0xde, 0xdf]) t.is(formatOf(Uint8Array.from([map])), 'msgpack');
  for (let first = 0; first < 0x80; first++) t.is(formatOf(Uint8Array.from([first])), 'json');
});

test('formatOf() knows what encodeBody() wrote, whatever is in it', t => {
  const property = fc.property(fc.constantFrom(...FORMATS), values, (format, value) => {
    return formatOf(encodeBody(format, { ok: true, value })) === format;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

test('decodeBody() gives back what encodeBody() was given, in both formats', t => {
  const property = fc.property(fc.constantFrom(...FORMATS), values, (format, value) => {
    const body = decodeBody(encodeBody(format, { value }));
    return JSON.stringify(body) === JSON.stringify({ value });
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('decodeBody() takes an empty body for {}', t => {
  t.deepEqual(decodeBody(new Uint8Array(0)), {});
});

const BAD: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['text', text('hello'), /neither JSON nor a msgpack map/],
  ['half of an object', text('{"value": '), /neither JSON nor a msgpack map/],
  ['an object and more', text('{} {}'), /neither JSON nor a msgpack map/],
  ['single quotes', text("{'value': 1}"), /neither JSON nor a msgpack map/],
  ['a JSON array', text('[1]'), /must be a JSON object or a msgpack map/],
  ['a JSON number', text('7'), /must be a JSON object or a msgpack map/],
  ['null', text('null'), /must be a JSON object or a msgpack map/],
  [
    'broken UTF-8',
    Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    /neither JSON nor a msgpack map/,
  ],
  ['a msgpack array', pack([1]), /neither JSON nor a msgpack map/],
  ['half of a msgpack map', pack({ value: 'A' }).subarray(0, 7), /no plain msgpack: it ends too early/],
  [
    'a msgpack map and more',
    Buffer.concat([pack({ a: 1 }), pack(1)]),
    /no plain msgpack: .*1 bytes follow it/,
  ],
  ['a msgpack extension', Uint8Array.from([0x81, 0xa1, 0x61, 0xd4, 0, 0]), /extension or unused/],
  ['a msgpack map with numbers for keys', Uint8Array.from([0x81, 1, 1]), /is not a string/],
];

for (const [what, body, why] of BAD) {
  test(`decodeBody() refuses ${what}`, t => {
    const error = t.throws(() => decodeBody(body), { instanceOf: BadRequest });
    t.is(error?.code, 'bad_request');
    t.regex(error?.message ?? '', why);
  });
}

test('decodeBody() throws BadRequest and nothing else, when it gets random or damaged bytes', t => {
  const good = fc
    .tuple(fc.constantFrom(...FORMATS), values)
    .map(([format, value]) => encodeBody(format, { value }));
  let refused = 0;
  const property = fc.property(fc.oneof(damaged(good), randomBytes), given => {
    try {
      decodeBody(given);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      refused += 1;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 10_000)));
  t.true(refused > 1_000 && refused < 9_900, `${refused} were refused`);
});
