// `synod.batch`: many requests in one message. Each is read as it would be on a subject of its own; what is wrong with one is
// its own outcome, and what is wrong with the whole refuses all of them.

import { checkValue, isPlainObject } from '../protocol/value.ts';
import { decodeBody, encodeBody, type Format, formatOf } from './body-codec.ts';
import { type EncodedReply, encodeBadRequest } from './reply-codec.ts';
import { checkKey, isServed, type RequestLimits, timeoutOf } from './request-codec.ts';
import { BadRequest } from './service-errors.ts';
import { shown } from './shown.ts';
import { requestSubject } from './subjects.ts';

/** One of a batch, as it would be sent by itself. */
export interface BatchItem {
  readonly subject: string;
  readonly bytes: Uint8Array;
}

export interface BatchRequest {
  readonly items: readonly (BatchItem | BadRequest)[];
  readonly timeoutMs: number;
}

export const BATCH_ITEMS_MAX = 1000;
/** What a NATS server takes unless it is told otherwise. */
export const BATCH_BYTES_MAX = 1024 * 1024;
/** Less than a NATS server takes; the rest is for what is around the replies. */
const REPLIES_BYTES_MAX = 1_000_000;
/** What a reply that has no place is replaced by has fewer. */
const PLACEHOLDER_BYTES = 256;

const FIELDS = ['requests', 'timeoutMs'];
const ITEM_FIELDS = ['operation', 'key', 'body'];

/** @param headerId the `Nats-Msg-Id` header, which a batch has no use for. @throws BadRequest */
export function parseBatchRequest(
  prefix: string,
  bytes: Uint8Array,
  headerId: string | undefined,
  limits: RequestLimits,
): BatchRequest {
  if (bytes.length > BATCH_BYTES_MAX)
    throw new BadRequest('too_large', `The batch has ${bytes.length} bytes, more than ${BATCH_BYTES_MAX}`);
  const body = decodeBody(bytes);
  const unknown = Object.keys(body).find(field => !FIELDS.includes(field));
  if (unknown === 'id' || (headerId ?? '') !== '')
    throw new BadRequest('bad_request', 'A batch has no id: each of its requests has one in its body');
  if (unknown !== undefined)
    throw new BadRequest('bad_request', `A batch takes ${FIELDS.join(', ')}, and not '${shown(unknown)}'`);
  const { requests } = body;
  if (!Array.isArray(requests))
    throw new BadRequest('bad_request', "The field 'requests' must be an array of requests");
  if (requests.length > BATCH_ITEMS_MAX)
    throw new BadRequest(
      'too_large',
      `The batch has ${requests.length} requests, more than ${BATCH_ITEMS_MAX}`,
    );
  const timeoutMs = timeoutOf(body, limits);
  const format = formatOf(bytes);
  return { items: requests.map(request => itemOf(prefix, request, format, timeoutMs)), timeoutMs };
}

function itemOf(prefix: string, request: unknown, format: Format, timeoutMs: number): BatchItem | BadRequest {
  try {
    return checkedItem(prefix, request, format, timeoutMs);
  } catch (error) {
    if (error instanceof BadRequest) return error;
    throw error;
  }
}

function checkedItem(prefix: string, request: unknown, format: Format, timeoutMs: number): BatchItem {
  if (!isPlainObject(request)) throw new BadRequest('bad_request', 'A request of a batch must be an object');
  const unknown = Object.keys(request).find(field => !ITEM_FIELDS.includes(field));
  if (unknown !== undefined) {
    const why = `A request of a batch takes ${ITEM_FIELDS.join(', ')}, and not '${shown(unknown)}'`;
    throw new BadRequest('bad_request', why);
  }
  const { operation, key, body = {} } = request;
  if (typeof operation !== 'string' || !isServed(operation))
    throw new BadRequest('bad_request', `There is no operation '${shown(operation)}'`);
  if (typeof key !== 'string') throw new BadRequest('bad_key', "The field 'key' must be text");
  checkKey(key);
  if (!isPlainObject(body)) throw new BadRequest('bad_request', "The field 'body' must be an object");
  // It is written out again: nothing may nest too deep for that.
  for (const [field, candidate] of Object.entries(body)) {
    const check = checkValue(candidate);
    if (check.kind === 'refused')
      throw new BadRequest('bad_value', `The field '${shown(field)}' ${check.why}`);
  }
  const bytes = encodeBody(format, { ...body, timeoutMs: lesser(body.timeoutMs, timeoutMs) });
  return { subject: requestSubject(prefix, operation, key), bytes };
}

/** What is no number is refused where the request is read. */
function lesser(own: unknown, timeoutMs: number): unknown {
  if (own === undefined) return timeoutMs;
  return typeof own === 'number' ? Math.min(own, timeoutMs) : own;
}

/** The replies to the requests of a batch, in their order, as they come. */
export class BatchReplies {
  readonly #format: Format;
  readonly #replies: (Uint8Array | undefined)[];
  #missing: number;
  #room: number;

  constructor(format: Format, count: number) {
    this.#format = format;
    this.#replies = Array.from({ length: count }, () => undefined);
    this.#missing = count;
    this.#room = REPLIES_BYTES_MAX - count * PLACEHOLDER_BYTES;
  }

  get missing(): number {
    return this.#missing;
  }

  /** Keeps what came first. */
  put(index: number, { bytes }: EncodedReply): void {
    if (this.#replies[index] !== undefined) return;
    this.#missing -= 1;
    if (bytes.length > this.#room) this.#replies[index] = this.#placeholder(NO_ROOM);
    else {
      this.#room -= bytes.length;
      this.#replies[index] = bytes;
    }
  }

  /** What is missing now is told to be unknown. */
  encoded(): EncodedReply {
    const late = this.#missing === 0 ? undefined : this.#placeholder(TOO_LATE);
    const replies = this.#replies.map(reply => reply ?? late ?? new Uint8Array(0));
    return { bytes: this.#format === 'json' ? jsonOf(replies) : msgpackOf(replies) };
  }

  #placeholder(error: BadRequest): Uint8Array {
    return encodeBadRequest(this.#format, error).bytes;
  }
}

const NO_ROOM = new BadRequest(
  'unknown',
  'Cannot show how it ended: the replies of a batch have a million bytes together; ask in smaller batches',
);
const TOO_LATE = new BadRequest(
  'unknown',
  'Cannot tell how it ended: no answer in the time of the batch; read it, or retry with the same id',
);

/** The replies are bodies of this format already, and are put into the larger one as they are. */
function jsonOf(replies: readonly Uint8Array[]): Uint8Array {
  return joined([JSON_HEAD, ...between(replies), JSON_TAIL]);
}

function msgpackOf(replies: readonly Uint8Array[]): Uint8Array {
  // An array of 16 bits of length: the type, and the length in two bytes.
  const head = Uint8Array.of(0xdc, replies.length >> 8, replies.length & 0xff);
  return joined([MSGPACK_HEAD, head, ...replies]);
}

const utf8 = new TextEncoder();
const JSON_HEAD = utf8.encode('{"ok":true,"replies":[');
const JSON_TAIL = utf8.encode(']}');
const COMMA = utf8.encode(',');
/** A map of two: "ok" is true, and "replies" is what follows. */
const MSGPACK_HEAD = Uint8Array.of(0x82, 0xa2, ...utf8.encode('ok'), 0xc3, 0xa7, ...utf8.encode('replies'));

/** A batch in JSON, of requests that are JSON already. */
export function batchBytes(requests: readonly Uint8Array[], timeoutMs: number): Uint8Array {
  const head = utf8.encode(`{"timeoutMs":${timeoutMs},"requests":[`);
  return joined([head, ...between(requests), JSON_TAIL]);
}

function between(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  return parts.flatMap((part, i) => (i === 0 ? [part] : [COMMA, part]));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
