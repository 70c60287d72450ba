// How many rows a file has, as the slot of a reserved name that is written in one statement with those that come and go: a row
// that is missing would be a key without a vote, and no other row would show it (S5).

import type { Slot } from '../protocol/acceptor.ts';
import { ZERO_BALLOT } from '../protocol/ballot.ts';

/** No key and no floor has this name. */
export const ROWS_NAME = '#rows';

/** @param count without this one */
export function rowsSlot(count: number): Slot {
  return {
    promised: { counter: count, proposer: '' },
    accepted: ZERO_BALLOT,
    value: new Uint8Array(0),
  };
}

export function writtenIn({ promised }: Slot): number {
  return promised.counter;
}
