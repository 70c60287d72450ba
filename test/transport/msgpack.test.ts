import test from 'ava';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { pack, unpack } from '../../src/transport/msgpack.ts';
import { randomRuns } from '../history/random-runs.ts';
import { values } from '../protocol/arbitrary.ts';
import { damaged, randomBytes } from './random-bytes.ts';

const bytes = (...parts: readonly (number | string)[]): Uint8Array => {
  return Buffer.concat(
    parts.map(part => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))),
  );
};

function whyNot(given: Uint8Array): string {
  const unpacked = unpack(given);
  return unpacked.kind === 'refused' ? unpacked.why : `it is ${JSON.stringify(unpacked.value)}`;
}

test('unpack() gives back what pack() was given', t => {
  const property = fc.property(values, value => {
    const unpacked = unpack(pack(value));
    return unpacked.kind === 'value' && JSON.stringify(unpacked.value) === JSON.stringify(value);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
});

test('unpack() gives back bytes as bytes of their own', t => {
  const packed = pack([new Uint8Array([1, 2, 3])]);
  const unpacked = unpack(packed);
  packed.fill(0xc0);
  t.deepEqual(unpacked.kind === 'value' && unpacked.value, [Buffer.from([1, 2, 3])]);
});

test('pack() writes plain MessagePack: no records, no extensions, and the shortest maps', t => {
  t.deepEqual(Buffer.from(pack({ a: 1 })), Buffer.from(bytes(0x81, 0xa1, 'a', 1)));
  t.deepEqual(
    Buffer.from(pack([{ a: 1 }, { a: 2 }])),
    Buffer.from(bytes(0x92, 0x81, 0xa1, 'a', 1, 0x81, 0xa1, 'a', 2)),
  );
});

/** Every width that other languages may choose for an integer. */
const INTEGERS: readonly (readonly [string, Uint8Array, number])[] = [
  ['uint8', bytes(0xcc, 5), 5],
  ['uint16', bytes(0xcd, 0, 5), 5],
  ['uint32', bytes(0xce, 0, 0, 0, 5), 5],
  ['uint64', bytes(0xcf, 0, 0, 0, 0, 0, 0, 0, 5), 5],
  ['int8', bytes(0xd0, 0xfb), -5],
  ['int16', bytes(0xd1, 0xff, 0xfb), -5],
  ['int32', bytes(0xd2, 0xff, 0xff, 0xff, 0xfb), -5],
  ['int64', bytes(0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb), -5],
  [
    'the largest exact uint64',
    bytes(0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    Number.MAX_SAFE_INTEGER,
  ],
  ['the smallest exact int64', bytes(0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1), Number.MIN_SAFE_INTEGER],
];

for (const [width, packed, number] of INTEGERS) {
  test(`unpack() gives a number, when an integer comes as ${width}`, t => {
    t.deepEqual(unpack(packed), { kind: 'value', value: number });
  });
}

test('unpack() never takes an integer from 2^53 on for an exact one', t => {
  const inexact = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n });
  const property = fc.property(inexact, integer => {
    const packed = Buffer.alloc(9, 0xcf);
    packed.writeBigUInt64BE(integer, 1);
    const unpacked = unpack(packed);
    return unpacked.kind === 'value' && !Number.isSafeInteger(unpacked.value);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

for (const type of [0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8]) {
  test(`unpack() refuses byte 0x${type.toString(16)}, an extension or unused, wherever it is`, t => {
    const named = new RegExp(`byte 0x${type.toString(16)} at \\d+ is an extension or unused`);
    t.regex(whyNot(bytes(type, 0, 0, 0, 0)), named);
    t.regex(whyNot(bytes(0x92, 1, type, 0, 0)), named);
    t.regex(whyNot(bytes(0x81, 0xa1, 'a', type, 0, 0)), named);
  });
}

test("unpack() refuses the library's own records, classes, dates and references", t => {
  const records = new Packr({ useRecords: true, moreTypes: true, structuredClone: true });
  const circular: unknown[] = [];
  circular.push(circular);
  for (const value of [
    { a: 1 },
    new Date(0),
    new Map([[1, 2]]),
    new Set([1]),
    /a/,
    new Error('e'),
    circular,
  ]) {
    t.is(unpack(records.pack(value)).kind, 'refused');
  }
});

test('unpack() refuses bytes after the value', t => {
  t.regex(whyNot(bytes(1, 2)), /1 bytes follow it/);
  t.regex(whyNot(bytes(0x80, 0x80)), /1 bytes follow it/);
});

test('unpack() refuses what ends too early', t => {
  for (const whole of [
    pack({ a: [1, 'text', 2 ** 40, 0.5, null] }),
    pack([new Uint8Array(300), 'x'.repeat(70_000)]),
  ]) {
    for (let length = 0; length < Math.min(whole.length, 400); length++) {
      t.is(unpack(whole.subarray(0, length)).kind, 'refused');
    }
  }
});

test('unpack() refuses a count that cannot be true, before it does any work', t => {
  const start = performance.now();
  for (const type of [0xc6, 0xdb, 0xdd, 0xdf])
    t.regex(whyNot(bytes(type, 0xff, 0xff, 0xff, 0xff, 1)), /ends too early/);
  t.regex(whyNot(bytes(0xdd, 0x7f, 0xff, 0xff, 0xff)), /ends too early/);
  t.true(performance.now() - start < 100);
});

test('unpack() refuses deep nesting, of arrays and of maps', t => {
  t.is(unpack(bytes(...Array.from({ length: 40 }, () => 0x91), 1)).kind, 'value');
  t.regex(whyNot(bytes(...Array.from({ length: 41 }, () => 0x91), 1)), /nests deeper than 40 levels/);
  t.regex(whyNot(bytes(...Array.from({ length: 100_000 }, () => 0x91))), /nests deeper/);
  const maps = Array.from({ length: 41 }, () => [0x81, 0xa1, 'a'] as const).flat();
  t.regex(whyNot(bytes(...maps, 1)), /nests deeper/);
});

test('unpack() refuses map keys that are no strings', t => {
  for (const key of [0x01, 0xc0, 0xc3, 0x90, 0xcb])
    t.regex(whyNot(bytes(0x81, key, 0, 0, 0, 0, 0, 0, 0, 0, 1)), /map key at 1 is not a string/);
});

test("unpack() refuses a field named '__proto__', however long its length is written", t => {
  const headers = [[0xa9], [0xd9, 9], [0xda, 0, 9], [0xdb, 0, 0, 0, 9]];
  for (const header of headers) t.regex(whyNot(bytes(0x81, ...header, '__proto__', 1)), /'__proto__'/);
  t.regex(whyNot(bytes(0x91, 0x81, 0xa9, '__proto__', 0x80)), /'__proto__'/);
});

test("unpack() takes fields whose names only end in '__proto__'", t => {
  for (const name of ['a__proto__', `${'x'.repeat(40)}__proto__`, `${'x'.repeat(300)}__proto__`]) {
    t.deepEqual(unpack(pack({ [name]: 1 })), { kind: 'value', value: { [name]: 1 } });
  }
});

test('unpack() refuses more binaries than any message has: they take most memory for their bytes', t => {
  const binaries = (count: number): Uint8Array =>
    Buffer.concat([
      bytes(0xdd, 0, count >> 16, (count >> 8) & 0xff, count & 0xff),
      Buffer.alloc(2 * count, 'xAA=', 'base64'),
    ]);
  t.is(unpack(binaries(65_536)).kind, 'value');
  t.regex(whyNot(binaries(65_537)), /more than 65536 binaries/);
});

test('unpack() neither throws nor hangs, when it gets random bytes', t => {
  let values = 0;
  const property = fc.property(randomBytes, given => {
    if (unpack(given).kind === 'value') values += 1;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 10_000)));
  t.true(values > 100, `Only ${values} were values`);
});

test('unpack() neither throws nor hangs, when good bytes are damaged', t => {
  let refused = 0;
  const property = fc.property(damaged(values.map(value => pack({ value }))), given => {
    if (unpack(given).kind === 'refused') refused += 1;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 5_000)));
  t.true(refused > 500 && refused < 4_500, `${refused} were refused`);
});
