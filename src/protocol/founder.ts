// Which of several clusters of one name somebody is of (S6). Names and epochs are chosen by people and counted from 1, so two
// clusters may share them; the stores that formed a cluster are its own alone. Whoever knows its founder says it in
// every message, and takes no message that says another.

import type { Members } from './memory.ts';

interface Founded {
  readonly founder?: string | undefined;
  readonly members: Members;
}

/** Of the members that formed a cluster: the least of their stores, which were minted for it and are in no other. */
export function founderOf(members: Members): string | undefined {
  return [...members.values()].sort()[0];
}

/** Whether these are of two clusters. Who does not know yet, or is of a build that says nothing, may be of either. */
export function areStrangers(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/**
 * Whether these members are of two clusters. Where one of them names no founder, those of one cluster have a store in
 * common, unless all were replaced meanwhile.
 */
export function areApart(one: Founded, other: Founded): boolean {
  if (one.founder !== undefined && other.founder !== undefined) return one.founder !== other.founder;
  const stores = new Set(one.members.values());
  return ![...other.members.values()].some(store => stores.has(store));
}
