// `synod.admin.list`: what is asked for, and a page of keys. The cursor is where the scan goes on; clients hand it back as
// they got it.

import { PARTITIONS } from '../protocol/partition.ts';
import type { Kind } from '../protocol/state.ts';
import { decodeBody } from './body-codec.ts';
import { errorBody, type ReplyBody } from './reply-codec.ts';
import { type RequestLimits, timeoutOf } from './request-codec.ts';
import { BadRequest } from './service-errors.ts';
import { shown } from './shown.ts';
import { keyProblem } from './subjects.ts';

/** In a scan by partition and key: behind this key, or with '' at the beginning of the partition. */
export interface Place {
  readonly partition: number;
  readonly after: string;
}

export interface ListRequest {
  readonly prefix: string;
  /** At most so many keys in the page. */
  readonly limit: number;
  readonly from: Place;
  readonly timeoutMs: number;
}

/** A register that was set when it was listed. */
export interface ListedKey {
  /** Its name, without the prefix of the service. */
  readonly key: string;
  /** What it is used as. */
  readonly kind: Kind;
  /** How many changes were applied to it, from 1. */
  readonly version: number;
}

export type Listed =
  | { readonly kind: 'page'; readonly keys: readonly ListedKey[]; readonly next: Place | undefined }
  | { readonly kind: 'no_quorum' | 'overloaded' | 'storage_full'; readonly why: string };

export const LIST_LIMIT_MAX = 1000;
const LIST_LIMIT_DEFAULT = 100;
const FIELDS = ['prefix', 'limit', 'cursor', 'id', 'timeoutMs'];
/** Of a partition, a dot and the longest key. */
const CURSOR_CHARACTERS_MAX = 400;

/** @throws BadRequest */
export function parseListRequest(bytes: Uint8Array, limits: RequestLimits): ListRequest {
  return listRequestOf(decodeBody(bytes), limits);
}

/** The same for a body that never was bytes. @throws BadRequest */
export function listRequestOf(body: Readonly<Record<string, unknown>>, limits: RequestLimits): ListRequest {
  const unknown = Object.keys(body).find(field => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw new BadRequest('bad_request', `A list takes ${FIELDS.join(', ')}, and not '${shown(unknown)}'`);
  return {
    prefix: prefixOf(body.prefix ?? ''),
    limit: limitOf(body.limit ?? LIST_LIMIT_DEFAULT),
    from: placeOf(body.cursor ?? undefined),
    timeoutMs: timeoutOf(body, limits),
  };
}

export function listBody({ prefix }: Pick<ListRequest, 'prefix'>, listed: Listed): ReplyBody {
  if (listed.kind !== 'page')
    return errorBody(listed.kind, `Cannot list the keys that begin with '${prefix}': ${listed.why}`);
  const { keys, next } = listed;
  return next === undefined ? { ok: true, keys } : { ok: true, keys, cursor: cursorOf(next) };
}

function prefixOf(prefix: unknown): string {
  if (typeof prefix !== 'string') throw new BadRequest('bad_request', "The field 'prefix' must be text");
  // Some key must be able to begin so.
  const problem = prefix === '' || keyProblem(`${prefix}x`) === undefined ? undefined : keyProblem(prefix);
  if (problem === undefined) return prefix;
  throw new BadRequest('bad_key', `The prefix '${shown(prefix)}' ${problem}`);
}

function limitOf(limit: unknown): number {
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= LIST_LIMIT_MAX)
    return limit;
  throw new BadRequest('bad_request', `The field 'limit' must be a whole number from 1 to ${LIST_LIMIT_MAX}`);
}

function cursorOf({ partition, after }: Place): string {
  return Buffer.from(`${partition} ${after}`).toString('base64url');
}

function placeOf(cursor: unknown): Place {
  if (cursor === undefined) return { partition: 0, after: '' };
  if (typeof cursor === 'string' && cursor.length <= CURSOR_CHARACTERS_MAX) {
    const [, number, after] = /^(\d{1,3}) (.*)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
    const partition = Number(number);
    const isKey = after !== undefined && (after === '' || keyProblem(after) === undefined);
    if (isKey && partition < PARTITIONS) return { partition, after };
  }
  throw new BadRequest('bad_request', "The field 'cursor' is none that came with a page of keys");
}
