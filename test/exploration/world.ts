// A state of the whole system: the acceptors' slots, the proposers, and what the network carries, each part
// as its number in the tables. And its key: the same for states that differ in the names of acceptors alone.

import { at } from './interning.ts';
import type { Permutation } from './renaming.ts';
import type { Tables } from './tables.ts';

export interface World {
  /** For each acceptor: its slot, and the set of what it ever had accepted (`Tables.holdings`). */
  readonly slots: readonly number[];
  readonly accepted: readonly number[];
  /** For each proposer: its state, and the set of replies that may still reach it. */
  readonly proposers: readonly number[];
  readonly replies: readonly number[];
  /** All commands that may still do something; accepts always, as the judge asks for them. */
  readonly sent: number;
  readonly recording: number;
  /** Who changes the members, or moves the key; 0 where nobody does. */
  readonly operator: number;
}

export function firstWorld(tables: Tables): World {
  const none = tables.sets.id([]);
  return {
    slots: tables.acceptors.map(acceptor => tables.emptySlotOf(acceptor)),
    accepted: tables.acceptors.map(() => none),
    proposers: tables.proposers.map(({ index }) => tables.freshState(index)),
    replies: tables.proposers.map(() => none),
    sent: none,
    recording: tables.recordings.id([]),
    operator: tables.operator?.fresh ?? tables.mover?.fresh ?? 0,
  };
}

/** The smallest of the keys of all renamings that bring the acceptors into ascending order. */
export function keyOf(tables: Tables, world: World): string {
  let smallest: string | undefined;
  tables.permutations.forEach((permutation, number) => {
    if (tables.reduced && !isAscending(tables, world, permutation)) return;
    const key = keyWith(tables, world, permutation, number);
    if (smallest === undefined || key < smallest) smallest = key;
  });
  if (smallest === undefined) throw new Error('No order of the acceptors is ascending');
  return smallest;
}

function keyWith(tables: Tables, world: World, permutation: Permutation, number: number): string {
  let key = '';
  for (const i of permutation) key += digits(at(world.slots, i));
  for (const i of permutation) key += digits(at(world.accepted, i));
  world.proposers.forEach((state, p) => {
    key += digits(tables.renamedState(p, state, number));
  });
  for (const set of world.replies) key += digits(tables.renamedEvents(set, number));
  key += digits(world.sent) + digits(world.recording);
  return key + digits((tables.operator ?? tables.mover)?.renamed(world.operator, number) ?? 0);
}

/** Among those that stand beside each other and differ in their names alone. */
function isAscending({ roles }: Tables, { slots, accepted }: World, permutation: Permutation): boolean {
  for (let i = 1; i < permutation.length; i++) {
    const a = at(permutation, i - 1);
    const b = at(permutation, i);
    if (roles[a] !== roles[b]) continue;
    const order = at(slots, a) - at(slots, b) || at(accepted, a) - at(accepted, b);
    if (order > 0) return false;
  }
  return true;
}

const DIGIT = 2 ** 15;

/** A number as one character when it is small, else as two. */
function digits(id: number): string {
  return id < DIGIT
    ? String.fromCharCode(id)
    : String.fromCharCode(DIGIT + (id % DIGIT), Math.floor(id / DIGIT));
}

export function worldOf(tables: Tables, key: string): World {
  const ids: number[] = [];
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    ids.push(code < DIGIT ? code : code - DIGIT + DIGIT * key.charCodeAt(++i));
  }
  const a = tables.acceptors.length;
  const p = tables.proposers.length;
  return {
    slots: ids.slice(0, a),
    accepted: ids.slice(a, 2 * a),
    proposers: ids.slice(2 * a, 2 * a + p),
    replies: ids.slice(2 * a + p, 2 * a + 2 * p),
    sent: at(ids, 2 * a + 2 * p),
    recording: at(ids, 2 * a + 2 * p + 1),
    operator: at(ids, 2 * a + 2 * p + 2),
  };
}
