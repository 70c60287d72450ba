// Good messages of every kind, to be made bad. A kind that is added to the protocol and not here does not compile.

import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { filterOf, printsOf } from '../../src/protocol/filter.ts';
import type { Hello, News, Stamp } from '../../src/protocol/memory.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { floorName } from '../../src/protocol/partition.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { nameIn } from '../../src/protocol/stays.ts';
import { ALL } from '../../src/transport/envelope-codec.ts';
import { encodeEpoch } from '../../src/transport/epoch-codec.ts';
import { encodeHello } from '../../src/transport/hello-codec.ts';
import { encodeKeysPage, encodeKeysQuestion } from '../../src/transport/keys-codec.ts';
import { encodeListing, encodeQuestion, type Question } from '../../src/transport/listing-codec.ts';
import { encodeCommands, encodeReplies } from '../../src/transport/message-codec.ts';
import { encodeNotes, type Note } from '../../src/transport/pass-codec.ts';
import { RECIPE_NAMES } from '../../src/transport/recipe-codec.ts';
import { encodeState } from '../../src/transport/state-codec.ts';

export const HERE: Configuration = { cluster: 'synod', epoch: 1, acceptors: ['a1', 'a2', 'a3'] };

const SENDER = 'p1-0123456789a';
const key = 'orders.42';
const own = { counter: 7, proposer: SENDER };
const next = { counter: 8, proposer: SENDER };
const seen = { counter: 9, proposer: 'p2-abcdefghijk' };

const STATES: readonly RegisterState[] = [
  UNSET,
  { ...UNSET, kind: 'switch', version: 1, set: true },
  {
    kind: 'variable',
    version: 3,
    set: true,
    value: { a: [1, 2.5, null, 'ü'], b: { c: true } },
    remembered: [
      { id: 'x', atSeconds: 1_700_000_000, ended: { kind: 'done', version: 2, result: 5 } },
      { id: 'y', atSeconds: 1_700_000_001, ended: { kind: 'refused', code: 'conflict' } },
    ],
    forgotten: [{ session: 'abcdefghijk', ranges: [{ first: 3, last: 9 }] }],
    rounds: [{ proposer: SENDER, counter: 7 }],
    passes: { latest: [{ router: SENDER, number: 12 }], dropped: 3 },
    untilMs: 1_700_000_000_000,
    collected: 2,
    collectedStay: 4,
  },
];
export const STATE_BYTES = STATES.map(encodeState);
const value = STATE_BYTES[2] ?? new Uint8Array(0);

const COMMANDS: Readonly<Record<Command['kind'], Command>> = {
  prepare: { kind: 'prepare', key, ballot: own },
  accept: { kind: 'accept', key, ballot: own, value, next },
  read: { kind: 'read', key, serial: 5 },
  fetch: { kind: 'fetch', key: nameIn(3, key), serial: 5 },
  begin: { kind: 'begin', key: nameIn(3, key), serial: 5, remains: value },
  floor: { kind: 'floor', key: floorName(7), ballot: own, remains: value },
  copy: { kind: 'copy', key, accepted: seen, value },
  collect: { kind: 'collect', key, ballot: own, accepted: seen, remains: value },
};
const REPLIES: Readonly<Record<Reply['kind'], Reply>> = {
  promised: { kind: 'promised', key, counter: 7, accepted: seen, value },
  accepted: { kind: 'accepted', key, counter: 7 },
  conflict: { kind: 'conflict', key, phase: 'accept', counter: 7, seen },
  floored: {
    kind: 'floored',
    key: floorName(7),
    counter: 7,
    filter: filterOf(printsOf([key, 'other'])),
    remains: value,
  },
  full: { kind: 'full', key, phase: 'prepare', counter: 7 },
  report: { kind: 'report', key, serial: 5, accepted: seen, value },
  closed: { kind: 'closed', key: nameIn(3, key), stay: 4 },
  copied: { kind: 'copied', key, accepted: seen },
  collected: { kind: 'collected', key, counter: 7, isGone: true },
};

const STAMP: Stamp = { store: '00ff', incarnation: 'abcdefghijk', since: 3, commits: 5 };
const NEWS: readonly News[] = [{ member: 'a1', sighting: { store: '00ff', incarnation: 'b', commits: 9 } }];
const SEEN = new Map([['a2', { store: '11', incarnation: 'c', commits: 2 }]]);
const HELLO: Hello = {
  epoch: 1,
  sender: 'a1',
  stamp: STAMP,
  answers: '',
  members: undefined,
  isFormed: false,
  seen: new Map(),
};
export const HELLO_BYTES = [
  HELLO,
  { ...HELLO, answers: 'b', members: new Map([['a1', '00ff']]), isFormed: true, seen: SEEN },
].map(hello => encodeHello(HERE, hello, ALL));

const MEMBERS = new Map([
  ['a1', '00ff'],
  ['a2', '11'],
]);
const JOINT = { before: ['a1'], after: ['a2'] };
export const EPOCH_BYTES = [
  { epoch: 1, membership: undefined },
  { epoch: 2, membership: { epoch: 2, members: MEMBERS, joint: undefined } },
  { epoch: 3, membership: { epoch: 3, members: MEMBERS, joint: JOINT } },
].map(note => encodeEpoch(HERE, 'a1', note));
export const KEYS_QUESTION_BYTES = ['', 'k.1'].map(after =>
  encodeKeysQuestion(HERE, SENDER, { partition: 7, after, source: 'a1', serial: 3, isOver: true }),
);
const SLOT = { key: 'k.1', promised: own, accepted: seen, value };
const PROMISE = { key: 'k.2', promised: own, accepted: ZERO_BALLOT, value: undefined };
export const KEYS_PAGE_BYTES = [[], [SLOT, PROMISE]].map(holdings =>
  encodeKeysPage(HERE, 'a1', SENDER, {
    partition: 7,
    after: '',
    source: 'a1',
    serial: 3,
    isOver: false,
    floor: own,
    closedTo: 2,
    remains: value,
    holdings,
    isLast: true,
    end: 'k.2',
  }),
);

const commands = Object.values(COMMANDS);
const replies = Object.values(REPLIES);
export const COMMAND_BYTES = [...commands.map(item => [item]), commands].map(items =>
  encodeCommands(HERE, { sender: SENDER, recipient: ALL, items, news: NEWS }),
);
const NOTES: readonly Note[] = [
  { kind: 'present', number: 4 },
  { kind: 'leaving' },
  {
    kind: 'pass',
    number: 5,
    request: {
      subject: 'synod.switch.set.k',
      reply: '_INBOX.1',
      id: 'x',
      bytes: new Uint8Array(2),
      trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  },
  { kind: 'probe', number: 6 },
  { kind: 'taken', first: 5, last: 6 },
  {
    kind: 'returned',
    number: 5,
    reply: '_INBOX.1',
    told: { bytes: new Uint8Array(2), headers: new Map([['Nats-Service-Error', 'no']]) },
  },
];
export const NOTE_BYTES = [...NOTES.map(item => [item]), NOTES].map(items =>
  encodeNotes(HERE, { sender: SENDER, recipient: 'p2-abcdefghijk', items }),
);
export const REPLY_BYTES = [...replies.map(item => [item]), replies].map(items =>
  encodeReplies(HERE, { sender: 'a1', recipient: SENDER, items, stamp: STAMP }),
);

const QUESTIONS: Readonly<Record<Question['kind'], Question>> = {
  page: { kind: 'page', serial: 3, partition: 7, after: key },
  keys: { kind: 'keys', serial: 4, keys: [key, 'other'] },
};
export const QUESTION_BYTES = Object.values(QUESTIONS).map(item =>
  encodeQuestion(HERE, { sender: 'verify-00ff', recipient: 'a1', item }),
);
const HELD = new Map([
  [key, { accepted: seen, digest: 'abcdefghijklmnopqrstuv' }],
  ['other', { accepted: own, digest: 'x' }],
]);
export const LISTING_BYTES = [
  { serial: 3, held: HELD, next: key },
  { serial: 4, held: HELD, next: undefined },
].map(item => encodeListing(HERE, { sender: 'a1', recipient: 'verify-00ff', item }));

const BODIES: Readonly<Record<Operation['type'], readonly object[]>> = {
  'switch.set': [{}, { id: 'x' }],
  'switch.read': [{}],
  'register.write': [{ value: { deep: [1, [2, [3]]] } }],
  'register.read': [{ timeoutMs: 500 }],
  'variable.read': [{}],
  'variable.write': [{ value: 'ü', id: 'y', timeoutMs: 500 }],
  'variable.create': [{ value: null }],
  'variable.cas': [
    { value: 1, version: 0 },
    { value: { a: 1 }, expect: [2, 'b', null] },
  ],
  'variable.delete': [{}, { version: 7 }],
  'variable.change': [...BUILT_IN_CHANGES.keys()].flatMap(change => [
    { change, args: [1] },
    { change, args: ['a', { b: 1 }] },
  ]),
};

const RECIPE_BODIES: readonly object[] = [
  {},
  { owner: 'n1', ttlMs: 1000, id: 'z' },
  { owner: 'n1', ttlMs: null, permits: 2, limit: 3 },
  { name: 'n1' },
  { token: 1 },
  { amount: -1.5 },
  { block: 100 },
  { name: 'n1', parties: 2 },
  { value: { a: 1 } },
];

/** What clients ask: the operation, and a body for it. */
export const REQUESTS: readonly { readonly type: string; readonly body: object }[] = [
  ...Object.entries(BODIES).flatMap(([type, bodies]) => bodies.map(body => ({ type, body }))),
  ...RECIPE_NAMES.flatMap(type => RECIPE_BODIES.map(body => ({ type, body }))),
];

/** What the service answers. */
export const ANSWERS: readonly object[] = [
  { ok: true, set: true, value: { a: 1 }, version: 3 },
  { ok: true, set: false, version: 0, duplicate: true },
  { ok: false, error: { code: 'conflict', message: 'Cannot' }, set: true, value: 1, version: 3 },
];

const CURSOR = Buffer.from('7 k.1').toString('base64url');
export const LIST_REQUESTS: readonly object[] = [
  {},
  { prefix: 'orders.', limit: 10, timeoutMs: 500 },
  { prefix: 'k', cursor: CURSOR },
];
export const LIST_PAGES: readonly object[] = [
  { ok: true, keys: [] },
  { ok: true, keys: [{ key: 'k.1', kind: 'variable', version: 3 }], cursor: CURSOR },
  { ok: false, error: { code: 'overloaded', message: 'Cannot' } },
];

export const BATCHES: readonly object[] = [
  { requests: REQUESTS.map(({ type, body }) => ({ operation: type, key: 'k.1', body })) },
  { requests: [{ operation: 'variable.read', key: 'k' }], timeoutMs: 500 },
];
export const BATCH_REPLIES: readonly object[] = [
  { ok: true, replies: ANSWERS },
  { ok: false, error: { code: 'overloaded', message: 'Cannot' } },
];
