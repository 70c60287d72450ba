// Everything that decodes bytes of others, with what must hold whatever the bytes are: it takes them, or refuses them
// in its own way and in a short sentence; and what it took can be used, stored and said again.

import assert from 'node:assert/strict';
import { shownReplies } from '../../src/client/gathering.ts';
import { shownPage } from '../../src/client/list.ts';
import { parseReply } from '../../src/client/reply.ts';
import { ClientDesk } from '../../src/node/service/client-desk.ts';
import { ServiceStats } from '../../src/node/service/service-stats.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { apply, REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { BatchReplies, parseBatchRequest } from '../../src/transport/batch-codec.ts';
import { decodeBody, encodeBody, formatOf } from '../../src/transport/body-codec.ts';
import { listBody, parseListRequest } from '../../src/transport/list-codec.ts';
import { unpack } from '../../src/transport/msgpack.ts';
import { BadRequest } from '../../src/transport/service-errors.ts';
import { decodeState, encodeState, StateFormatError } from '../../src/transport/state-codec.ts';
import type { Message, PublishOptions, Transport } from '../../src/transport/transport.ts';
import type { Dice } from '../simulation/dice.ts';
import { commands, MESSAGE_TARGETS } from './message-targets.ts';
import { bomb, mutatedBytes, mutatedTree } from './mutate.ts';
import {
  ANSWERS,
  BATCH_REPLIES,
  BATCHES,
  LIST_PAGES,
  LIST_REQUESTS,
  REQUESTS,
  STATE_BYTES,
} from './samples.ts';
import { BOMB_CHANCE, badMsgpack, packed, refused, type Target, type Verdict } from './target.ts';

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

/** What was taken can be asked for again where the page ends. */
const lists: Target = {
  name: 'requests for keys',
  make: dice => badBody(LIST_REQUESTS, dice),
  judge: bytes => {
    try {
      const { prefix, from } = parseListRequest(bytes, limits);
      const page = listBody({ prefix }, { kind: 'page', keys: [], next: from });
      assert.ok(page.ok);
      const again = parseListRequest(encodeBody('json', { prefix, cursor: page.cursor }), limits);
      assert.deepEqual([again.prefix, again.from], [prefix, from]);
      return 'taken';
    } catch (error) {
      if (error instanceof BadRequest) return refused(error.message);
      throw error;
    }
  },
};

/** What is taken of a batch can be asked by itself, and what is told of it can be read by the client. */
const batches: Target = {
  name: 'batches',
  make: dice => badBody(BATCHES, dice),
  judge: bytes => {
    try {
      const { items } = parseBatchRequest(PREFIX, bytes, undefined, limits);
      const replies = new BatchReplies(formatOf(bytes), items.length);
      for (const [index, item] of items.entries()) {
        if (item instanceof BadRequest) refused(item.message);
        else assert.equal(formatOf(item.bytes), formatOf(bytes));
        if (index % 2 === 0) replies.put(index, { bytes: encodeBody(formatOf(bytes), { ok: true }) });
      }
      const told = decodeBody(replies.encoded().bytes).replies;
      assert.ok(Array.isArray(told) && told.length === items.length);
      return 'taken';
    } catch (error) {
      if (error instanceof BadRequest) return refused(error.message);
      throw error;
    }
  },
};

const batchReplies: Target = {
  name: 'replies of batches for the client',
  make: dice => badBody(BATCH_REPLIES, dice),
  judge: bytes => {
    const reply = parseReply(messageOf({ subject: '_INBOX.1', bytes, reply: '' }), shownReplies);
    return reply.kind === 'malformed' ? refused(reply.why) : 'taken';
  },
};

const pages: Target = {
  name: 'pages of keys for the client',
  make: dice => badBody(LIST_PAGES, dice),
  judge: bytes => {
    const reply = parseReply(messageOf({ subject: '_INBOX.1', bytes, reply: '' }), shownPage);
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
      isConnected: true,
      publish: (subject, bytes, options) => void this.#published.push({ subject, bytes, options }),
      publishToEach: (subjects, bytes) => {
        for (const subject of subjects) this.#published.push({ subject, bytes, options: undefined });
      },
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
      list: async () => ({ kind: 'no_quorum', why: 'nobody is there' }),
      batches: { serve: () => undefined, take: () => false },
      isHomeFull: () => false,
      pass: () => false,
      passesWaiting: () => 0,
      giveBack: () => undefined,
      hints: { keepTrace: () => undefined },
      inboxDelayMs: () => 0,
      isBehind: () => false,
      limits,
      changes: BUILT_IN_CHANGES,
      clock: { nowMs: () => 1_700_000_000_000 },
      stats: new ServiceStats(),
      slowMs: 1000,
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
  ...MESSAGE_TARGETS,
  states,
  answers,
  lists,
  pages,
  batches,
  batchReplies,
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
