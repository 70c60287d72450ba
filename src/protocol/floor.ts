// Floors, as the proposer sees them: a promise of a quorum for a whole partition at once, with filters that tell
// which keys had anything accepted by then (F1). Pure; who asks when is actors/floors.ts.

import { type Ballot, compareBallots } from './ballot.ts';
import { remainsAmong } from './collected.ts';
import { type Filter, mayContain } from './filter.ts';
import { type Configuration, isQuorum } from './quorum.ts';
import { acceptorsOf, type Preparing, startPreparing, type Vote } from './round.ts';
import type { RegisterState } from './state.ts';

/** A floor at a quorum. `ballot` may be used once for each key. */
export interface Floor {
  readonly ballot: Ballot;
  /** Those that are known to have promised it, a quorum at least. */
  readonly holders: readonly string[];
  /** Of the first quorum; undefined when one of them had too many keys for a filter. */
  readonly filters: readonly Filter[] | undefined;
  /** What is left of the partition's collected registers, by that quorum (D3). */
  readonly remains: RegisterState;
}

/** What a proposer may do for one key under a floor whose ballot it has not used for that key. */
export interface KeyFloor {
  readonly ballot: Ballot;
  readonly holders: readonly string[];
  /** Nothing was accepted for the key below the ballot at a quorum: phase 1 is over, and found nothing. */
  readonly isFresh: boolean;
  /** What it begins with then. */
  readonly remains: RegisterState;
}

/** What the instance of a register asks about floors. */
export interface Floors {
  /** Undefined when there is no floor, or when its ballot was used for the key (P1). */
  of(key: string): KeyFloor | undefined;
  /** Whether a promise for the whole partition is above this one for the key, so that nobody would accept anything under it. */
  outbids(key: string, promised: Ballot): boolean;
  /** The ballot of the key's floor, or a higher one, is used for the key from now on. */
  use(key: string): void;
  /** A round of the key under this ballot was lost. */
  lose(key: string, ballot: Ballot, nowMs: number): void;
}

/** The floor with one more holder. Its filter does not matter: it came after the floor was held by a quorum. */
export function withHolder(floor: Floor, acceptor: string): Floor {
  return floor.holders.includes(acceptor) ? floor : { ...floor, holders: [...floor.holders, acceptor] };
}

export interface Floored {
  readonly acceptor: string;
  readonly filter: Filter | undefined;
  readonly remains: RegisterState;
}

/** The floor that these answers make, once they are a quorum's. */
export function floorFrom(
  configuration: Configuration,
  ballot: Ballot,
  answers: readonly Floored[],
): Floor | undefined {
  const holders = answers.map(({ acceptor }) => acceptor);
  if (!isQuorum(configuration, holders)) return undefined;
  const filters = answers.map(({ filter }) => filter);
  const isComplete = filters.every(filter => filter !== undefined);
  const remains = remainsAmong(answers.map(answer => answer.remains));
  return { ballot, holders, filters: isComplete ? filters : undefined, remains };
}

export function keyFloor({ ballot, holders, filters, remains }: Floor, key: string): KeyFloor {
  const isFresh = filters !== undefined && !filters.some(filter => mayContain(filter, key));
  return { ballot, holders, isFresh, remains };
}

/**
 * The reports of a read that began after these holders had promised the floor, as a phase 1 of its ballot: each had
 * promised it when it reported, and accepts nothing below it from then on. Undefined without a quorum of them, and
 * when something above the floor was accepted.
 */
export function promisesOf(
  configuration: Configuration,
  { ballot, holders }: Pick<KeyFloor, 'ballot' | 'holders'>,
  reports: readonly Vote[],
): Preparing | undefined {
  const promises = reports.filter(({ acceptor }) => holders.includes(acceptor));
  const isBelow = promises.every(({ accepted }) => compareBallots(accepted, ballot) < 0);
  if (!isBelow || !isQuorum(configuration, acceptorsOf(promises))) return undefined;
  return { ...startPreparing(ballot), promises };
}
