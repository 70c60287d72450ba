import test from 'ava';
import { decodeHello, encodeHello } from '../../src/transport/hello-codec.ts';
import {
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
} from '../../src/transport/message-codec.ts';
import { pack, unpack } from '../../src/transport/msgpack.ts';
import { bytesOf, CLUSTER, PROPOSER, WIRE_1, WIRE_2 } from './recorded-messages.ts';

const OWN = { ...CLUSTER, epoch: 1 };
const seen = { store: `${'0'.repeat(31)}1`, incarnation: 'inc-2', commits: 7 };
const mine = (counter: number) => ({ counter, proposer: PROPOSER });
const found = { accepted: { counter: 2, proposer: 'p2' }, value: Buffer.from('v') };
const key = 'orders.42';

const COMMANDS = {
  epoch: 1,
  sender: PROPOSER,
  recipient: '*',
  items: [
    { kind: 'prepare', key, ballot: mine(3) },
    { kind: 'accept', key, ballot: mine(3), value: Buffer.from('v'), next: mine(4) },
    { kind: 'read', key, serial: 9 },
    { kind: 'floor', key: '#7', ballot: mine(5) },
  ],
  news: [{ member: 'a2', sighting: seen }],
} as const;

const REPLIES = {
  epoch: 1,
  sender: 'a1',
  recipient: PROPOSER,
  items: [
    { kind: 'promised', key, counter: 3, ...found },
    { kind: 'accepted', key, counter: 3 },
    { kind: 'conflict', key, counter: 3, phase: 'accept', seen: { counter: 4, proposer: 'p2' } },
    { kind: 'floored', key: '#7', counter: 5, filter: Buffer.from([1, 2]) },
    { kind: 'floored', key: '#7', counter: 5, filter: undefined },
    { kind: 'full', key, counter: 3, phase: 'prepare' },
    { kind: 'report', key, serial: 9, ...found },
  ],
  stamp: { store: '0'.repeat(32), incarnation: 'inc-1', since: 3, commits: 5 },
} as const;

test('messages that were recorded of wire version 2 are understood, and sent to the byte', t => {
  t.deepEqual(decodeCommands(CLUSTER, bytesOf(WIRE_2.commands)), { kind: 'envelope', envelope: COMMANDS });
  t.deepEqual(decodeReplies(CLUSTER, bytesOf(WIRE_2.replies)), { kind: 'envelope', envelope: REPLIES });
  t.is(Buffer.from(encodeCommands(OWN, COMMANDS)).toString('hex'), WIRE_2.commands);
  t.is(Buffer.from(encodeReplies(OWN, REPLIES)).toString('hex'), WIRE_2.replies);
});

test('a hello that was recorded of wire version 2 is understood, and sent to the byte', t => {
  const decoded = decodeHello(CLUSTER, bytesOf(WIRE_2.hello));
  if (decoded.kind === 'refused') return t.fail(decoded.why);
  const { hello, recipient } = decoded.envelope;
  t.like(hello, { sender: 'a2', epoch: 1, isFormed: true, answers: '' });
  t.is(Buffer.from(encodeHello(CLUSTER, hello, recipient)).toString('hex'), WIRE_2.hello);
});

test('messages of an older or a newer wire version are refused with both versions', t => {
  const newer = bytesOf(WIRE_2.commands.replace('9702', '9703'));
  const [old, oldReplies] = [bytesOf(WIRE_1.commands), bytesOf(WIRE_1.replies)];
  t.deepEqual(decodeCommands(CLUSTER, old), { kind: 'refused', why: 'wire version 1, not 2' });
  t.deepEqual(decodeReplies(CLUSTER, oldReplies), { kind: 'refused', why: 'wire version 1, not 2' });
  t.deepEqual(decodeCommands(CLUSTER, newer), { kind: 'refused', why: 'wire version 3, not 2' });
});

test('what a later build adds behind all else is left unread, in messages and in items', t => {
  const unpacked = unpack(bytesOf(WIRE_2.replies));
  if (unpacked.kind === 'refused' || !Array.isArray(unpacked.value)) return t.fail('it is no array');
  const [version, cluster, epoch, sender, recipient, items, stamp] = unpacked.value;
  const longer = (items as unknown[][]).map(item => (item.length === 6 ? [...item, 'more'] : item));
  const bytes = pack([version, cluster, epoch, sender, recipient, longer, [...stamp, 'more'], 'more']);
  t.deepEqual(decodeReplies(CLUSTER, bytes), { kind: 'envelope', envelope: REPLIES });
});
