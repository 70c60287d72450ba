import test from 'ava';
import fc from 'fast-check';
import { encodeItems } from '../../src/transport/envelope-codec.ts';
import { decodeNotes, encodeNotes, type Note } from '../../src/transport/pass-codec.ts';
import { randomRuns } from '../history/random-runs.ts';
import { damaged, randomBytes } from './random-bytes.ts';

const CONFIGURATION = { cluster: 'orders', epoch: 3, acceptors: ['a', 'b', 'c'] };
const numbers = fc.integer({ min: 1, max: 2 ** 52 - 1 });
const bytes = fc.uint8Array({ maxLength: 40 });
const texts = fc.string({ maxLength: 20 });
const traces = fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);

const notes: fc.Arbitrary<Note> = fc.oneof(
  fc.record({ kind: fc.constant('present' as const), number: numbers }),
  fc.record({ kind: fc.constant('present' as const), number: numbers, isFull: fc.constant(true) }),
  fc.record({ kind: fc.constant('leaving' as const) }),
  fc.record({
    kind: fc.constant('pass' as const),
    number: numbers,
    request: fc.record({
      subject: texts,
      reply: texts,
      bytes,
      id: fc.option(texts, { nil: undefined }),
      trace: fc.option(traces, { nil: undefined }),
    }),
  }),
  fc.record({ kind: fc.constant('probe' as const), number: numbers }),
  fc.record({ kind: fc.constant('taken' as const), first: numbers, last: numbers }),
  fc.record({
    kind: fc.constant('returned' as const),
    number: numbers,
    reply: texts,
    told: fc.record({ bytes, headers: fc.array(fc.tuple(texts, texts)).map(fields => new Map(fields)) }),
  }),
);

const envelopes = fc.array(notes, { maxLength: 4 }).map(items => ({ sender: 'p1', recipient: 'p2', items }));

/** Bodies come out of the decoder as Buffers. */
function plain(items: readonly Note[]): readonly Note[] {
  return items.map(note => {
    if (note.kind === 'pass') {
      return { ...note, request: { ...note.request, bytes: new Uint8Array(note.request.bytes) } };
    }
    return note.kind === 'returned'
      ? { ...note, told: { ...note.told, bytes: new Uint8Array(note.told.bytes) } }
      : note;
  });
}

test('decodeNotes() gives back what encodeNotes() was given', t => {
  const property = fc.property(envelopes, envelope => {
    const decoded = decodeNotes(CONFIGURATION, encodeNotes(CONFIGURATION, envelope));
    if (decoded.kind === 'refused') return t.fail(decoded.why);
    const { epoch } = CONFIGURATION;
    t.deepEqual(
      { ...decoded.envelope, items: plain(decoded.envelope.items) },
      {
        founder: undefined,
        epoch,
        ...envelope,
      },
    );
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('decodeNotes() refuses what another cluster says, and takes what is of another epoch', t => {
  const encoded = encodeNotes(CONFIGURATION, { sender: 'p1', recipient: 'p2', items: [] });
  t.like(decodeNotes({ ...CONFIGURATION, cluster: 'other' }, encoded), { kind: 'refused' });
  const another = encodeNotes({ ...CONFIGURATION, epoch: 4 }, { sender: 'p1', recipient: 'p2', items: [] });
  t.like(decodeNotes(CONFIGURATION, another), { kind: 'envelope', envelope: { epoch: 4 } });
});

const BAD: readonly (readonly [string, readonly unknown[], RegExp])[] = [
  ['an unknown kind', [9, 1], /note 9 is unknown/],
  ['a map for a kind', [{ toString: 'a', valueOf: 1 }, 1], /note a map is unknown/],
  ['a presence without a number', [0], /is no ballot counter/],
  ['a pass with number 0', [2, 0, 's', 'r', new Uint8Array(0), null], /is no ballot counter/],
  ['a pass without a subject', [2, 1, null, 'r', new Uint8Array(0), null], /a subject is missing/],
  ['a pass with an endless subject', [2, 1, 's'.repeat(5000), 'r', new Uint8Array(0), null], /too long/],
  ['a pass without a body', [2, 1, 's', 'r', null, null], /a body is missing/],
  ['a pass with a number for an id', [2, 1, 's', 'r', new Uint8Array(0), 7], /a request id is missing/],
  ['an acknowledgement without an end', [4, 1], /is no ballot counter/],
  ['a returned pass without headers', [5, 1, 'r', new Uint8Array(0)], /an array is missing/],
  ['a returned pass with half a header', [5, 1, 'r', new Uint8Array(0), [['x']]], /a header is missing/],
];

for (const [what, item, why] of BAD) {
  test(`decodeNotes() refuses ${what}`, t => {
    const envelope = { sender: 'p1', recipient: 'p2', items: [{ kind: 'pass', item }] } as const;
    const decoded = decodeNotes(
      CONFIGURATION,
      encodeItems(CONFIGURATION, envelope, ({ item }) => item),
    );
    t.is(decoded.kind, 'refused');
    t.regex(decoded.kind === 'refused' ? decoded.why : '', why);
  });
}

test('decodeNotes() refuses damaged bytes and throws nothing', t => {
  let refused = 0;
  const encoded = envelopes.map(envelope => encodeNotes(CONFIGURATION, envelope));
  const property = fc.property(fc.oneof(damaged(encoded), randomBytes), given => {
    if (decodeNotes(CONFIGURATION, given).kind === 'refused') refused += 1;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 5000)));
  t.true(refused > 1000, `${refused} were refused`);
});
