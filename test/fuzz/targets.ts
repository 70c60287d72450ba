// Everything that decodes bytes of others, with what must hold whatever the bytes are: it takes them, or refuses them
// in its own way and in a short sentence; and what it took can be used, stored and said again.

import assert from 'node:assert/strict';
import { parseReply } from '../../src/client/reply.ts';
import { ClientDesk } from '../../src/node/client-desk.ts';
import { ServiceStats } from '../../src/node/service-stats.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { apply, REMEMBERED_MAX, type RegisterState, UNSET } from '../../src/protocol/register.ts';
import { decodeBody, encodeBody, formatOf } from '../../src/transport/body-codec.ts';
import { decodeHello, encodeHello } from '../../src/transport/hello-codec.ts';
import {
  decodeListing,
  decodeQuestion,
  encodeListing,
  encodeQuestion,
} from '../../src/transport/listing-codec.ts';
import {
  type Decoded,
  decodeCommands,
  decodeReplies,
  encodeCommands,
  encodeReplies,
} from '../../src/transport/message-codec.ts';
import { pack, unpack } from '../../src/transport/msgpack.ts';
import { decodeNotes, encodeNotes } from '../../src/transport/pass-codec.ts';
import { decodeState, encodeState, StateFormatError } from '../../src/transport/state-codec.ts';
import type { Message, PublishOptions, Transport } from '../../src/transport/transport.ts';
import type { Dice } from '../simulation/dice.ts';
import { bomb, mutatedBytes, mutatedTree } from './mutate.ts';
import {
  ANSWERS,
  COMMAND_BYTES,
  HELLO_BYTES,
  HERE,
  LISTING_BYTES,
  NOTE_BYTES,
  QUESTION_BYTES,
  REPLY_BYTES,
  REQUESTS,
  STATE_BYTES,
} from './samples.ts';

/** Whether the bytes were good. Anything thrown is a finding. */
export type Verdict = 'taken' | 'refused';

export interface Target {
  readonly name: string;
  make(dice: Dice): Uint8Array;
  /** `dice` for what comes with the bytes. */
  judge(bytes: Uint8Array, dice: Dice): Verdict;
}

const WHY_CHARACTERS_MAX = 1000;
const BOMB_CHANCE = 0.002;

/** A refusal is logged, and sent to clients: it must not be as long as what it refuses. */
function refused(why: string): Verdict {
  assert.ok(why.length > 0 && why.length <= WHY_CHARACTERS_MAX, `a refusal of ${why.length} characters`);
  return 'refused';
}

/** Bad bytes of good msgpack; a part of them stays good. */
function badMsgpack(samples: readonly Uint8Array[], dice: Dice): Uint8Array {
  const good = dice.pick(samples);
  if (dice.chance(BOMB_CHANCE)) return bomb(good.subarray(0, dice.below(good.length)), 'msgpack', dice);
  if (dice.chance(0.4)) return mutatedBytes(good, dice.pick(samples), dice);
  const unpacked = unpack(good);
  assert.equal(unpacked.kind, 'value');
  return packed(unpacked.kind === 'value' ? mutatedTree(unpacked.value, dice) : undefined);
}

/** Not even our own encoder takes everything; what it does not is no message. */
function packed(tree: unknown): Uint8Array {
  return Uint8Array.from(pack(tree));
}

function badBody(samples: readonly object[], dice: Dice): Uint8Array {
  const good = dice.pick(samples);
  const format = dice.pick(['json', 'msgpack'] as const);
  if (dice.chance(BOMB_CHANCE)) {
    const before =
      format === 'json' ? Buffer.from('{"value":') : Buffer.from([0x81, 0xa5, ...Buffer.from('value')]);
    return bomb(before, format, dice);
  }
  if (dice.chance(0.1)) return encodeBody(format, { ...good });
  if (dice.chance(0.4)) {
    const [bytes, other] = [good, dice.pick(samples)].map(body => encodeBody(format, { ...body }));
    return mutatedBytes(bytes ?? new Uint8Array(0), other ?? new Uint8Array(0), dice);
  }
  const tree = mutatedTree(good, dice);
  return format === 'json' ? Buffer.from(JSON.stringify(tree) ?? '') : packed(tree);
}

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

const commands: Target = {
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

const states: Target = {
  name: 'states',
  make: dice => badMsgpack(STATE_BYTES, dice),
  judge: bytes => {
    try {
      const state = decodeState(bytes);
      assert.deepEqual(decodeState(encodeState(state)), state);
      return 'taken';
    } catch (error) {
      if (error instanceof StateFormatError) return refused(error.message);
      throw error;
    }
  },
};

const answers: Target = {
  name: 'answers to the client',
  make: dice => badBody(ANSWERS, dice),
  judge: bytes => {
    const reply = parseReply(messageOf({ subject: '_INBOX.1', bytes, reply: '' }));
    return reply.kind === 'malformed' ? refused(reply.why) : 'taken';
  },
};

const SUBJECTS = [
  '',
  'k',
  '.',
  'k..k',
  'k k',
  'ü',
  '*',
  '>',
  'k.'.repeat(20),
  'k'.repeat(300),
  '__proto__',
  '\0',
];
const PREFIX = 'synod';
const limits = { valueBytesMax: 262_144, timeoutMsDefault: 2000, timeoutMsMax: 60_000, requestsMax: 10 };

/** From the bytes of a client to the state of a register and back: the desk, the codecs, what a request does. */
class Desk implements Target {
  readonly name = 'requests of clients';
  #state: RegisterState = UNSET;
  #published: { subject: string; bytes: Uint8Array; options: PublishOptions | undefined }[] = [];
  #onMessage: (message: Message) => void = () => undefined;
  readonly #desk: ClientDesk;

  constructor() {
    const transport: Transport = {
      publish: (subject, bytes, options) => void this.#published.push({ subject, bytes, options }),
      subscribe: (_, onMessage) => {
        this.#onMessage = onMessage;
        return { close: () => undefined, drain: () => undefined };
      },
      flush: async () => undefined,
      close: async () => undefined,
    };
    this.#desk = new ClientDesk({
      prefix: PREFIX,
      incarnation: 'p1-0123456789a',
      transport,
      pass: () => false,
      giveBack: () => undefined,
      isBehind: () => false,
      limits,
      changes: BUILT_IN_CHANGES,
      clock: { nowMs: () => 1_700_000_000_000 },
      stats: new ServiceStats(),
      log: () => undefined,
      onRequest: ({ token, request }) => {
        const context = {
          changes: BUILT_IN_CHANGES,
          valueBytesMax: limits.valueBytesMax,
          rememberedMax: REMEMBERED_MAX,
          nowSeconds: 1_700_000_000,
        };
        const { state, outcome } = apply(this.#state, request, context);
        assert.deepEqual(decodeState(encodeState(state)), state);
        this.#state = state;
        this.#desk.answer(token, outcome);
      },
    });
    this.#desk.stand(1);
  }

  make(dice: Dice): Uint8Array {
    return badBody(
      REQUESTS.map(({ body }) => body),
      dice,
    );
  }

  judge(bytes: Uint8Array, dice: Dice): Verdict {
    // A seed must give the same run whatever ran before it.
    const kind = dice.pick(['variable', 'variable', 'register', 'unset'] as const);
    this.#state =
      kind === 'unset'
        ? UNSET
        : { ...UNSET, kind, version: 1, set: true, value: dice.pick([1, 'a', [1], { b: 1 }]) };
    const subject = dice.chance(0.9)
      ? `${PREFIX}.${dice.pick(REQUESTS).type}.k`
      : `${PREFIX}.${dice.pick(REQUESTS).type}${dice.pick(['', '.', '..'])}${dice.pick(SUBJECTS)}`;
    const headerId = dice.chance(0.1) ? dice.pick(['', 'x', 'x'.repeat(1000), '\r\n', '\ud800']) : undefined;
    this.#published = [];
    this.#onMessage({ ...messageOf({ subject, bytes, reply: '_INBOX.1' }), header: () => headerId });
    const [answer, ...more] = this.#published;
    assert.ok(answer !== undefined && more.length === 0, `${this.#published.length} answers`);
    assert.equal(answer.subject, '_INBOX.1');
    assert.equal(formatOf(answer.bytes), formatOf(bytes));
    const body = decodeBody(answer.bytes);
    for (const [, text] of answer.options?.headers ?? []) {
      assert.doesNotMatch(text, /\p{Cc}/u);
      refused(text);
    }
    return body.ok === true ? 'taken' : 'refused';
  }
}

function messageOf({ subject, bytes, reply }: Pick<Message, 'subject' | 'bytes' | 'reply'>): Message {
  return { subject, bytes, reply, isNoResponders: false, header: () => undefined };
}

export const TARGETS: readonly Target[] = [
  commands,
  replies,
  hellos,
  notes,
  questions,
  listings,
  states,
  answers,
  new Desk(),
];

/** Decoders as they must not be: the fuzzer has to find out. */
export const BROKEN: readonly Target[] = [
  {
    ...commands,
    name: 'throws',
    judge: bytes => {
      const unpacked = unpack(bytes);
      if (unpacked.kind === 'value' && Array.isArray(unpacked.value)) String(unpacked.value[1]);
      return 'taken';
    },
  },
  {
    ...commands,
    name: 'hangs',
    judge: bytes => {
      while ((bytes[0] ?? 0) > 0x96);
      return 'taken';
    },
  },
  {
    ...commands,
    name: 'grows',
    judge: bytes => {
      // Believes the length that stands in the bytes.
      const count = bytes.includes(0xdd) ? 0xdd00_0000 : 0;
      const items: unknown[] = [];
      while (items.length < count) items.push({ item: items.length });
      return 'taken';
    },
  },
];
