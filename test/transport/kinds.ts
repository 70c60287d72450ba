// One message of each kind that nodes send each other. A kind without one does not compile.

import { join } from 'node:path';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import type { Question } from '../../src/transport/listing-codec.ts';
import type { Note } from '../../src/transport/pass-codec.ts';
import type { Kind } from '../../src/transport/wire-version.ts';
import { bytesOf, CLUSTER, PROPOSER, REMAINS } from './recorded-messages.ts';

/** Those of one build. */
export interface Codecs {
  readonly messages: typeof import('../../src/transport/message-codec.ts');
  readonly hello: typeof import('../../src/transport/hello-codec.ts');
  readonly epoch: typeof import('../../src/transport/epoch-codec.ts');
  readonly keys: typeof import('../../src/transport/keys-codec.ts');
  readonly listing: typeof import('../../src/transport/listing-codec.ts');
  readonly notes: typeof import('../../src/transport/pass-codec.ts');
}

export async function codecsOf(product: string): Promise<Codecs> {
  const load = (file: string) => import(join(product, `src/transport/${file}.js`));
  return {
    messages: await load('message-codec'),
    hello: await load('hello-codec'),
    epoch: await load('epoch-codec'),
    keys: await load('keys-codec'),
    listing: await load('listing-codec'),
    notes: await load('pass-codec'),
  };
}

interface Sample {
  readonly encode: (codecs: Codecs) => Uint8Array;
  readonly decode: (codecs: Codecs, bytes: Uint8Array) => { readonly kind: string; readonly why?: string };
}

const EPOCH = { ...CLUSTER, epoch: 1 };
const CONFIGURATION = { ...EPOCH, acceptors: ['a1', 'a2', 'a3'] };
const STAMP = { store: '0'.repeat(32), incarnation: 'inc-1', since: 3, commits: 5 };
const MEMBERS = new Map([
  ['a1', '01'.repeat(16)],
  ['a2', '02'.repeat(16)],
]);
const ballot = (counter: number) => ({ counter, proposer: PROPOSER });
const found = { accepted: { counter: 2, proposer: 'p2' }, value: Buffer.from('v') };
const key = 'orders.42';
const remains = bytesOf(REMAINS);

function command(item: Command): Sample {
  const envelope = { sender: PROPOSER, recipient: '*', items: [item], news: [] };
  return {
    encode: ({ messages }) => messages.encodeCommands(EPOCH, envelope),
    decode: ({ messages }, bytes) => messages.decodeCommands(CLUSTER, bytes),
  };
}

function reply(item: Reply): Sample {
  const envelope = { sender: 'a1', recipient: PROPOSER, items: [item], stamp: STAMP };
  return {
    encode: ({ messages }) => messages.encodeReplies(EPOCH, envelope),
    decode: ({ messages }, bytes) => messages.decodeReplies(CLUSTER, bytes),
  };
}

function note(item: Note): Sample {
  const envelope = { sender: PROPOSER, recipient: '*', items: [item] };
  return {
    encode: ({ notes }) => notes.encodeNotes(EPOCH, envelope),
    decode: ({ notes }, bytes) => notes.decodeNotes(CLUSTER, bytes),
  };
}

function question(item: Question): Sample {
  const one = { sender: 'o1', recipient: 'a1', item };
  return {
    encode: ({ listing }) => listing.encodeQuestion(CONFIGURATION, one),
    decode: ({ listing }, bytes) => listing.decodeQuestion(CONFIGURATION, bytes),
  };
}

const KEY_QUESTION = { partition: 7, after: key, source: 'a1', serial: 9, isOver: true };

export const SAMPLES: Readonly<Record<Kind, Sample>> = {
  prepare: command({ kind: 'prepare', key, ballot: ballot(3) }),
  accept: command({ kind: 'accept', key, ballot: ballot(3), value: found.value, next: ballot(4) }),
  read: command({ kind: 'read', key, serial: 9 }),
  floor: command({ kind: 'floor', key: '#7', ballot: ballot(5), remains }),
  copy: command({ kind: 'copy', key, ...found }),
  collect: command({ kind: 'collect', key, ballot: ballot(6), accepted: found.accepted, remains }),
  fetch: command({ kind: 'fetch', key, serial: 9 }),
  begin: command({ kind: 'begin', key, serial: 9, remains }),
  promised: reply({ kind: 'promised', key, counter: 3, ...found }),
  accepted: reply({ kind: 'accepted', key, counter: 3 }),
  conflict: reply({ kind: 'conflict', key, counter: 3, phase: 'accept', seen: ballot(4) }),
  floored: reply({ kind: 'floored', key: '#7', counter: 5, filter: undefined, remains }),
  full: reply({ kind: 'full', key, counter: 3, phase: 'prepare' }),
  report: reply({ kind: 'report', key, serial: 9, ...found }),
  copied: reply({ kind: 'copied', key, accepted: found.accepted }),
  collected: reply({ kind: 'collected', key, counter: 6, isGone: true }),
  closed: reply({ kind: 'closed', key, stay: 2 }),
  present: note({ kind: 'present', number: 4 }),
  leaving: note({ kind: 'leaving' }),
  pass: note({
    kind: 'pass',
    number: 5,
    request: { subject: 'synod.variable.read.k', reply: 'r', id: 'i', bytes: remains, trace: undefined },
  }),
  probe: note({ kind: 'probe', number: 6 }),
  taken: note({ kind: 'taken', first: 5, last: 6 }),
  returned: note({ kind: 'returned', number: 5, reply: 'r', told: { bytes: remains } }),
  page: question({ kind: 'page', serial: 1, partition: 7, after: key }),
  keys: question({ kind: 'keys', serial: 2, keys: [key] }),
  listing: {
    encode: ({ listing }) => {
      const held = new Map([[key, { accepted: found.accepted, digest: 'd' }]]);
      return listing.encodeListing(CONFIGURATION, {
        sender: 'a1',
        recipient: 'o1',
        item: { serial: 1, held, next: key },
      });
    },
    decode: ({ listing }, bytes) => listing.decodeListing(CONFIGURATION, bytes),
  },
  hello: {
    encode: ({ hello }) => {
      const seen = new Map([['a1', STAMP]]);
      const said = {
        epoch: 1,
        sender: 'a2',
        stamp: STAMP,
        answers: '',
        members: MEMBERS,
        isFormed: true,
        seen,
      };
      return hello.encodeHello(CLUSTER, said, '*');
    },
    decode: ({ hello }, bytes) => hello.decodeHello(CLUSTER, bytes),
  },
  members: {
    encode: ({ epoch }) => {
      const joint = { before: ['a1', 'a2'], after: ['a2', 'a3'] };
      return epoch.encodeEpoch(CLUSTER, 'a1', {
        epoch: 2,
        membership: { epoch: 2, members: MEMBERS, joint },
      });
    },
    decode: ({ epoch }, bytes) => epoch.decodeEpoch(CLUSTER, bytes),
  },
  'key question': {
    encode: ({ keys }) => keys.encodeKeysQuestion(EPOCH, PROPOSER, KEY_QUESTION),
    decode: ({ keys }, bytes) => keys.decodeKeysQuestion(CLUSTER, bytes),
  },
  'key page': {
    encode: ({ keys }) => {
      const holdings = [{ key, promised: ballot(3), ...found }];
      const page = {
        ...KEY_QUESTION,
        floor: ballot(5),
        closedTo: -1,
        remains,
        holdings,
        isLast: false,
        end: key,
      };
      return keys.encodeKeysPage(EPOCH, 'a1', PROPOSER, page);
    },
    decode: ({ keys }, bytes) => keys.decodeKeysPage(CLUSTER, bytes),
  },
};
