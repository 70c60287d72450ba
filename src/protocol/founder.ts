// Which of several clusters of one name somebody is of (S6). Names are chosen by people and epochs are counted from 1, so two
// clusters may share both; the stores that formed a cluster are its own alone. Which messages name the founder is S6.

import type { Members } from './memory.ts';

interface Founded {
  readonly founder?: string | undefined;
  readonly members: Members;
}

/** Of the members that formed a cluster: the least of their stores, each of which was minted with its file. */
export function founderOf(members: Members): string | undefined {
  return [...members.values()].sort()[0];
}

/** Who does not know a founder yet, or is of a build that names none, may be of either cluster. */
export function haveTwoFounders(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** Where one of them names no founder, members of one cluster have a store in common, unless all were replaced meanwhile. */
export function areOfTwoClusters(one: Founded, other: Founded): boolean {
  if (one.founder !== undefined && other.founder !== undefined) return one.founder !== other.founder;
  const stores = new Set(one.members.values());
  return ![...other.members.values()].some(store => stores.has(store));
}
