// The flag for how long what is written lasts.

import type { WriteOptions } from '../client/registers.ts';
import { TTL_MS_MAX } from '../protocol/operation.ts';
import { badRequest } from './values.ts';

export const WRITE_TTL_FLAG = '--ttl <SECONDS>';
export const WRITE_TTL_HELP = 'how long a variable lasts before it is unset again (default for ever)';

/** @throws BadRequestError */
export function writeOptions({ ttl }: { readonly ttl?: string }): WriteOptions {
  if (ttl === undefined) return {};
  const ttlMs = Math.round(Number(ttl) * 1000);
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(ttl) || ttlMs < 1 || ttlMs > TTL_MS_MAX)
    throw badRequest(`Cannot use '${ttl}' for --ttl: it must be seconds, up to ${TTL_MS_MAX / 1000}`);
  return { ttlMs };
}
