// What the service owes to those who ask by batches and recipes, as checks that throw. The tests run them on the product, and
// the mutants' test on products that are broken.

import assert from 'node:assert/strict';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { BatchReplies, parseBatchRequest } from '../../src/transport/batch-codec.ts';
import { decodeBody, encodeBody } from '../../src/transport/body-codec.ts';
import { replyBody } from '../../src/transport/reply-codec.ts';
import { parseRequest } from '../../src/transport/request-codec.ts';
import { BadRequest } from '../../src/transport/service-errors.ts';
import type { Duty } from '../actors/runtime-duties.ts';

const limits = { valueBytesMax: 262_144, timeoutMsDefault: 2000, timeoutMsMax: 60_000 };

function codesOf(replies: BatchReplies): readonly unknown[] {
  const told = decodeBody(replies.encoded().bytes).replies;
  assert.ok(Array.isArray(told));
  return told.map(({ ok, error }) => (ok === true ? 'ok' : error.code));
}

export const BATCH_DUTIES: readonly Duty[] = [
  {
    title: 'what has not ended when a batch is answered is unknown, and what has is what it was (P2)',
    check: async () => {
      const replies = new BatchReplies('json', 3);
      replies.put(1, { bytes: encodeBody('json', { ok: true }) });
      assert.deepEqual(codesOf(replies), ['unknown', 'ok', 'unknown']);
    },
  },
  {
    title: 'a reply that has no room in that of its batch is unknown (P2)',
    check: async () => {
      const replies = new BatchReplies('json', 1);
      replies.put(0, { bytes: encodeBody('json', { ok: true, value: 'x'.repeat(1_000_000) }) });
      assert.deepEqual(codesOf(replies), ['unknown']);
    },
  },
  {
    title: 'requests of a batch keep their ids (R1)',
    check: async () => {
      const requests = ['a', 'b'].map(id => ({ operation: 'switch.set', key: 'k', body: { id } }));
      const { items } = parseBatchRequest('synod', encodeBody('json', { requests }), undefined, limits);
      const ids = items.map(item => (item instanceof BadRequest ? item : decodeBody(item.bytes).id));
      assert.deepEqual(ids, ['a', 'b']);
    },
  },
  {
    title: 'the token of a grant is the version that it made, also when it is told again',
    check: async () => {
      const subject = { kind: 'lock', operation: 'acquire', key: 'k' };
      const bytes = encodeBody('json', { owner: 'n1' });
      const { showing } = parseRequest(subject, bytes, undefined, { limits, changes: BUILT_IN_CHANGES });
      const view = { set: true, value: undefined, version: 7 };
      const asked = { type: 'variable.change', key: 'k', showing } as const;
      const reply = replyBody(asked, { kind: 'done', view, duplicate: true });
      assert.equal(reply.ok && reply.token, 7);
    },
  },
];
