// What an acceptor remembers of slots, so that it need not look on its disk: a record for each, in a ring (record-ring.ts).
//
//   what is accepted and what is promised (ballot-pair.ts) | value

import { EMPTY_SLOT, type Slot } from '../protocol/acceptor.ts';
import { BallotPairs } from './ballot-pair.ts';
import { RecordRing } from './record-ring.ts';

export class SlotMemory {
  readonly #ring: RecordRing;
  readonly #pairs = new BallotPairs();

  constructor(bytesMax: number) {
    this.#ring = new RecordRing(bytesMax);
  }

  has(key: string): boolean {
    return this.#ring.has(key);
  }

  get(key: string): Slot | undefined {
    const found = this.#ring.find(key);
    if (found === undefined) return undefined;
    const { buffer, bytes } = this.#ring;
    const { lower: accepted, higher: promised, bytes: pairBytes } = this.#pairs.read(buffer, found.at);
    // A copy: the ring goes on, and a reply that shows the value may wait for a commit.
    const value = bytes.slice(found.at + pairBytes, found.at + found.bytes);
    return { promised, accepted, value: value.length === 0 ? EMPTY_SLOT.value : value };
  }

  /** Remembers the slot as it is now, in place of what it was. */
  use(key: string, { promised, accepted, value }: Slot): void {
    const pair = { lower: accepted, higher: promised };
    const pairBytes = this.#pairs.sizeOf(pair);
    if (pairBytes === undefined) {
      this.#ring.forget(key);
      return;
    }
    const at = this.#ring.put(key, pairBytes + value.length);
    if (at === undefined) return;
    this.#pairs.write(pair, this.#ring.buffer, at);
    this.#ring.buffer.set(value, at + pairBytes);
  }
}
