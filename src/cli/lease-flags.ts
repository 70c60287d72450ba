// The flag for how long a lease lasts.

import type { LeaseOptions } from '../client/recipes/semaphore.ts';
import { badRequest } from './values.ts';

export const TTL_FLAG = '--ttl <SECONDS>';
export const TTL_HELP = 'how long it stays held after this process can renew it no more (default 10)';

/** @throws BadRequestError */
export function leaseOptions({ ttl }: { readonly ttl?: string }): LeaseOptions {
  if (ttl === undefined) return {};
  const ttlMs = Math.round(Number(ttl) * 1000);
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(ttl) || ttlMs < 1 || ttlMs > 86_400_000)
    throw badRequest(`Cannot use '${ttl}' for --ttl: it must be seconds, up to 86400`);
  return { ttlMs };
}
