// Two ballots in a record of a ring (record-ring.ts): the lower one, and a higher one that mostly is the same proposer's and not far
// above it, so that their distance tells it.
//
//   counter of the lower 8 bytes | number of its proposer 2 | distance 4, or if it does not fit all ones, and then
//   | counter of the higher 8 | number of its proposer 2

import { type Ballot, ZERO_BALLOT } from '../protocol/ballot.ts';
import { NameTable } from './name-table.ts';

const NAME_AT = 8;
const DISTANCE_AT = 10;
const HIGHER_AT = 14;
const HIGHER_NAME_AT = 22;
const LONG_BYTES = 24;
const APART = 0xffffffff;

export interface BallotPair {
  readonly lower: Ballot;
  readonly higher: Ballot;
}

export class BallotPairs {
  readonly #names = new NameTable();

  /** How many bytes the pair takes; undefined when there are no more numbers for proposers. */
  sizeOf({ lower, higher }: BallotPair): number | undefined {
    if (this.#names.numberOf(lower.proposer) === undefined) return undefined;
    if (distance(lower, higher) !== APART) return HIGHER_AT;
    return this.#names.numberOf(higher.proposer) === undefined ? undefined : LONG_BYTES;
  }

  /** Of a pair whose size is known. */
  write({ lower, higher }: BallotPair, buffer: Buffer, at: number): void {
    const far = distance(lower, higher);
    buffer.writeDoubleLE(lower.counter, at);
    buffer.writeUInt16LE(this.#names.numberOf(lower.proposer) ?? 0, at + NAME_AT);
    buffer.writeUInt32LE(far, at + DISTANCE_AT);
    if (far !== APART) return;
    buffer.writeDoubleLE(higher.counter, at + HIGHER_AT);
    buffer.writeUInt16LE(this.#names.numberOf(higher.proposer) ?? 0, at + HIGHER_NAME_AT);
  }

  read(buffer: Buffer, at: number): BallotPair & { readonly bytes: number } {
    const counter = buffer.readDoubleLE(at);
    const name = buffer.readUInt16LE(at + NAME_AT);
    const lower = this.#ballot(counter, name);
    const far = buffer.readUInt32LE(at + DISTANCE_AT);
    if (far !== APART) return { lower, higher: this.#ballot(counter + far, name), bytes: HIGHER_AT };
    const higher = this.#ballot(
      buffer.readDoubleLE(at + HIGHER_AT),
      buffer.readUInt16LE(at + HIGHER_NAME_AT),
    );
    return { lower, higher, bytes: LONG_BYTES };
  }

  /** Whether it is this pair that was written there. */
  isAt({ lower, higher }: BallotPair, buffer: Buffer, at: number): boolean {
    const far = distance(lower, higher);
    if (buffer.readDoubleLE(at) !== lower.counter || buffer.readUInt32LE(at + DISTANCE_AT) !== far)
      return false;
    if (this.#names.nameOf(buffer.readUInt16LE(at + NAME_AT)) !== lower.proposer) return false;
    if (far !== APART) return true;
    const name = this.#names.nameOf(buffer.readUInt16LE(at + HIGHER_NAME_AT));
    return buffer.readDoubleLE(at + HIGHER_AT) === higher.counter && name === higher.proposer;
  }

  #ballot(counter: number, name: number): Ballot {
    const proposer = this.#names.nameOf(name);
    return counter === 0 && proposer === '' ? ZERO_BALLOT : { counter, proposer };
  }
}

/** How far the higher one is above the lower one, where that says what it is. */
function distance(lower: Ballot, higher: Ballot): number {
  const far = higher.counter - lower.counter;
  return lower.proposer === higher.proposer && far >= 0 && far < APART ? far : APART;
}
