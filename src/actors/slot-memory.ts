// What an acceptor remembers of slots, so that it need not look on its disk: a record for each, in a ring (record-ring.ts).
//
//   counter promised 8 bytes | counter accepted 8 | number of the proposer promised 2, accepted 2 | value

import { EMPTY_SLOT, type Slot } from '../protocol/acceptor.ts';
import { type Ballot, ZERO_BALLOT } from '../protocol/ballot.ts';
import { NameTable } from './name-table.ts';
import { RecordRing } from './record-ring.ts';

const ACCEPTED_AT = 8;
const NAME_PROMISED_AT = 16;
const NAME_ACCEPTED_AT = 18;
const VALUE_AT = 20;

export class SlotMemory {
  readonly #ring: RecordRing;
  readonly #names = new NameTable();

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
    const { at } = found;
    return {
      promised: this.#ballot(buffer.readDoubleLE(at), buffer.readUInt16LE(at + NAME_PROMISED_AT)),
      accepted: this.#ballot(
        buffer.readDoubleLE(at + ACCEPTED_AT),
        buffer.readUInt16LE(at + NAME_ACCEPTED_AT),
      ),
      // A copy: the ring goes on, and a reply that shows the value may wait for a commit.
      value: found.bytes === VALUE_AT ? EMPTY_SLOT.value : bytes.slice(at + VALUE_AT, at + found.bytes),
    };
  }

  /** Remembers the slot as it is now, in place of what it was. */
  use(key: string, { promised, accepted, value }: Slot): void {
    const names = [this.#names.numberOf(promised.proposer), this.#names.numberOf(accepted.proposer)] as const;
    const at = this.#ring.put(key, VALUE_AT + value.length);
    if (at === undefined) return;
    if (names[0] === undefined || names[1] === undefined) {
      this.#ring.forget(key);
      return;
    }
    const { buffer } = this.#ring;
    buffer.writeDoubleLE(promised.counter, at);
    buffer.writeDoubleLE(accepted.counter, at + ACCEPTED_AT);
    buffer.writeUInt16LE(names[0], at + NAME_PROMISED_AT);
    buffer.writeUInt16LE(names[1], at + NAME_ACCEPTED_AT);
    buffer.set(value, at + VALUE_AT);
  }

  #ballot(counter: number, name: number): Ballot {
    const proposer = this.#names.nameOf(name);
    return counter === 0 && proposer === '' ? ZERO_BALLOT : { counter, proposer };
  }
}
