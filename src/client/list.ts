// Listing keys: pages are asked for one after another, and each again until it is there.

import { isPlainObject } from '../protocol/value.ts';
import type { ListedKey } from '../transport/list-codec.ts';
import type { ShownOf } from './reply.ts';
import { perform } from './requester.ts';
import type { KeysPage, Service } from './service.ts';

/** How keys are listed. */
export interface ListOptions {
  /** How long one page may take with all its attempts. Default: that of a call of the client. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** How many keys to ask for at a time, 1 to 1,000. Default 1,000. */
  readonly pageKeys?: number;
}

const PAGE_KEYS = 1000;
/** A page is answered after half a second, or what reading its last keys takes. */
const PATIENCE_MS = 2000;

export async function* list(
  service: Service,
  prefix: string,
  { timeoutMs, signal, pageKeys: limit = PAGE_KEYS }: ListOptions & { readonly timeoutMs: number },
): AsyncGenerator<ListedKey> {
  let cursor: string | undefined;
  do {
    const body = cursor === undefined ? { prefix, limit } : { prefix, limit, cursor };
    const page: KeysPage = await perform(service, {
      ask: (asked, onReply) => service.list(asked, onReply),
      patienceMs: (_, workMs) => Math.min(PATIENCE_MS, workMs),
      what: `list '${prefix}'`,
      body,
      id: undefined,
      timeoutMs,
      signal,
    });
    yield* page.keys;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

export const shownPage: ShownOf<KeysPage> = ({ keys, cursor }) => {
  if (!Array.isArray(keys) || !keys.every(isListed)) return undefined;
  return cursor === undefined || typeof cursor === 'string' ? { keys, cursor } : undefined;
};

function isListed(candidate: unknown): candidate is ListedKey {
  return (
    isPlainObject(candidate) &&
    typeof candidate.key === 'string' &&
    (candidate.kind === 'switch' || candidate.kind === 'register' || candidate.kind === 'variable') &&
    typeof candidate.version === 'number'
  );
}
