// Which keys have no slot on disk, as far as an acceptor knows without looking: it has seen all keys of the partitions
// that it promised floors for, and notes what comes since. So that a fresh key costs no read.

import { addTo, type Filter, filterOf, mayContain, type Prints } from '../protocol/filter.ts';
import { partitionOf } from '../protocol/partition.ts';

interface Known {
  readonly filter: Filter;
  /** So many more keys fit; with none left the filter would say yes to everything. */
  room: number;
}

/** Keys that may come to a partition until its floor is asked for again. */
const ROOM = 8192;

export class KnownKeys {
  readonly #partitions = new Map<number, Known>();

  /** @param prints of all keys of the partition */
  learn(partition: number, prints: Prints): void {
    this.#partitions.set(partition, { filter: filterOf(prints, ROOM), room: ROOM });
  }

  /** The key has a slot from now on. */
  add(key: string): void {
    const partition = partitionOf(key);
    const known = this.#partitions.get(partition);
    if (known === undefined || mayContain(known.filter, key)) return;
    addTo(known.filter, key);
    known.room -= 1;
    if (known.room === 0) this.#partitions.delete(partition);
  }

  mayHaveSlot(key: string): boolean {
    const known = this.#partitions.get(partitionOf(key));
    return known === undefined || mayContain(known.filter, key);
  }
}
