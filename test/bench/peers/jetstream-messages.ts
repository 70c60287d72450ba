// The key-value store of JetStream in its own messages, as every NATS client sends them: a key is the last message
// on a subject of a stream, and its revision is the sequence of that message.

import { z } from 'zod';
import type { Ask } from '../../../src/bench/requests.ts';
import type { Message } from '../../../src/transport/transport.ts';
import { type Answer, failed, type KeyValue } from './key-value.ts';

export const BUCKET = 'bench';
const STREAM = `KV_${BUCKET}`;
const REPLICAS = 3;
const API = '$JS.API.STREAM';
export const WRONG_LAST_SEQUENCE = 10071;
const NO_MESSAGE_FOUND = 10037;
const NO_BODY = new Uint8Array(0);

/** What `nats kv add bench --replicas 3` asks for; reads are the leader's alone (allow_direct: any replica's). */
export const CREATE_BUCKET: Ask = {
  subject: `${API}.CREATE.${STREAM}`,
  bytes: json({
    name: STREAM,
    subjects: [`$KV.${BUCKET}.>`],
    num_replicas: REPLICAS,
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    max_msgs_per_subject: 1,
    max_msgs: -1,
    max_bytes: -1,
    max_age: 0,
    allow_rollup_hdrs: true,
    allow_direct: false,
    deny_delete: true,
  }),
};

export const BUCKET_INFO: Ask = { subject: `${API}.INFO.${STREAM}`, bytes: NO_BODY };

const apiError = z.object({ err_code: z.number(), description: z.string() });
const info = z.object({
  error: apiError.optional(),
  cluster: z.object({ leader: z.string(), replicas: z.array(z.object({ current: z.boolean() })) }).optional(),
});
interface WriteReply {
  readonly error?: { readonly err_code: number };
  readonly seq?: number;
}
interface ReadReply {
  readonly error?: { readonly err_code: number };
  readonly message?: { readonly seq: number; readonly data?: string };
}

export const jetStreamKeyValue: KeyValue<Ask, Message> = {
  create: (key, value) => publish(key, value, 0),
  update: publish,
  read: key => ({
    subject: `${API}.MSG.GET.${STREAM}`,
    bytes: Buffer.from(`{"last_by_subj":"$KV.${BUCKET}.${key}"}`),
  }),
  writeAnswer,
  readAnswer,
};

/** The name of the server that leads the bucket. @throws Error while there is none, or a replica is behind. */
export function leaderIn(reply: Message | undefined): string {
  if (reply === undefined || reply.isNoResponders) throw new Error('JetStream does not answer');
  const { error, cluster } = info.parse(JSON.parse(Buffer.from(reply.bytes).toString()));
  if (error !== undefined) throw new Error(`JetStream refuses: ${error.description}`);
  const followers = cluster?.replicas.filter(({ current }) => current).length;
  if (cluster === undefined || cluster.leader === '' || followers !== REPLICAS - 1) {
    throw new Error('The bucket of JetStream has no leader, or a replica is behind');
  }
  return cluster.leader;
}

function publish(key: string, value: string, revision: number): Ask {
  return {
    subject: `$KV.${BUCKET}.${key}`,
    bytes: Buffer.from(value),
    headers: new Map([['Nats-Expected-Last-Subject-Sequence', String(revision)]]),
  };
}

function writeAnswer(reply: Message | undefined): Answer {
  if (reply === undefined || reply.isNoResponders) return failed(silence(reply));
  const { error, seq }: WriteReply = parsed(reply);
  if (error !== undefined) return failed(error.err_code === WRONG_LAST_SEQUENCE ? 'conflict' : codeOf(error));
  return { outcome: 'ok', revision: seq ?? 0, value: '' };
}

function readAnswer(reply: Message | undefined): Answer {
  if (reply === undefined || reply.isNoResponders) return failed(silence(reply));
  const { error, message }: ReadReply = parsed(reply);
  if (error !== undefined) return failed(error.err_code === NO_MESSAGE_FOUND ? 'unset' : codeOf(error));
  if (message === undefined) return failed('bad_reply');
  return {
    outcome: 'ok',
    revision: message.seq,
    value: Buffer.from(message.data ?? '', 'base64').toString(),
  };
}

function silence(reply: Message | undefined): string {
  return reply === undefined ? 'timeout' : 'no_leader';
}

function codeOf({ err_code }: { readonly err_code: number }): string {
  return `jetstream_${err_code}`;
}

/** Not checked: the server is our own, and a check would cost the load more than the rest of its work. */
function parsed<Reply>(reply: Message): Reply {
  return JSON.parse(Buffer.from(reply.bytes).toString());
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
