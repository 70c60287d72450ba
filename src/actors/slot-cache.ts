// A bounded memory of slots, so that a hot register is not read from disk. Two generations: what was used since
// the last change of generations, and what was used in the one before; anything older is forgotten. Forgetting
// one by one in order of use would walk over the holes that a Map keeps where entries were deleted.

import type { Slot } from '../protocol/acceptor.ts';

/** What an entry costs beside its key and value: mostly the buffer object that holds the value. */
const ENTRY_BYTES = 700;

export class SlotCache {
  readonly #generationBytesMax: number;
  #recent = new Map<string, Slot>();
  #older = new Map<string, Slot>();
  #recentBytes = 0;

  constructor(bytesMax: number) {
    this.#generationBytesMax = bytesMax / 2;
  }

  has(key: string): boolean {
    return this.#recent.has(key) || this.#older.has(key);
  }

  get(key: string): Slot | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  /** Remembers a slot as just used. */
  put(key: string, slot: Slot): void {
    const known = this.#recent.get(key);
    if (known !== undefined) this.#recentBytes -= cost(key, known);
    this.#recent.set(key, slot);
    this.#recentBytes += cost(key, slot);
    if (this.#recentBytes <= this.#generationBytesMax) return;
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#recentBytes = 0;
  }
}

function cost(key: string, slot: Slot): number {
  return ENTRY_BYTES + key.length + slot.value.length;
}
