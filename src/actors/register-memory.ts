// What a proposer remembers of registers that nothing is to be done for now: as objects those that were used last or often,
// and as bytes, in a ring (record-ring.ts), ten times as many. What is taken out to be worked on is no longer in either, so
// that a ballot that was used cannot come back (P1); what the work came to is put in.
//
//   parts 1 byte: 1 standing, 2 final | of a standing one what is accepted, and its ballot (ballot-pair.ts) | the state as it travels

import { type Instance, newInstance, type Standing, type StateCodec } from '../protocol/work.ts';
import { type BallotPair, BallotPairs } from './ballot-pair.ts';
import { RecencyCache } from './recency-cache.ts';
import { type Found, RecordRing } from './record-ring.ts';

interface RegisterMemoryOptions {
  readonly codec: StateCodec;
  /** What registers may take as objects, and what they may take as bytes. */
  readonly objectBytesMax: number;
  readonly ringBytesMax: number;
}

/** What a remembered register costs as an object beside its state. */
const INSTANCE_BYTES = 600;

const STANDING = 1;
const FINAL = 2;
const PARTS_BYTES = 1;

/** How often a register that was to be worked on was remembered as what. */
export interface FoundCounts {
  readonly objects: number;
  readonly bytes: number;
}

export class RegisterMemory {
  readonly #codec: StateCodec;
  readonly #objectBytesMax: number;
  #objects: RecencyCache<Instance>;
  readonly #ring: RecordRing;
  readonly #pairs = new BallotPairs();
  readonly #found = { objects: 0, bytes: 0 };

  constructor({ codec, objectBytesMax, ringBytesMax }: RegisterMemoryOptions) {
    this.#codec = codec;
    this.#objectBytesMax = objectBytesMax;
    this.#objects = this.#noObjects();
    this.#ring = new RecordRing(ringBytesMax);
  }

  get found(): FoundCounts {
    return this.#found;
  }

  /** The register as it was put in; a new one if it is not known. It is out of the memory then. */
  take(key: string): Instance {
    const object = this.#objects.take(key);
    const found = object === undefined ? this.#ring.find(key) : undefined;
    if (object !== undefined) this.#found.objects += 1;
    else if (found !== undefined) this.#found.bytes += 1;
    const instance = object ?? (found === undefined ? newInstance(key) : this.#read(key, found));
    this.#ring.forget(key);
    return instance;
  }

  /** Only what was taken out. What a new one would be as good as is not remembered. */
  put(instance: Instance): void {
    const { key, standing, final } = instance;
    const state = standing?.state ?? final;
    if (state === undefined) return;
    this.#objects.use(key, instance);
    const parts = (standing === undefined ? 0 : STANDING) | (final === undefined ? 0 : FINAL);
    const pair = standing && pairOf(standing);
    if (pair !== undefined && this.#ring.recall(key, found => this.#holds(found, parts, pair))) return;
    const pairBytes = pair === undefined ? 0 : this.#pairs.sizeOf(pair);
    if (pairBytes === undefined) return;
    const bytes = this.#codec.encode(state);
    const at = this.#ring.put(key, PARTS_BYTES + pairBytes + bytes.length);
    if (at === undefined) return;
    const { buffer } = this.#ring;
    buffer[at] = parts;
    if (pair !== undefined) this.#pairs.write(pair, buffer, at + PARTS_BYTES);
    buffer.set(bytes, at + PARTS_BYTES + pairBytes);
  }

  /** After a read the register is as it was taken out: a ballot is made for one state, and is not of two. */
  #holds({ at }: Found, parts: number, pair: BallotPair): boolean {
    const { buffer } = this.#ring;
    return buffer[at] === parts && this.#pairs.isAt(pair, buffer, at + PARTS_BYTES);
  }

  clear(): void {
    this.#objects = this.#noObjects();
    this.#ring.clear();
  }

  #noObjects(): RecencyCache<Instance> {
    return new RecencyCache({ bytesMax: this.#objectBytesMax, cost: memoryBytes });
  }

  #read(key: string, { at, bytes }: Found): Instance {
    const { buffer } = this.#ring;
    const parts = buffer[at] ?? 0;
    const pair = (parts & STANDING) === 0 ? undefined : this.#pairs.read(buffer, at + PARTS_BYTES);
    const stateAt = PARTS_BYTES + (pair?.bytes ?? 0);
    const state = this.#codec.decode(buffer.subarray(at + stateAt, at + bytes));
    return {
      ...newInstance(key),
      standing: pair && { ballot: pair.higher, accepted: pair.lower, state },
      final: (parts & FINAL) === 0 ? undefined : state,
      bytes: bytes - stateAt,
    };
  }
}

function pairOf({ accepted, ballot }: Standing): BallotPair {
  return { lower: accepted, higher: ballot };
}

function memoryBytes(key: string, { bytes }: Instance): number {
  return INSTANCE_BYTES + key.length + 3 * bytes;
}
