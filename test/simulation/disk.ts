// The disk of one acceptor: what is durable, and the one commit that is under way. A crash leaves of that all
// or nothing, as a transaction does.

import { EMPTY_SLOT, type Slot } from '../../src/protocol/acceptor.ts';
import { isKey, partitionOf } from '../../src/protocol/partition.ts';

export type OnDurable = (key: string, change: { readonly before: Slot; readonly after: Slot }) => void;

export class Disk {
  /** No commit finds space. */
  isFull = false;
  readonly #slots = new Map<string, Slot>();
  readonly #onDurable: OnDurable;
  #underWay: ReadonlyMap<string, Slot> | undefined;

  constructor(onDurable: OnDurable) {
    this.#onDurable = onDurable;
  }

  load(keys: readonly string[]): ReadonlyMap<string, Slot> {
    const found = new Map<string, Slot>();
    for (const key of keys) {
      const slot = this.#slots.get(key);
      if (slot !== undefined) found.set(key, slot);
    }
    return found;
  }

  keysOf(partition: number): readonly string[] {
    return [...this.#slots.keys()].filter(key => isKey(key) && partitionOf(key) === partition);
  }

  slot(key: string): Slot {
    return this.#slots.get(key) ?? EMPTY_SLOT;
  }

  write(slots: ReadonlyMap<string, Slot>): void {
    this.#underWay = slots;
  }

  /** Takes the commit under way back, for lack of space. */
  rollBack(): void {
    this.#underWay = undefined;
  }

  /** Ends the commit under way: from here on it is durable. */
  sync(): void {
    for (const [key, after] of this.#underWay ?? []) {
      const before = this.slot(key);
      this.#slots.set(key, after);
      this.#onDurable(key, { before, after });
    }
    this.#underWay = undefined;
  }

  /** @returns what became of the commit under way, if there was one. */
  crash(keepsCommit: boolean): 'idle' | 'kept' | 'lost' {
    if (this.#underWay === undefined) return 'idle';
    if (keepsCommit) this.sync();
    this.#underWay = undefined;
    return keepsCommit ? 'kept' : 'lost';
  }
}
