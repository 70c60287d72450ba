// The changes of locks: a variable holds who has it, and each grant gets a token. One lock has `limit` permits, and a
// holder takes some of them: 1 of 1 makes a lock, 1 of n a semaphore, and n of n its writer. Time decides only when
// somebody else may be granted; the order of the tokens, which are versions, depends on no clock.

import { type Change, ChangeRejected, type Occasion } from './change.ts';
import { isPlainObject, type Value } from './value.ts';

/** What the variable of a lock holds. It stays when nobody has the lock. */
export type LockValue = {
  /** How many permits there are; whoever comes when nobody holds any says so. */
  readonly limit: number;
  readonly holders: readonly Holder[];
};

/** Who has a lock, or permits of a semaphore. */
export type Holder = {
  /** The name that it was acquired under. */
  readonly owner: string;
  /** The version of the grant: larger than that of every earlier grant of this lock. */
  readonly token: number;
  /** How many of them it has. */
  readonly permits: number;
  /** How long a grant or a renewal lasts, in ms; null: until it is released. */
  readonly ttlMs: number | null;
  /** In ms since 1970, by the clock of the proposer that granted or renewed it. From then on another may be granted. */
  readonly untilMs: number | null;
};

const OWNER_CHARACTERS_MAX = 128;
export const PERMITS_MAX = 1000;
export const TTL_MS_MAX = 86_400_000;
/** What clients ask for who say nothing else. */
export const LEASE_MS = 10_000;

export const LOCK_CHANGES: readonly (readonly [string, Change])[] = [
  ['lock.acquire', acquire],
  ['lock.renew', renew],
  ['lock.release', release],
];

/**
 * `[owner, {ttlMs = null, permits = 1, limit = 1}?]`. The same owner is granted anew, with a new token, and without what
 * it had.
 */
export function acquire(
  value: Value | undefined,
  args: readonly Value[],
  { nowMs, version }: Occasion,
): LockValue {
  const { owner, ttlMs, permits, limit } = wanted(args);
  const before = lockOf(value);
  const others = before.holders.filter(holder => holder.owner !== owner && !isOver(holder, nowMs));
  if (others.length > 0 && before.limit !== limit) {
    throw new ChangeRejected(`It has ${before.limit} permits and not ${limit} while somebody holds it`);
  }
  const taken = others.reduce((sum, holder) => sum + holder.permits, 0);
  if (taken + permits > limit) throw new ChangeRejected(heldBy(others, nowMs));
  const untilMs = ttlMs === null ? null : Math.ceil(nowMs + ttlMs);
  return { limit, holders: [...others, { owner, token: version, permits, ttlMs, untilMs }] };
}

/** `[token]`: from now on as long as it was granted for. Late is not too late as long as nobody else was granted. */
function renew(value: Value | undefined, args: readonly Value[], { nowMs }: Occasion): LockValue {
  const { lock, held } = holderOf(value, args);
  const untilMs = held.ttlMs === null ? null : Math.max(held.untilMs ?? 0, Math.ceil(nowMs + held.ttlMs));
  return { ...lock, holders: lock.holders.map(holder => (holder === held ? { ...held, untilMs } : holder)) };
}

/** `[token]` */
function release(value: Value | undefined, args: readonly Value[]): LockValue {
  const { lock, held } = holderOf(value, args);
  return { ...lock, holders: lock.holders.filter(holder => holder !== held) };
}

function lockOf(value: Value | undefined): LockValue {
  const lock = lockIn(value);
  if (lock === undefined) throw new ChangeRejected('The value is no lock');
  return lock;
}

/** The lock that a variable's value is, undefined when it is none. While it is unset nobody has it. */
export function lockIn(value: unknown): LockValue | undefined {
  if (value === undefined) return { limit: 1, holders: [] };
  return isLock(value) ? value : undefined;
}

interface Wanted {
  readonly owner: string;
  readonly ttlMs: number | null;
  readonly permits: number;
  readonly limit: number;
}

function wanted([owner, options = {}, ...more]: readonly Value[]): Wanted {
  if (typeof owner !== 'string' || owner.length < 1 || owner.length > OWNER_CHARACTERS_MAX)
    throw new ChangeRejected(`The owner must be text of 1 to ${OWNER_CHARACTERS_MAX} characters`);
  if (more.length > 0 || !isPlainObject(options))
    throw new ChangeRejected('It takes an owner, and an object with ttlMs, permits and limit');
  const { ttlMs = null, permits = 1, limit = 1, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new ChangeRejected(`It takes ttlMs, permits and limit, and not '${unknown}'`);
  if (ttlMs !== null && !isWhole(ttlMs, 1, TTL_MS_MAX))
    throw new ChangeRejected(`ttlMs must be a whole number from 1 to ${TTL_MS_MAX}, or null`);
  if (!isWhole(limit, 1, PERMITS_MAX))
    throw new ChangeRejected(`limit must be a whole number from 1 to ${PERMITS_MAX}`);
  if (!isWhole(permits, 1, limit))
    throw new ChangeRejected(`permits must be a whole number from 1 to the limit, which is ${limit}`);
  return { owner, ttlMs, permits, limit };
}

function holderOf(
  value: Value | undefined,
  args: readonly Value[],
): { readonly lock: LockValue; readonly held: Holder } {
  const [token] = args;
  if (args.length !== 1 || !isWhole(token, 1, Number.MAX_SAFE_INTEGER))
    throw new ChangeRejected('It takes the token of the grant, a whole number');
  const lock = lockOf(value);
  const held = lock.holders.find(holder => holder.token === token);
  if (held === undefined) throw new ChangeRejected(`The grant with token ${token} is over`);
  return { lock, held };
}

function isOver({ untilMs }: Holder, nowMs: number): boolean {
  return untilMs !== null && untilMs <= nowMs;
}

function heldBy([first, ...others]: readonly Holder[], nowMs: number): string {
  if (first === undefined) return 'It has too few permits';
  const { owner, token, untilMs } = first;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const left =
    untilMs === null ? 'until it is released' : `for ${Math.ceil(untilMs - nowMs)} ms unless it is renewed`;
  return `It is held by '${owner}' (token ${token})${more}, ${left}`;
}

function isLock(value: unknown): value is LockValue {
  if (!isPlainObject(value)) return false;
  const { limit, holders, ...others } = value;
  return (
    isWhole(limit, 1, PERMITS_MAX) &&
    Array.isArray(holders) &&
    holders.every(isHolder) &&
    Object.keys(others).length === 0
  );
}

function isHolder(candidate: unknown): candidate is Holder {
  if (!isPlainObject(candidate)) return false;
  const { owner, token, permits, ttlMs, untilMs } = candidate;
  return (
    typeof owner === 'string' &&
    isWhole(token, 1, Number.MAX_SAFE_INTEGER) &&
    isWhole(permits, 1, PERMITS_MAX) &&
    (ttlMs === null
      ? untilMs === null
      : isWhole(ttlMs, 1, TTL_MS_MAX) && isWhole(untilMs, 0, Number.MAX_SAFE_INTEGER))
  );
}

function isWhole(candidate: unknown, min: number, max: number): candidate is number {
  return (
    typeof candidate === 'number' && Number.isSafeInteger(candidate) && candidate >= min && candidate <= max
  );
}
