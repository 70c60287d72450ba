// The replies to recipes: what the state of a register is in the words of a lock, an election, a counter or a barrier.

import { lockIn } from '../protocol/lock-changes.ts';
import type { View } from '../protocol/state.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** How the reply to a recipe speaks of its register. */
export interface Showing {
  /** To follow "Cannot ", and to be followed by the key. */
  readonly verb: string;
  /** What there is; undefined when it is nothing that the recipe is about. */
  readonly state: (view: View) => Fields | undefined;
  /** What the requester got, when it was done. */
  readonly got?: (view: View) => Fields;
  /** Whether a rejection means no more than that others have it. */
  readonly isTaken?: (view: View) => boolean;
}

/** The words for what is held for a while. */
export interface Tongue {
  readonly what: string;
  readonly take: string;
  readonly give: string;
  /** The field that names who holds it. */
  readonly owner: 'owner' | 'name';
  /** Whether a request says how many permits it takes, of how many. */
  readonly hasPermits: boolean;
  /** What a grant is told as, beside its token. */
  readonly granted: (grant: Grant) => Fields;
  readonly state: (view: View) => Fields | undefined;
}

interface Grant {
  readonly owner: string;
  readonly permits: number;
  readonly limit: number;
}

export const LOCK: Tongue = {
  what: 'the lock',
  take: 'acquire',
  give: 'release',
  owner: 'owner',
  hasPermits: false,
  granted: ({ owner }) => ({ held: true, owner }),
  state: view => soleHolder(view, { held: false }, owner => ({ held: true, owner })),
};

export const CLAIM: Tongue = { ...LOCK, what: 'the claim', take: 'claim' };

export const ELECTION: Tongue = {
  what: 'the election',
  take: 'campaign',
  give: 'resign',
  owner: 'name',
  hasPermits: false,
  granted: ({ owner }) => ({ leader: owner }),
  state: view => soleHolder(view, { leader: null }, leader => ({ leader })),
};

export const SEMAPHORE: Tongue = {
  what: 'the semaphore',
  take: 'acquire',
  give: 'release',
  owner: 'owner',
  hasPermits: true,
  granted: ({ owner, permits }) => ({ owner, permits }),
  state: ({ value, version }) => {
    const lock = lockIn(value);
    return lock && { limit: lock.limit, holders: lock.holders, version };
  },
};

/** Of a lock, which is a semaphore of one permit. */
function soleHolder(
  { value, version }: View,
  free: Fields,
  heldBy: (owner: string) => Fields,
): Fields | undefined {
  const lock = lockIn(value);
  if (lock === undefined || (lock.holders.length > 0 && lock.limit !== 1)) return undefined;
  const [holder] = lock.holders;
  if (holder === undefined) return { ...free, version };
  const { owner, token, ttlMs, untilMs } = holder;
  return { ...heldBy(owner), token, ttlMs, untilMs, version };
}

export function tongueShowing({ state }: Tongue, verb: string): Showing {
  return { verb, state: remembered(state) };
}

export function grantShowing(tongue: Tongue, grant: Grant): Showing {
  const { what, state, granted } = tongue;
  return {
    ...tongueShowing(tongue, `get ${what}`),
    // The token is the version that the grant made; a repetition tells it too, and not how things are.
    got: ({ version }) => ({ ...granted(grant), token: version }),
    isTaken: view => {
      const lock = lockIn(view.value);
      return state(view) !== undefined && (lock?.holders.length === 0 || lock?.limit === grant.limit);
    },
  };
}

/** A repetition of an id shows no value that was too large to be remembered. */
function remembered(state: Showing['state']): Showing['state'] {
  return view => (view.set && view.value === undefined ? { version: view.version } : state(view));
}

export function counterShowing(verb: string): Showing {
  const state = ({ set, value = 0, version }: View): Fields | undefined =>
    typeof value === 'number' ? { value: set ? value : 0, version } : undefined;
  return { verb, state };
}

/** The numbers up to the sum: as many as were added to it. */
export function idsShowing(size: number): Showing {
  return {
    ...counterShowing('take numbers of the counter'),
    got: ({ value }) => (typeof value === 'number' ? { first: value - size + 1, last: value } : {}),
  };
}

export function barrierShowing(verb: string, parties: number): Showing {
  const state = ({ value = [], version }: View): Fields | undefined =>
    Array.isArray(value) ? { open: value.length >= parties, arrived: value.length, version } : undefined;
  return { verb, state: remembered(state) };
}

export function plainShowing(verb: string): Showing {
  const state = ({ set, value, version }: View): Fields =>
    value === undefined ? { set, version } : { set, value, version };
  return { verb, state };
}
