// A Store in memory, for the simulator and for tests: a disk that never fails. A commit takes effect as a
// whole and at once, so what survives a simulated crash is what is in here: the next start of the acceptor
// gets the same MemoryStore. When a commit resolves, and whether it is called at all, is the runtime's.

import { isEmpty, type Slot } from '../protocol/acceptor.ts';
import { type Prints, printsOf } from '../protocol/filter.ts';
import { isKey, partitionOf } from '../protocol/partition.ts';
import type { Store } from './store.ts';

export class MemoryStore implements Store {
  readonly #slots = new Map<string, Slot>();

  async load(keys: readonly string[]): Promise<ReadonlyMap<string, Slot>> {
    const found = new Map<string, Slot>();
    for (const key of keys) {
      const slot = this.#slots.get(key);
      if (slot !== undefined) found.set(key, slot);
    }
    return found;
  }

  mayHave(key: string): boolean {
    return this.#slots.has(key);
  }

  async printsOf(partition: number, max: number): Promise<Prints | undefined> {
    const keys = this.#keysOf(partition);
    return keys.length > max ? undefined : printsOf(keys);
  }

  async keysAfter(partition: number, after: string, max: number): Promise<readonly string[]> {
    return this.#keysOf(partition)
      .filter(key => key > after)
      .sort((a, b) => (a < b ? -1 : 1))
      .slice(0, max);
  }

  #keysOf(partition: number): readonly string[] {
    return [...this.#slots.keys()].filter(key => isKey(key) && partitionOf(key) === partition);
  }

  async commit(slots: ReadonlyMap<string, Slot>): Promise<void> {
    for (const [key, slot] of slots) {
      if (isEmpty(slot)) this.#slots.delete(key);
      else this.#slots.set(key, slot);
    }
  }

  /** Keeps the slots: a closed disk is opened again by the next start. */
  async close(): Promise<void> {}
}
