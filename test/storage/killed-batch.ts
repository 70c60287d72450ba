// The batches that commit-until-killed writes, and the verdict on what a kill left of them.

import { isDeepStrictEqual } from 'node:util';
import type { Slot } from '../../src/protocol/acceptor.ts';
import type { Store } from '../../src/storage/store.ts';
import { slotOf } from './slots.ts';

/** Under this key every batch writes its own number, over that of the batch before. */
export const LAST_BATCH_KEY = 'last';

/** Sizes vary, so that a kill meets small and large transactions. */
export function killedBatch(batch: number): ReadonlyMap<string, Slot> {
  const slots = new Map([[LAST_BATCH_KEY, slotOf(batch, `batch ${batch}`)]]);
  const rows = 1 + ((batch * 37) % 300);
  for (let row = 0; row < rows; row++) {
    slots.set(`batch.${batch}.${row}`, slotOf(batch, `value ${row} `.repeat(10)));
  }
  return slots;
}

/**
 * What is wrong with a store in which the batches up to `acknowledged` were committed: all of them must be
 * there, the next one as a whole or not at all, and nothing of the one after.
 */
export async function faultsOf(store: Store, acknowledged: number): Promise<readonly string[]> {
  const newest = (await store.load([LAST_BATCH_KEY])).get(LAST_BATCH_KEY)?.accepted.counter ?? -1;
  const faults: string[] = [];
  if (newest < acknowledged) faults.push(`batch ${acknowledged} was acknowledged, the newest is ${newest}`);
  if (newest > acknowledged + 1)
    faults.push(`batch ${newest} is there, ${acknowledged} was the last acknowledged`);
  for (let batch = 0; batch <= acknowledged + 2; batch++) {
    const rows = new Map(killedBatch(batch));
    rows.delete(LAST_BATCH_KEY);
    const found = await store.load([...rows.keys()]);
    const expected = batch <= newest ? rows : new Map();
    if (!isDeepStrictEqual(found, expected))
      faults.push(`batch ${batch} has ${found.size} of ${expected.size} rows`);
  }
  return faults;
}
