// An acceptor's memory as the slot of a reserved name, so that it is committed with the votes in one statement, and
// covered by the same checksum (S1). The number of the commit is its promised counter; the rest is JSON.

import type { Slot } from '../protocol/acceptor.ts';
import { ZERO_BALLOT } from '../protocol/ballot.ts';
import { founderOf } from '../protocol/founder.ts';
import { type Memory, NO_MEMORY, type Sighting } from '../protocol/memory.ts';
import { FIRST_EPOCH, type Joint } from '../protocol/quorum.ts';
import { StoreError } from './store.ts';

/** No key and no floor has this name. */
export const MEMORY_NAME = '#memory';

/** The bytes of the memory but for its number. */
export function memoryBytes({ members, isFormed, founder, epoch, joint, doubt, seen }: Memory): Uint8Array {
  const sightings = [...seen].map(([name, { store, incarnation, commits }]) => [
    name,
    [store, incarnation, commits],
  ]);
  return Buffer.from(
    JSON.stringify({
      members: members === undefined ? null : Object.fromEntries(members),
      isFormed,
      founder: founder ?? null,
      epoch,
      joint: joint === undefined ? null : [joint.before, joint.after],
      doubt: doubt ?? null,
      seen: Object.fromEntries(sightings),
    }),
  );
}

export function memorySlot(commits: number, bytes: Uint8Array): Slot {
  return { promised: { counter: commits, proposer: '' }, accepted: ZERO_BALLOT, value: bytes };
}

/** @throws StoreError `corrupt` when the slot holds no memory. */
export function memoryOf(slot: Slot | undefined): Memory {
  if (slot === undefined) return NO_MEMORY;
  const { members, isFormed, founder, epoch, joint, doubt, seen } = fieldsOf(slot.value);
  const stores =
    members === null ? undefined : new Map(entriesOf(members).map(([name, store]) => [name, text(store)]));
  // Files of earlier builds name no founder; in the first epoch the members are those who formed the cluster.
  const formers = isFormed === true && epoch === FIRST_EPOCH ? stores : undefined;
  return {
    commits: slot.promised.counter,
    members: stores,
    isFormed: isFormed === true,
    founder: typeof founder === 'string' ? founder : formers && founderOf(formers),
    epoch: number(epoch),
    joint: joint === null ? undefined : jointOf(joint),
    doubt: doubt === null ? undefined : text(doubt),
    seen: new Map(entriesOf(seen).map(([name, sighting]) => [name, sightingOf(sighting)])),
  };
}

function fieldsOf(value: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(entriesOf(JSON.parse(Buffer.from(value).toString())));
  } catch (cause) {
    throw corrupt({ cause });
  }
}

function sightingOf(candidate: unknown): Sighting {
  const [store, incarnation, commits] = Array.isArray(candidate) ? candidate : [];
  return { store: text(store), incarnation: text(incarnation), commits: number(commits) };
}

function jointOf(candidate: unknown): Joint {
  const [before, after] = Array.isArray(candidate) ? candidate : [];
  if (!Array.isArray(before) || !Array.isArray(after)) throw corrupt();
  return { before: before.map(text), after: after.map(text) };
}

function number(candidate: unknown): number {
  if (typeof candidate === 'number' && Number.isSafeInteger(candidate)) return candidate;
  throw corrupt();
}

function entriesOf(candidate: unknown): readonly [string, unknown][] {
  if (typeof candidate === 'object' && candidate !== null) return Object.entries(candidate);
  throw corrupt();
}

function text(candidate: unknown): string {
  if (typeof candidate === 'string') return candidate;
  throw corrupt();
}

function corrupt(options?: { cause: unknown }): StoreError {
  return new StoreError('corrupt', 'Cannot load what the acceptor remembers of its cluster', options);
}
