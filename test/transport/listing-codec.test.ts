import test from 'ava';
import { encodeItems } from '../../src/transport/envelope-codec.ts';
import {
  decodeListing,
  decodeQuestion,
  encodeListing,
  encodeQuestion,
  LISTED_KEYS_MAX,
  type Listing,
  type Question,
} from '../../src/transport/listing-codec.ts';

const HERE = { cluster: 'synod', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };
const ENDS = { sender: 'verify-1', recipient: 'a1' };
const HOLDING = { accepted: { counter: 7, proposer: 'p1-x' }, digest: 'abc' };

test('decodeQuestion() gives what encodeQuestion() was given', t => {
  const questions: readonly Question[] = [
    { kind: 'page', serial: 1, partition: 255, after: '' },
    { kind: 'page', serial: 2, partition: 0, after: 'orders.42' },
    { kind: 'keys', serial: 3, keys: ['a', 'b.c'] },
  ];
  for (const item of questions) {
    const one = { ...ENDS, item };
    t.deepEqual(decodeQuestion(HERE, encodeQuestion(HERE, one)), { kind: 'envelope', envelope: one });
  }
});

test('decodeListing() gives what encodeListing() was given', t => {
  const listings: readonly Listing[] = [
    { serial: 1, held: new Map(), next: undefined },
    { serial: 2, held: new Map([['orders.42', HOLDING]]), next: 'orders.43' },
  ];
  for (const item of listings) {
    const one = { ...ENDS, item };
    t.deepEqual(decodeListing(HERE, encodeListing(HERE, one)), { kind: 'envelope', envelope: one });
  }
});

const raw = (...items: readonly (readonly unknown[])[]): Uint8Array =>
  encodeItems(
    HERE,
    { ...ENDS, items: items.map(fields => ({ kind: 'listing', fields })) },
    ({ fields }) => fields,
  );

test('decodeQuestion() refuses what is no single question within its bounds', t => {
  const tooMany = Array.from({ length: LISTED_KEYS_MAX + 1 }, (_, i) => `k${i}`);
  const bad = [
    raw(),
    raw([1, 1, ['k']], [1, 2, ['k']]),
    raw([2, 1, 0, '']),
    raw([0, 0, 0, '']),
    raw([0, 1, 256, '']),
    raw([0, 1, -1, '']),
    raw([0, 1, 0, '#7']),
    raw([0, 1, 0, null]),
    raw([1, 1, ['#memory']]),
    raw([1, 1, tooMany]),
    raw([1, 1, 'k']),
    encodeQuestion({ ...HERE, cluster: 'other' }, { ...ENDS, item: { kind: 'keys', serial: 1, keys: [] } }),
  ];
  for (const bytes of bad) t.is(decodeQuestion(HERE, bytes).kind, 'refused');
});

test('decodeListing() refuses what is no single listing within its bounds', t => {
  const tooMany = Array.from({ length: LISTED_KEYS_MAX + 1 }, (_, i) => [`k${i}`, 1, 'p', 'd']);
  const bad = [
    raw(),
    raw([1, [], null], [2, [], null]),
    raw([1, [['k', 0, '', 'd']], null]),
    raw([1, [['k', 1, 'p', 7]], null]),
    raw([1, [['#7', 1, 'p', 'd']], null]),
    raw([1, tooMany, null]),
    raw([1, [], '']),
  ];
  for (const bytes of bad) t.is(decodeListing(HERE, bytes).kind, 'refused');
});
