import test from 'ava';
import fc from 'fast-check';
import { type Ballot, COUNTER_MAX, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { News, Stamp } from '../../src/protocol/memory.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { floorName, PARTITIONS } from '../../src/protocol/partition.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { nameIn, partitionKey } from '../../src/protocol/stays.ts';
import { ALL, type Decoded } from '../../src/transport/envelope-codec.ts';
import {
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
  itemBytes,
} from '../../src/transport/message-codec.ts';
import { pack } from '../../src/transport/msgpack.ts';
import { WIRE_VERSION } from '../../src/transport/wire-version.ts';
import { randomRuns } from '../history/random-runs.ts';
import { damaged, randomBytes } from './random-bytes.ts';

const HERE: Configuration = { cluster: 'orders', epoch: 3, acceptors: ['a', 'b', 'c'] };
const SENDER = 'p1-0123456789abcdef';
const nothing = new Uint8Array(0);
const STAMP: Stamp = { store: '00ff', incarnation: 'abcdefghijk', since: 3, commits: 5 };
const NEWS: readonly News[] = [
  { member: 'b', sighting: { store: '00ff', incarnation: 'abcdefghijk', commits: 5 } },
];

const keys = fc.stringMatching(/^[A-Za-z0-9_/=-]{1,10}(\.[A-Za-z0-9_/=-]{1,10}){0,3}$/);
const counters = fc.integer({ min: 1, max: COUNTER_MAX - 2 });
const own = counters.map(counter => ({ counter, proposer: SENDER }));
const foreign = fc.record({ counter: counters, proposer: fc.constantFrom('p2', 'p3') });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 50 });
const found = fc.oneof(
  fc.record({ accepted: foreign, value: bytes }),
  fc.constant({ accepted: ZERO_BALLOT, value: nothing }),
);

const floorNames = fc.nat(PARTITIONS - 1).map(floorName);

const names = fc.tuple(fc.nat(), keys).map(([stay, key]) => nameIn(stay, key));
const fetchedNames = fc.oneof(
  names,
  fc
    .tuple(fc.nat(), fc.nat(PARTITIONS - 1))
    .map(([stay, partition]) => nameIn(stay, partitionKey(partition))),
);

const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant('prepare' as const), key: keys, ballot: own }),
  fc.record({ kind: fc.constant('accept' as const), key: keys, ballot: own, value: bytes }).map(accept => {
    return { ...accept, next: { counter: accept.ballot.counter + 1, proposer: SENDER } };
  }),
  fc.record({ kind: fc.constant('read' as const), key: keys, serial: counters }),
  fc.record({ kind: fc.constant('fetch' as const), key: fetchedNames, serial: counters }),
  fc.record({ kind: fc.constant('floor' as const), key: floorNames, ballot: own }),
  fc.record({ kind: fc.constant('copy' as const), key: keys, accepted: foreign, value: bytes }),
);
const replies: fc.Arbitrary<Reply> = fc.oneof(
  fc
    .tuple(keys, counters, found)
    .map(([key, counter, vote]) => ({ kind: 'promised' as const, key, counter, ...vote })),
  fc.record({ kind: fc.constant('accepted' as const), key: keys, counter: counters }),
  fc.record({ kind: fc.constant('closed' as const), key: names, stay: fc.nat() }),
  fc.record({ kind: fc.constant('copied' as const), key: keys, accepted: foreign }),
  fc.record({
    kind: fc.constant('conflict' as const),
    key: keys,
    phase: fc.constantFrom('prepare' as const, 'accept' as const),
    counter: counters,
    seen: foreign,
  }),
  fc.record({
    kind: fc.constant('floored' as const),
    key: floorNames,
    counter: counters,
    filter: fc.option(bytes, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('full' as const),
    key: fc.oneof(keys, floorNames),
    phase: fc.constantFrom('prepare' as const, 'accept' as const),
    counter: counters,
  }),
  fc
    .tuple(keys, counters, found)
    .map(([key, serial, vote]) => ({ kind: 'report' as const, key, serial, ...vote })),
);

function itemsOf<Item>(decoded: Decoded<Item>): readonly Item[] {
  if (decoded.kind === 'refused') throw new Error(decoded.why);
  return decoded.envelope.items;
}

function whyNot(decoded: Decoded<unknown>): string {
  return decoded.kind === 'refused' ? decoded.why : 'it was taken';
}

/** A message with one part replaced. */
function message(
  part: Partial<Record<'version' | 'cluster' | 'epoch' | 'sender' | 'recipient' | 'items' | 'tail', unknown>>,
) {
  const whole = {
    version: WIRE_VERSION,
    cluster: 'orders',
    epoch: 3,
    sender: SENDER,
    recipient: ALL,
    items: [],
    tail: [],
    ...part,
  };
  return pack([
    whole.version,
    whole.cluster,
    whole.epoch,
    whole.sender,
    whole.recipient,
    whole.items,
    whole.tail,
  ]);
}

test('decodeCommands() gives back what encodeCommands() was given', t => {
  const property = fc.property(fc.array(commands, { maxLength: 10 }), items => {
    const encoded = encodeCommands(HERE, { sender: SENDER, recipient: ALL, items, news: NEWS });
    t.deepEqual(plain(itemsOf(decodeCommands(HERE, encoded))), plain(items));
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

test('decodeReplies() gives back what encodeReplies() was given', t => {
  const property = fc.property(fc.array(replies, { maxLength: 10 }), items => {
    const encoded = encodeReplies(HERE, { sender: 'a', recipient: SENDER, items, stamp: STAMP });
    t.deepEqual(plain(itemsOf(decodeReplies(HERE, encoded))), plain(items));
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

/** Bytes come back as a Buffer, which is one kind of Uint8Array. */
function plain<Item extends Command | Reply>(items: readonly Item[]) {
  return items.map(item => {
    if ('value' in item) return { ...item, value: Uint8Array.from(item.value) };
    return item.kind === 'floored' ? { ...item, filter: item.filter && Uint8Array.from(item.filter) } : item;
  });
}

test('decodeCommands() tells who sent the message and to whom', t => {
  const decoded = decodeCommands(HERE, message({ sender: 'p7', recipient: 'b' }));
  t.deepEqual(decoded, {
    kind: 'envelope',
    envelope: { founder: undefined, epoch: 3, sender: 'p7', recipient: 'b', items: [], news: [] },
  });
});

test("decodeCommands() makes every ballot the sender's own (P3)", t => {
  const items: readonly Command[] = [
    { kind: 'prepare', key: 'k', ballot: { counter: 5, proposer: 'somebody' } },
  ];
  const encoded = encodeCommands(HERE, { sender: SENDER, recipient: ALL, items, news: [] });
  const expected: Ballot = { counter: 5, proposer: SENDER };
  t.deepEqual(itemsOf(decodeCommands(HERE, encoded)), [{ kind: 'prepare', key: 'k', ballot: expected }]);
});

const FOREIGN: readonly (readonly [string, Parameters<typeof message>[0], RegExp])[] = [
  ['another cluster', { cluster: 'payments' }, /it is of cluster payments/],
  ['no epoch', { epoch: null }, /null is no ballot counter/],
  ['a negative epoch', { epoch: -1 }, /-1 is no ballot counter/],
  ['another wire version', { version: 4 }, /wire version 4, not 3/],
  ['no sender', { sender: null }, /a name is missing/],
  ['a sender too long', { sender: 'x'.repeat(256) }, /a name is missing or too long/],
  ['no recipient', { recipient: 7 }, /a name is missing/],
  ['no items', { items: null }, /an array is missing/],
  ['an item that is none', { items: [7] }, /an array is missing/],
  ['a map for a cluster', { cluster: { toString: 1, valueOf: 1 } }, /it is of cluster a map/],
  ['a map for a version', { version: { toString: 1, valueOf: 1 } }, /wire version a map, not 3/],
  ['a cluster too long', { cluster: 'x'.repeat(999) }, /^it is of cluster x{64}…$/],
];

for (const [what, part, why] of FOREIGN) {
  test(`decodeCommands() and decodeReplies() refuse a message of ${what} (P3)`, t => {
    t.regex(whyNot(decodeCommands(HERE, message(part))), why);
    t.regex(whyNot(decodeReplies(HERE, message(part))), why);
  });
}

test('decodeCommands() refuses what is no array, and what is no msgpack', t => {
  t.regex(whyNot(decodeCommands(HERE, pack({}))), /an array is missing/);
  t.regex(whyNot(decodeCommands(HERE, nothing)), /ends too early/);
});

const one = new Uint8Array(1);
const BAD_COMMANDS: readonly (readonly [string, readonly unknown[], RegExp])[] = [
  ['an unknown command', [9, 'k', 1], /command 9 is unknown/],
  ['no kind', [], /command undefined is unknown/],
  ['a map for a kind', [{ toString: 1, valueOf: 1 }, 'k', 1], /command a map is unknown/],
  ['a map for a counter', [0, 'k', { toString: 1, valueOf: 1 }], /a map is no ballot counter/],
  ['no key', [0], /a name is missing/],
  ['a bad key', [0, 'a b', 1], /a key must be terms/],
  ['an empty key', [0, '', 1], /a key is empty/],
  ['a long key', [2, 'x'.repeat(256), 1], /has 256 characters, more than 255/],
  ['counter 0', [0, 'k', 0], /0 is no ballot counter/],
  ['a negative counter', [0, 'k', -1], /-1 is no ballot counter/],
  ['a fraction for a counter', [0, 'k', 1.5], /1.5 is no ballot counter/],
  ['a counter that nobody reaches', [0, 'k', COUNTER_MAX], /is no ballot counter/],
  ['a text for a counter', [0, 'k', '1'], /1 is no ballot counter/],
  ['no value', [1, 'k', 1, null, 2], /a value is missing/],
  ['an empty value', [1, 'k', 1, nothing, 2], /a value is missing/],
  ['a text for a value', [1, 'k', 1, 'A', 2], /a value is missing/],
  ['a next ballot below', [1, 'k', 5, one, 4], /the next ballot is below/],
  ['no next ballot', [1, 'k', 5, one], /undefined is no ballot counter/],
  ['serial 0', [2, 'k', 0], /0 is no ballot counter/],
];

for (const [what, item, why] of BAD_COMMANDS) {
  test(`decodeCommands() refuses a message with ${what}`, t => {
    t.regex(whyNot(decodeCommands(HERE, message({ items: [[0, 'good', 1], item] }))), why);
  });
}

const BAD_REPLIES: readonly (readonly [string, readonly unknown[], RegExp])[] = [
  ['an unknown reply', [9, 'k', 1], /reply 9 is unknown/],
  ['a ballot without a value', [0, 'k', 1, 5, 'p2', nothing], /a value is missing/],
  ['a report without a value', [3, 'k', 1, 5, 'p2', null], /a value is missing/],
  ['no proposer', [3, 'k', 1, 5, null, one], /a name is missing/],
  ['counter 0', [1, 'k', 0], /0 is no ballot counter/],
  ['a conflict that saw what nobody reaches', [2, 'k', 1, true, COUNTER_MAX, 'p2'], /is no ballot counter/],
  ['a conflict that saw nothing', [2, 'k', 1, true], /undefined is no ballot counter/],
];

for (const [what, item, why] of BAD_REPLIES) {
  test(`decodeReplies() refuses a message with ${what}`, t => {
    t.regex(whyNot(decodeReplies(HERE, message({ items: [item] }))), why);
  });
}

test('decodeCommands() and decodeReplies() never throw, when they get random or damaged bytes', t => {
  const good = fc.oneof(
    fc
      .array(commands, { maxLength: 4 })
      .map(items => encodeCommands(HERE, { sender: SENDER, recipient: ALL, items, news: NEWS })),
    fc
      .array(replies, { maxLength: 4 })
      .map(items => encodeReplies(HERE, { sender: 'a', recipient: SENDER, items, stamp: STAMP })),
  );
  let taken = 0;
  const property = fc.property(fc.oneof(damaged(good), damaged(good), randomBytes), given => {
    if (decodeCommands(HERE, given).kind === 'envelope') taken += 1;
    if (decodeReplies(HERE, given).kind === 'envelope') taken += 1;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 10_000)));
  t.true(taken > 500, `Only ${taken} were taken`);
});

function isCommand(item: Command | Reply): item is Command {
  return 'ballot' in item || item.kind === 'read' || item.kind === 'fetch' || item.kind === 'copy';
}

test('itemBytes() is never below what the item takes', t => {
  const property = fc.property(fc.oneof(commands, replies), item => {
    const envelope = { sender: '', recipient: '' };
    const [empty, full] = isCommand(item)
      ? [
          encodeCommands(HERE, { ...envelope, items: [], news: [] }),
          encodeCommands(HERE, { ...envelope, items: [item], news: [] }),
        ]
      : [
          encodeReplies(HERE, { ...envelope, items: [], stamp: STAMP }),
          encodeReplies(HERE, { ...envelope, items: [item], stamp: STAMP }),
        ];
    return full.length - empty.length <= itemBytes(item);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});
