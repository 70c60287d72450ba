import test from 'ava';
import fc from 'fast-check';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { OPERATION_KINDS, type Operation } from '../../src/protocol/operation.ts';
import { encodeBody } from '../../src/transport/body-codec.ts';
import { pack } from '../../src/transport/msgpack.ts';
import { parseRequest, REQUEST_ID_CHARACTERS_MAX } from '../../src/transport/request-codec.ts';
import { BadRequest, type ErrorCode } from '../../src/transport/service-errors.ts';
import { parseRequestSubject } from '../../src/transport/subjects.ts';
import { randomRuns } from '../history/random-runs.ts';
import { damaged, randomBytes } from './random-bytes.ts';

const limits = { valueBytesMax: 1000, timeoutMsDefault: 5_000, timeoutMsMax: 60_000 };

function parse(operation: string, body: Uint8Array | string | object = '', headerId?: string) {
  const subject = parseRequestSubject('synod', `synod.${operation}`);
  const bytes =
    typeof body === 'string'
      ? Buffer.from(body)
      : body instanceof Uint8Array
        ? body
        : Buffer.from(JSON.stringify(body));
  return parseRequest(subject, bytes, headerId, { limits, changes: BUILT_IN_CHANGES });
}

const GOOD: readonly (readonly [string, object, Operation])[] = [
  ['switch.set.k', {}, { type: 'switch.set' }],
  ['switch.read.k', {}, { type: 'switch.read' }],
  ['register.write.k', { value: null }, { type: 'register.write', value: null }],
  ['register.read.k', {}, { type: 'register.read' }],
  ['variable.read.k', {}, { type: 'variable.read' }],
  ['variable.write.k', { value: { a: [1] } }, { type: 'variable.write', value: { a: [1] } }],
  ['variable.create.k', { value: false }, { type: 'variable.create', value: false }],
  [
    'variable.cas.k',
    { value: 1, version: 0 },
    { type: 'variable.cas', value: 1, expect: { by: 'version', version: 0 } },
  ],
  [
    'variable.cas.k',
    { value: 1, expect: null },
    { type: 'variable.cas', value: 1, expect: { by: 'value', value: null } },
  ],
  ['variable.delete.k', {}, { type: 'variable.delete', version: undefined }],
  ['variable.delete.k', { version: 7 }, { type: 'variable.delete', version: 7 }],
  ['variable.change.k', { change: 'add', args: [1] }, { type: 'variable.change', change: 'add', args: [1] }],
  ['variable.change.k', { change: 'add' }, { type: 'variable.change', change: 'add', args: [] }],
];

for (const [subject, body, operation] of GOOD) {
  test(`parseRequest() takes ${subject} ${JSON.stringify(body)}, as JSON and as msgpack`, t => {
    const expected = { operation, id: undefined };
    t.deepEqual(parse(subject, body).request, expected);
    t.deepEqual(parse(subject, pack(body)).request, expected);
  });
}

test('parseRequest() takes an empty body for {}, where nothing is needed', t => {
  for (const subject of [
    'switch.set.k',
    'switch.read.k',
    'register.read.k',
    'variable.read.k',
    'variable.delete.k',
  ]) {
    t.notThrows(() => parse(subject));
  }
});

test('parseRequest() tells key, size and time limit', t => {
  const body = { value: 'A', timeoutMs: 250 };
  const { key, bytes, timeoutMs } = parse('variable.write.orders.42', body);
  t.deepEqual(
    { key, bytes, timeoutMs },
    { key: 'orders.42', bytes: JSON.stringify(body).length, timeoutMs: 250 },
  );
  t.is(parse('variable.read.k').timeoutMs, limits.timeoutMsDefault);
});

test('parseRequest() takes the id of the body before that of the header (R1)', t => {
  t.is(parse('variable.write.k', { value: 1, id: 'x' }, 'y').request.id, 'x');
  t.is(parse('variable.write.k', { value: 1 }, 'y').request.id, 'y');
  t.is(parse('variable.write.k', { value: 1 }, '').request.id, undefined);
});

test('parseRequest() takes integers that other languages send in 64 bits', t => {
  const body = Buffer.concat([
    Buffer.from([0x82, 0xa5, ...Buffer.from('value'), 0xd3, 0, 0, 0, 0, 0, 0, 0, 5]),
    Buffer.from([0xa7, ...Buffer.from('version'), 0xcf, 0, 0, 0, 0, 0, 0, 0, 7]),
  ]);
  t.deepEqual(parse('variable.cas.k', body).request.operation, {
    type: 'variable.cas',
    value: 5,
    expect: { by: 'version', version: 7 },
  });
});

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const uint64 = Uint8Array.from([0x81, 0xa5, ...Buffer.from('value'), 0xcf, 0x10, 0, 0, 0, 0, 0, 0, 0]);
const bytesValue = pack({ value: new Uint8Array(3) });
const nan = pack({ value: Number.NaN });

/** Subject, body, code, and what the sentence names. */
const BAD: readonly (readonly [string, Uint8Array | string | object, ErrorCode, RegExp])[] = [
  ['song.take.k', '', 'bad_request', /The kind 'song' is none of switch, register, variable/],
  ['', '', 'bad_request', /The kind '' is none of/],
  ['__proto__.read.k', '', 'bad_request', /The kind '__proto__' is none of/],
  ['switch.toString.k', '', 'bad_request', /A switch has no operation 'toString', only set, read/],
  ['switch.write.k', '', 'bad_request', /A switch has no operation 'write', only set, read/],
  ['variable', '', 'bad_request', /A variable has no operation ''/],
  ['variable.read', '', 'bad_key', /The key is missing: it follows the operation in the subject/],
  ['variable.read.', '', 'bad_key', /The key is missing/],
  ['variable.read.a..b', '', 'bad_key', /The key 'a..b' must be terms of letters/],
  ['variable.read.a*', '', 'bad_key', /The key 'a\*' must be terms/],
  ['variable.read.a b', '', 'bad_key', /The key 'a b' must be terms/],
  [`variable.read.${'x'.repeat(300)}`, '', 'bad_key', /The key 'x{64}…' has 300 characters, more than 255/],
  [`variable.read.${'t.'.repeat(16)}t`, '', 'bad_key', /has 17 terms, more than 16/],
  ['variable.write.k', 'hello', 'bad_request', /neither JSON nor a msgpack map/],
  ['variable.write.k', '[1]', 'bad_request', /must be a JSON object or a msgpack map/],
  ['variable.write.k', Uint8Array.from([0x81, 0xa5]), 'bad_request', /no plain msgpack/],
  ['variable.write.k', {}, 'bad_request', /The field 'value' is missing/],
  ['register.write.k', '', 'bad_request', /The field 'value' is missing/],
  [
    'variable.write.k',
    { valeu: 1 },
    'bad_request',
    /The operation variable.write takes value, ttlMs, id, timeoutMs, and not 'valeu'/,
  ],
  ['variable.write.k', { value: 1, version: 3 }, 'bad_request', /and not 'version'/],
  [
    'switch.set.k',
    { value: true },
    'bad_request',
    /The operation switch.set takes id, timeoutMs, and not 'value'/,
  ],
  ['variable.read.k', { ['x'.repeat(200)]: 1 }, 'bad_request', /and not 'x{64}…'/],
  ['variable.write.k', uint64, 'bad_value', /The field 'value' holds an integer beyond 2\^53 - 1/],
  ['variable.write.k', '{"value": 9007199254740993}', 'bad_value', /beyond 2\^53 - 1/],
  ['variable.write.k', '{"value": 1e999}', 'bad_value', /holds Infinity/],
  ['variable.write.k', '{"value": "\\ud800"}', 'bad_value', /half of a surrogate pair/],
  ['variable.write.k', nan, 'bad_value', /The field 'value' holds NaN, which JSON does not have/],
  ['variable.write.k', bytesValue, 'bad_value', /The field 'value' holds bytes/],
  [
    'variable.write.k',
    `{"value": ${deep(33)}}`,
    'bad_value',
    /The field 'value' nests deeper than 32 levels/,
  ],
  ['variable.write.k', `{"value": ${deep(100_000)}}`, 'bad_value', /nests deeper than 32 levels/],
  ['variable.write.k', '{"value": {"__proto__": 1}}', 'bad_value', /'__proto__'/],
  ['variable.write.k', '{"__proto__": {"value": 1}}', 'bad_request', /and not '__proto__'/],
  [
    'variable.write.k',
    { value: 'x'.repeat(998) },
    'too_large',
    /The field 'value' has 1001 bytes, more than 1000/,
  ],
  ['variable.cas.k', { value: 1 }, 'bad_request', /either 'version' \(0 for unset\) or 'expect'/],
  ['variable.cas.k', { value: 1, version: 1, expect: 1 }, 'bad_request', /either 'version' .* or 'expect'/],
  ['variable.cas.k', { version: 1 }, 'bad_request', /The field 'value' is missing/],
  ['variable.cas.k', { value: 1, version: -1 }, 'bad_request', /'version' must be a whole number from 0 on/],
  ['variable.cas.k', { value: 1, version: 1.5 }, 'bad_request', /'version' must be a whole number/],
  ['variable.cas.k', { value: 1, version: '1' }, 'bad_request', /'version' must be a whole number/],
  ['variable.cas.k', { value: 1, version: null }, 'bad_request', /'version' must be a whole number/],
  ['variable.cas.k', { value: 1, version: 2 ** 60 }, 'bad_request', /'version' must be a whole number/],
  ['variable.cas.k', '{"value": 1, "expect": 1e999}', 'bad_value', /The field 'expect' holds Infinity/],
  [
    'variable.cas.k',
    { value: 1, expect: 'x'.repeat(2000) },
    'too_large',
    /The field 'expect' has 2003 bytes/,
  ],
  ['variable.delete.k', { version: 0 }, 'bad_request', /'version' must be a whole number from 1 on/],
  ['variable.change.k', {}, 'bad_request', /The field 'change' must be the name of a change function/],
  ['variable.change.k', { change: 7 }, 'bad_request', /The field 'change' must be the name/],
  [
    'variable.change.k',
    { change: 'nope' },
    'unknown_change',
    /There is no change 'nope' here, only add, max/,
  ],
  ['variable.change.k', { change: 'toString' }, 'unknown_change', /There is no change 'toString'/],
  ['variable.change.k', { change: 'add', args: 1 }, 'bad_request', /The field 'args' must be an array/],
  [
    'variable.change.k',
    { change: 'add', args: { 0: 1 } },
    'bad_request',
    /The field 'args' must be an array/,
  ],
  ['variable.change.k', '{"change": "add", "args": [1e999]}', 'bad_value', /The field 'args' holds Infinity/],
  ['variable.change.k', { change: 'append', args: ['x'.repeat(2000)] }, 'too_large', /The field 'args' has/],
  ['variable.read.k', { id: 7 }, 'bad_request', /A request id must be a string of 1 to 64 characters/],
  ['variable.read.k', { id: '' }, 'bad_request', /A request id must be a string/],
  [
    'variable.read.k',
    { id: 'x'.repeat(REQUEST_ID_CHARACTERS_MAX + 1) },
    'bad_request',
    /A request id must be/,
  ],
  ['variable.read.k', { id: 'x\ud800' }, 'bad_request', /A request id must be .* half of a pair/],
  ['variable.read.k', { timeoutMs: 0 }, 'bad_request', /'timeoutMs' must be a number from 1 to 60000/],
  ['variable.read.k', { timeoutMs: 60_001 }, 'bad_request', /'timeoutMs' must be a number/],
  ['variable.read.k', { timeoutMs: '5' }, 'bad_request', /'timeoutMs' must be a number/],
  ['variable.read.k', { timeoutMs: null }, 'bad_request', /'timeoutMs' must be a number/],
  ['variable.read.k', pack({ timeoutMs: Number.NaN }), 'bad_request', /'timeoutMs' must be a number/],
];

BAD.forEach(([subject, body, code, names], i) => {
  const shown =
    body instanceof Uint8Array ? 'msgpack' : typeof body === 'string' ? body : JSON.stringify(body);
  test(`parseRequest() answers ${code} to ${subject.slice(0, 40)} ${shown.slice(0, 60)} (${i + 1})`, t => {
    const error = t.throws(() => parse(subject, body), { instanceOf: BadRequest });
    t.is(error?.code, code);
    t.regex(error?.message ?? '', names);
    t.regex(error?.message ?? '', /^[A-Z]/);
  });
});

test('parseRequest() refuses a header id that is too long', t => {
  const error = t.throws(() => parse('variable.read.k', '', 'x'.repeat(65)), { instanceOf: BadRequest });
  t.is(error?.code, 'bad_request');
});

test('parseRequest() throws BadRequest and nothing else, when it gets random or damaged bodies', t => {
  const good = fc.constantFrom(...GOOD).map(([, body]) => encodeBody('msgpack', { ...body }));
  const operations = fc.constantFrom(...Object.keys(OPERATION_KINDS));
  let refused = 0;
  const property = fc.property(operations, fc.oneof(damaged(good), randomBytes), (operation, given) => {
    try {
      parse(`${operation}.k`, given);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      refused += 1;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 10_000)));
  t.true(refused > 1_000 && refused < 9_950, `${refused} were refused`);
});

test('parseRequest() throws BadRequest and nothing else, whatever the subject', t => {
  const property = fc.property(fc.string({ unit: 'binary' }), subject => {
    try {
      parse(subject);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 2000)));
});
