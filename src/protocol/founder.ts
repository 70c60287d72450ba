// Which of several clusters of one name somebody is of (S6). Names and epochs are chosen by people and counted from 1, so two
// clusters may share them; the stores that formed a cluster are its own alone. Whoever knows its founder says it in
// every message, and takes no message that says another.

import type { Members } from './memory.ts';

/** Of the members that formed a cluster: the least of their stores, which were minted for it and are in no other. */
export function founderOf(members: Members): string | undefined {
  return [...members.values()].sort()[0];
}

/** Whether these are of two clusters. Who does not know yet, or is of a build that says nothing, may be of either. */
export function areStrangers(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
