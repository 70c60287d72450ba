// The decoders of what nodes say to each other.

import assert from 'node:assert/strict';
import type { Configuration } from '../../src/protocol/quorum.ts';
import type { Decoded } from '../../src/transport/envelope-codec.ts';
import { decodeEpoch, encodeEpoch } from '../../src/transport/epoch-codec.ts';
import { decodeHello, encodeHello } from '../../src/transport/hello-codec.ts';
import {
  decodeKeysPage,
  decodeKeysQuestion,
  encodeKeysPage,
  encodeKeysQuestion,
} from '../../src/transport/keys-codec.ts';
import {
  decodeListing,
  decodeQuestion,
  encodeListing,
  encodeQuestion,
} from '../../src/transport/listing-codec.ts';
import {
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
} from '../../src/transport/message-codec.ts';
import { decodeNotes, encodeNotes } from '../../src/transport/pass-codec.ts';
import {
  COMMAND_BYTES,
  EPOCH_BYTES,
  HELLO_BYTES,
  HERE,
  KEYS_PAGE_BYTES,
  KEYS_QUESTION_BYTES,
  LISTING_BYTES,
  NOTE_BYTES,
  QUESTION_BYTES,
  REPLY_BYTES,
} from './samples.ts';

import { badMsgpack, refused, type Target, type Verdict } from './target.ts';

/** What was taken is the same after another journey. */
function judgeMessage<Item, Whole>(
  bytes: Uint8Array,
  decode: (configuration: Configuration, bytes: Uint8Array) => Decoded<Item, Whole>,
  encode: (configuration: Configuration, envelope: Whole) => Uint8Array,
): Verdict {
  const decoded = decode(HERE, bytes);
  if (decoded.kind === 'refused') return refused(decoded.why);
  const encoded = encode(HERE, decoded.envelope);
  const again = decode(HERE, encoded);
  assert.equal(again.kind, 'envelope');
  if (again.kind === 'envelope') assert.equal(Buffer.compare(encode(HERE, again.envelope), encoded), 0);
  return 'taken';
}

export const commands: Target = {
  name: 'commands',
  make: dice => badMsgpack(COMMAND_BYTES, dice),
  judge: bytes => judgeMessage(bytes, decodeCommands, encodeCommands),
};

const replies: Target = {
  name: 'replies',
  make: dice => badMsgpack(REPLY_BYTES, dice),
  judge: bytes => judgeMessage(bytes, decodeReplies, encodeReplies),
};

const hellos: Target = {
  name: 'hellos of acceptors',
  make: dice => badMsgpack(HELLO_BYTES, dice),
  judge: bytes =>
    judgeMessage(bytes, decodeHello, (configuration, { hello, recipient }) =>
      encodeHello(configuration, hello, recipient),
    ),
};

const notes: Target = {
  name: 'notes of proposers',
  make: dice => badMsgpack(NOTE_BYTES, dice),
  judge: bytes => judgeMessage(bytes, decodeNotes, encodeNotes),
};

const questions: Target = {
  name: 'questions about what is held',
  make: dice => badMsgpack(QUESTION_BYTES, dice),
  judge: bytes => judgeMessage(bytes, decodeQuestion, encodeQuestion),
};

const listings: Target = {
  name: 'listings of what is held',
  make: dice => badMsgpack(LISTING_BYTES, dice),
  judge: bytes => judgeMessage(bytes, decodeListing, encodeListing),
};

const epochs: Target = {
  name: 'epochs of nodes',
  make: dice => badMsgpack(EPOCH_BYTES, dice),
  judge: bytes => judgeMessage(bytes, decodeEpoch, (here, note) => encodeEpoch(here, 'a1', note)),
};

const keysQuestions: Target = {
  name: 'questions about keys',
  make: dice => badMsgpack(KEYS_QUESTION_BYTES, dice),
  judge: bytes =>
    judgeMessage(bytes, decodeKeysQuestion, (here, { sender, question }) =>
      encodeKeysQuestion(here, sender, question),
    ),
};

const keysPages: Target = {
  name: 'pages of keys',
  make: dice => badMsgpack(KEYS_PAGE_BYTES, dice),
  judge: bytes =>
    judgeMessage(bytes, decodeKeysPage, (here, { sender, recipient, page }) =>
      encodeKeysPage(here, sender, recipient, page),
    ),
};

export const MESSAGE_TARGETS: readonly Target[] = [
  commands,
  replies,
  hellos,
  notes,
  questions,
  listings,
  epochs,
  keysQuestions,
  keysPages,
];
