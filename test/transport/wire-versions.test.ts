import test from 'ava';
import { decodeHello, encodeHello } from '../../src/transport/hello-codec.ts';
import {
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
} from '../../src/transport/message-codec.ts';
import { pack, unpack } from '../../src/transport/msgpack.ts';
import type { Kind } from '../../src/transport/wire-version.ts';
import { PRODUCT, withCopy } from '../durability/products.ts';
import type { Patch } from '../mutants/mutants.ts';
import { codecsOf, SAMPLES } from './kinds.ts';
import {
  bytesOf,
  CLUSTER,
  KINDS_OF_WIRE_3,
  PROPOSER,
  REMAINS,
  WIRE_1,
  WIRE_2,
  WIRE_3,
} from './recorded-messages.ts';

/** Which kinds came with wire version 4 of a release that knows nothing new yet. */
const since = new Map<Kind, number>();
Object.assign(globalThis, { sinceOfTheTest: since });
const VERSIONS = 'src/transport/wire-version.js';
const EMPTY_RELEASE: readonly Patch[] = [
  { file: VERSIONS, search: 'export const WIRE_VERSION = 3;', replace: 'export const WIRE_VERSION = 4;' },
  { file: VERSIONS, search: 'new Map([])', replace: 'globalThis.sinceOfTheTest' },
];

const OWN = { ...CLUSTER, epoch: 1 };
const seen = { store: `${'0'.repeat(31)}1`, incarnation: 'inc-2', commits: 7 };
const mine = (counter: number) => ({ counter, proposer: PROPOSER });
const found = { accepted: { counter: 2, proposer: 'p2' }, value: Buffer.from('v') };
const key = 'orders.42';
const remains = bytesOf(REMAINS);

const COMMANDS = {
  founder: undefined,
  epoch: 1,
  sender: PROPOSER,
  recipient: '*',
  items: [
    { kind: 'prepare', key, ballot: mine(3) },
    { kind: 'accept', key, ballot: mine(3), value: Buffer.from('v'), next: mine(4) },
    { kind: 'read', key, serial: 9 },
    { kind: 'floor', key: '#7', ballot: mine(5) },
    { kind: 'floor', key: '#7', ballot: mine(5), remains },
    { kind: 'copy', key, ...found },
    { kind: 'collect', key, ballot: mine(6), accepted: found.accepted, remains },
  ],
  news: [{ member: 'a2', sighting: seen }],
} as const;

const REPLIES = {
  founder: undefined,
  epoch: 1,
  sender: 'a1',
  recipient: PROPOSER,
  items: [
    { kind: 'promised', key, counter: 3, ...found },
    { kind: 'promised', key, counter: 3, accepted: { counter: 0, proposer: '' }, value: remains },
    { kind: 'accepted', key, counter: 3 },
    { kind: 'conflict', key, counter: 3, phase: 'accept', seen: { counter: 4, proposer: 'p2' } },
    { kind: 'floored', key: '#7', counter: 5, filter: Buffer.from([1, 2]) },
    { kind: 'floored', key: '#7', counter: 5, filter: undefined, remains },
    { kind: 'full', key, counter: 3, phase: 'prepare' },
    { kind: 'report', key, serial: 9, ...found },
    { kind: 'copied', key, accepted: found.accepted },
    { kind: 'collected', key, counter: 6, isGone: true },
  ],
  stamp: { store: '0'.repeat(32), incarnation: 'inc-1', since: 3, commits: 5 },
} as const;

test('messages that were recorded of wire version 3 are understood, and sent to the byte', t => {
  t.deepEqual(decodeCommands(CLUSTER, bytesOf(WIRE_3.commands)), { kind: 'envelope', envelope: COMMANDS });
  t.deepEqual(decodeReplies(CLUSTER, bytesOf(WIRE_3.replies)), { kind: 'envelope', envelope: REPLIES });
  t.is(Buffer.from(encodeCommands(OWN, COMMANDS)).toString('hex'), WIRE_3.commands);
  t.is(Buffer.from(encodeReplies(OWN, REPLIES)).toString('hex'), WIRE_3.replies);
});

test('a hello that was recorded of wire version 3 is understood, and sent to the byte', t => {
  const decoded = decodeHello(CLUSTER, bytesOf(WIRE_3.hello));
  if (decoded.kind === 'refused') return t.fail(decoded.why);
  const { hello, recipient } = decoded.envelope;
  t.like(hello, { sender: 'a2', epoch: 1, isFormed: true, answers: '' });
  t.is(Buffer.from(encodeHello(CLUSTER, hello, recipient)).toString('hex'), WIRE_3.hello);
});

test('messages of the other kinds that were recorded of wire version 3 are understood, and sent to the byte', async t => {
  const codecs = await codecsOf(PRODUCT);
  for (const [kind, hex] of Object.entries(KINDS_OF_WIRE_3)) {
    const { encode, decode } = SAMPLES[kind as Kind];
    t.is(Buffer.from(encode(codecs)).toString('hex'), hex, kind);
    t.is(decode(codecs, bytesOf(hex)).kind, 'envelope', kind);
  }
});

test('every kind that a later release makes newer is kept from this build, and no other', async t => {
  const kinds = Object.keys(SAMPLES) as Kind[];
  const here = await codecsOf(PRODUCT);
  await withCopy('kinds', EMPTY_RELEASE, async product => {
    const there = await codecsOf(product);
    for (const newer of kinds) {
      since.clear();
      since.set(newer, 4);
      for (const kind of kinds) {
        const { encode, decode } = SAMPLES[kind];
        const bytes = encode(there);
        t.is(decode(there, bytes).kind, 'envelope', kind);
        const taken = decode(here, bytes);
        t.is(
          taken.why,
          kind === newer ? 'wire version 4, not 3' : undefined,
          `${kind}, with a newer ${newer}`,
        );
      }
    }
  });
});

test('messages of an older or a newer wire version are refused with both versions', t => {
  for (const [version, { commands, replies }] of [
    [1, WIRE_1],
    [2, WIRE_2],
  ] as const) {
    const refused = { kind: 'refused', why: `wire version ${version}, not 3` } as const;
    t.deepEqual(decodeCommands(CLUSTER, bytesOf(commands)), refused);
    t.deepEqual(decodeReplies(CLUSTER, bytesOf(replies)), refused);
  }
  const newer = bytesOf(WIRE_3.commands.replace('9703', '9704'));
  t.deepEqual(decodeCommands(CLUSTER, newer), { kind: 'refused', why: 'wire version 4, not 3' });
});

test('what a later build adds behind all else is left unread, in messages and in items', t => {
  const unpacked = unpack(bytesOf(WIRE_3.replies));
  if (unpacked.kind === 'refused' || !Array.isArray(unpacked.value)) return t.fail('it is no array');
  const [version, cluster, epoch, sender, recipient, items, stamp] = unpacked.value;
  const longer = (items as unknown[][]).map(item => (item.length === 6 ? [...item, 'more'] : item));
  const bytes = pack([
    version,
    cluster,
    epoch,
    sender,
    recipient,
    longer,
    [...stamp, 'more'],
    [],
    'store',
    'more',
  ]);
  t.deepEqual(decodeReplies(CLUSTER, bytes), {
    kind: 'envelope',
    envelope: { ...REPLIES, founder: 'store' },
  });
});
