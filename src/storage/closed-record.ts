// Which stays are closed at an acceptor, as the slot of a reserved name, so that it is committed with the votes and
// covered by the same checksum (S1). An acceptor that never closed one has no such row.

import type { Slot } from '../protocol/acceptor.ts';
import { ZERO_BALLOT } from '../protocol/ballot.ts';
import { type ClosedStays, NOTHING_CLOSED } from '../protocol/stays.ts';
import { StoreError } from './store.ts';

/** No key and no floor has this name. */
export const CLOSED_NAME = '#closed';

export function closedSlot(closed: ClosedStays): Slot {
  return {
    promised: ZERO_BALLOT,
    accepted: ZERO_BALLOT,
    value: Buffer.from(JSON.stringify([...closed].sort(([a], [b]) => a - b))),
  };
}

/** @throws StoreError `corrupt` when the slot holds something else. */
export function closedOf(slot: Slot | undefined): ClosedStays {
  if (slot === undefined || slot.value.length === 0) return NOTHING_CLOSED;
  try {
    const entries: unknown = JSON.parse(Buffer.from(slot.value).toString());
    if (Array.isArray(entries)) return new Map(entries.map(entryOf));
  } catch (cause) {
    throw corrupt({ cause });
  }
  throw corrupt();
}

function entryOf(candidate: unknown): readonly [partition: number, stay: number] {
  const [partition, stay] = Array.isArray(candidate) ? candidate : [];
  if (Number.isSafeInteger(partition) && Number.isSafeInteger(stay)) return [partition, stay];
  throw corrupt();
}

function corrupt(options?: { cause: unknown }): StoreError {
  return new StoreError('corrupt', 'Cannot load which partitions the acceptor has closed', options);
}
