// The fields of a message between nodes, checked one by one: what is not as it must be is Malformed, and the message
// that it came in is refused.

import { COUNTER_MAX } from '../protocol/ballot.ts';
import { MEMBERS_KEY } from '../protocol/membership.ts';
import { PARTITIONS, partitionOfFloor } from '../protocol/partition.ts';
import { shown } from './shown.ts';
import { keyProblem } from './subjects.ts';

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

export function keyOf(candidate: unknown): string {
  const key = text(candidate);
  if (key === MEMBERS_KEY) return key;
  const problem = keyProblem(key);
  if (problem !== undefined) throw new Malformed(`a key ${problem}`);
  return key;
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

/** The key that a page of keys comes after; '' for the first page. */
export function keyBefore(candidate: unknown): string {
  return candidate === '' ? '' : keyOf(candidate);
}
