// A bounded memory of slots, so that a hot register is not read from disk. Forgets what was used longest ago.

import type { Slot } from '../protocol/acceptor.ts';

/** What an entry costs beside its key and value: mostly the buffer object that holds the value. */
const ENTRY_BYTES = 700;

export class SlotCache {
  readonly #slots = new Map<string, Slot>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(key: string): boolean {
    return this.#slots.has(key);
  }

  get(key: string): Slot | undefined {
    return this.#slots.get(key);
  }

  /** Remembers a slot as the one used last, and forgets the oldest ones past the bound. */
  put(key: string, slot: Slot): void {
    const old = this.#slots.get(key);
    if (old !== undefined) {
      this.#bytes -= cost(key, old);
      this.#slots.delete(key);
    }
    this.#slots.set(key, slot);
    this.#bytes += cost(key, slot);
    for (const [oldest, forgotten] of this.#slots) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#slots.delete(oldest);
      this.#bytes -= cost(oldest, forgotten);
    }
  }
}

function cost(key: string, slot: Slot): number {
  return ENTRY_BYTES + key.length + slot.value.length;
}
