// The fields of a message between nodes, checked one by one: what is not as it must be is Malformed, and the message
// that it came in is refused.

import { COUNTER_MAX } from '../protocol/ballot.ts';
import { GROUPS_KEY } from '../protocol/group-map.ts';
import { MEMBERS_KEY } from '../protocol/membership.ts';
import { PARTITIONS, partitionOfFloor } from '../protocol/partition.ts';
import { isOwn, keyIn, partitionOfKey } from '../protocol/stays.ts';
import { shown } from './shown.ts';
import { KEY_BYTES_MAX, keyProblem } from './subjects.ts';

/** A key, with the number of its stay before it. */
const NAME_CHARACTERS_MAX = KEY_BYTES_MAX + 18;

/** Thrown by what reads an item; decodeItems makes it a refusal. */
export class Malformed extends Error {}

export function counter(candidate: unknown, min: number): number {
  if (
    typeof candidate === 'number' &&
    Number.isInteger(candidate) &&
    candidate >= min &&
    candidate < COUNTER_MAX
  ) {
    return candidate;
  }
  throw new Malformed(`${shown(candidate)} is no ballot counter`);
}

/** Of a register: one of the cluster's own, a key, or its name in a later stay. */
export function keyOf(candidate: unknown): string {
  const name = registerName(candidate);
  if (name === MEMBERS_KEY || name === GROUPS_KEY) return name;
  const problem = keyProblem(keyIn(name));
  if (problem !== undefined) throw new Malformed(`a key ${problem}`);
  return name;
}

/** Of what is fetched: no register of the cluster's own, and perhaps none at all but a partition. */
export function fetchedOf(candidate: unknown): string {
  const name = registerName(candidate);
  const partition = partitionOfKey(keyIn(name));
  if (partition !== undefined) {
    partitionNumber(partition);
    return name;
  }
  if (isOwn(name)) throw new Malformed(`'${shown(name)}' is of no stay`);
  return keyOf(name);
}

/** Only compared with what was asked about. */
export function registerName(candidate: unknown): string {
  if (typeof candidate === 'string' && candidate.length <= NAME_CHARACTERS_MAX) return candidate;
  throw new Malformed('a name is missing or too long');
}

export function floorOf(candidate: unknown): string {
  const name = text(candidate);
  if (partitionOfFloor(name) !== undefined) return name;
  throw new Malformed(`'${shown(name)}' is no floor`);
}

export function text(candidate: unknown): string {
  if (typeof candidate === 'string' && candidate.length <= 255) return candidate;
  throw new Malformed('a name is missing or too long');
}

/** A sender's name becomes part of the subject that it is answered on. */
export function nodeName(candidate: unknown): string {
  const name = text(candidate);
  if (/^[A-Za-z0-9_-]+$/.test(name)) return name;
  throw new Malformed(`'${shown(name)}' is no name of a node`);
}

export function bytesOf(candidate: unknown, isWanted: (length: number) => boolean = () => true): Uint8Array {
  if (candidate instanceof Uint8Array && isWanted(candidate.length)) return candidate;
  throw new Malformed('a value is missing where one belongs, or there where none does');
}

export function array(candidate: unknown): readonly unknown[] {
  if (Array.isArray(candidate)) return candidate;
  throw new Malformed('an array is missing');
}

/** An array of no more entries than belong in one; `what` names them. */
export function atMost(max: number, what: string, candidate: unknown): readonly unknown[] {
  const entries = array(candidate);
  if (entries.length <= max) return entries;
  throw new Malformed(`${entries.length} ${what} are too many`);
}

/** The item of a message that carries just one. */
export function oneOf<Item>([item, ...others]: readonly Item[]): Item {
  if (item === undefined || others.length > 0) throw new Malformed('it is not one item');
  return item;
}

export function partitionNumber(candidate: unknown): number {
  const partition = counter(candidate, 0);
  if (partition < PARTITIONS) return partition;
  throw new Malformed(`${partition} is no partition`);
}

/** The name that a page of keys comes after; '' for the first page, and what the names of a stay begin with for its first. */
export function keyBefore(candidate: unknown): string {
  const name = registerName(candidate);
  return keyIn(name) === '' ? name : keyOf(name);
}
