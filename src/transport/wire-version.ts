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

/** The items of messages that have one alone, always of the same sort: their kind is not in the bytes. */
type Sole = 'hello' | 'members' | 'key question' | 'key page' | 'listing';

/** No two sorts of items share a name. */
export type Kind = (Command | Reply | Note | Question)['kind'] | Sole;

/** Every item says what it is, so that what is new of any sort can be kept from nodes that do not know it. */
export interface Kinded {
  readonly kind: Kind;
}

/** The kinds that came after WIRE_VERSION_OLDEST, and the version that each came with. */
const SINCE: ReadonlyMap<Kind, number> = new Map([]);

/** The lowest version in which all of them are known. */
export function wireVersionOf(items: readonly Kinded[]): number {
  if (SINCE.size === 0) return WIRE_VERSION_OLDEST;
  return Math.max(WIRE_VERSION_OLDEST, ...items.map(sinceOf));
}

/** Apart by version, the oldest first: who refuses a newer kind misses nothing else. */
export function byWireVersion<Item extends Kinded>(items: readonly Item[]): readonly (readonly Item[])[] {
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

function sinceOf({ kind }: Kinded): number {
  return SINCE.get(kind) ?? WIRE_VERSION_OLDEST;
}
