// Which wire versions are understood, and under which one a message goes out, so that nodes of two releases work side by
// side while a cluster is upgraded: under the lowest version in which all of its items are known. Nobody asks what the
// others speak. What an old node refuses it has lost, as any message may be (CONTRIBUTING.md, "Versions").

import type { Command, Reply } from '../protocol/messages.ts';
import type { Question } from './listing-codec.ts';
import type { Note } from './pass-codec.ts';
import { shown } from './shown.ts';

export const WIRE_VERSION: number = 3;
export const WIRE_VERSION_OLDEST: number = 3;

const UNDERSTOOD =
  WIRE_VERSION_OLDEST === WIRE_VERSION ? WIRE_VERSION : `${WIRE_VERSION_OLDEST} to ${WIRE_VERSION}`;

/** No two sorts of items share a name. Items without a kind are as old as WIRE_VERSION_OLDEST. */
type Kind = (Command | Reply | Note | Question)['kind'];

/** The kinds that came after WIRE_VERSION_OLDEST, and the version that each came with. */
const SINCE: ReadonlyMap<unknown, number> = new Map<Kind, number>([]);

/** The lowest version in which all of them are known. */
export function wireVersionOf(items: readonly object[]): number {
  if (SINCE.size === 0) return WIRE_VERSION_OLDEST;
  return Math.max(WIRE_VERSION_OLDEST, ...items.map(sinceOf));
}

/** Apart by version, the oldest first: who refuses a newer kind misses nothing else. */
export function byWireVersion<Item extends object>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (SINCE.size === 0) return [items];
  const versions = [...new Set(items.map(sinceOf))].sort((one, other) => one - other);
  return versions.map(version => items.filter(item => sinceOf(item) === version));
}

/** What is wrong with the version of a message that came, if anything. */
export function wireVersionProblem(version: unknown): string | undefined {
  const isUnderstood = typeof version === 'number' && Number.isInteger(version) && isBetween(version);
  return isUnderstood ? undefined : `wire version ${shown(version)}, not ${UNDERSTOOD}`;
}

function isBetween(version: number): boolean {
  return WIRE_VERSION_OLDEST <= version && version <= WIRE_VERSION;
}

function sinceOf(item: object): number {
  return ('kind' in item ? SINCE.get(item.kind) : undefined) ?? WIRE_VERSION_OLDEST;
}
