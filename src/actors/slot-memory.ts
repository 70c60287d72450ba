// What an acceptor remembers of slots, so that it need not look on its disk: a record for each, in a ring (record-ring.ts).
//
//   what is accepted and what is promised (ballot-pair.ts) | value

import { EMPTY_SLOT, type Slot } from '../protocol/acceptor.ts';
import { BallotPairs } from './ballot-pair.ts';
import { RecordRing } from './record-ring.ts';

const PIECE_BYTES = 32 * 1024;
/** A copy keeps the whole piece that it was cut out of; a large one is not worth that. */
const CUT_BYTES_MAX = PIECE_BYTES / 8;

export class SlotMemory {
  readonly #ring: RecordRing;
  readonly #pairs = new BallotPairs();
  readonly #copies = new Copies();

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
    if (found.bytes === pairBytes) return { promised, accepted, value: EMPTY_SLOT.value };
    // The ring goes on, and a reply that shows the value may wait for a commit.
    const value = this.#copies.copyOf(bytes.subarray(found.at + pairBytes, found.at + found.bytes));
    return { promised, accepted, value };
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

/** Cuts copies out of larger pieces: memory of its own for each takes five times as long as the rest of it (0.6 µs for 140 bytes). */
class Copies {
  #piece = new Uint8Array(0);
  #used = 0;

  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length > CUT_BYTES_MAX) return bytes.slice();
    if (this.#used + bytes.length > this.#piece.length) {
      this.#piece = new Uint8Array(PIECE_BYTES);
      this.#used = 0;
    }
    const copy = this.#piece.subarray(this.#used, this.#used + bytes.length);
    this.#used += bytes.length;
    copy.set(bytes);
    return copy;
  }
}
