// What a proposer remembers of registers that nothing is to be done for now: as objects those that were used last or often,
// and as bytes, in a ring (record-ring.ts), ten times as many. What is taken out to be worked on is no longer in either, so
// that a ballot that was used cannot come back (P1); what the work came to is put in.
//
//   parts 1 byte: 1 standing, 2 final | counter of the standing ballot 8, of the accepted 8 | number of the proposer of each 2, 2
//   | the state as it travels

import { newInstance } from '../protocol/instance.ts';
import type { RegisterState } from '../protocol/state.ts';
import type { Instance, Standing, StateCodec } from '../protocol/work.ts';
import { NameTable } from './name-table.ts';
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
const BALLOT_AT = 1;
const ACCEPTED_AT = 9;
const NAMES_AT = 17;
const STATE_AT = 21;

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
  readonly #names = new NameTable();
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
    const ballot = standing && this.#names.numberOf(standing.ballot.proposer);
    const accepted = standing && this.#names.numberOf(standing.accepted.proposer);
    if (standing !== undefined && (ballot === undefined || accepted === undefined)) return;
    const bytes = this.#codec.encode(state);
    const at = this.#ring.put(key, STATE_AT + bytes.length);
    if (at === undefined) return;
    const { buffer } = this.#ring;
    buffer[at] = (standing === undefined ? 0 : STANDING) | (final === undefined ? 0 : FINAL);
    buffer.writeDoubleLE(standing?.ballot.counter ?? 0, at + BALLOT_AT);
    buffer.writeDoubleLE(standing?.accepted.counter ?? 0, at + ACCEPTED_AT);
    buffer.writeUInt16LE(ballot ?? 0, at + NAMES_AT);
    buffer.writeUInt16LE(accepted ?? 0, at + NAMES_AT + 2);
    buffer.set(bytes, at + STATE_AT);
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
    const state = this.#codec.decode(buffer.subarray(at + STATE_AT, at + bytes));
    return {
      ...newInstance(key),
      standing: (parts & STANDING) === 0 ? undefined : this.#standing(at, state),
      final: (parts & FINAL) === 0 ? undefined : state,
      bytes: bytes - STATE_AT,
    };
  }

  #standing(at: number, state: RegisterState): Standing {
    const { buffer } = this.#ring;
    const ballot = buffer.readDoubleLE(at + BALLOT_AT);
    const accepted = buffer.readDoubleLE(at + ACCEPTED_AT);
    const [byWhom, acceptedOf] = [buffer.readUInt16LE(at + NAMES_AT), buffer.readUInt16LE(at + NAMES_AT + 2)];
    return {
      ballot: { counter: ballot, proposer: this.#names.nameOf(byWhom) },
      accepted: { counter: accepted, proposer: this.#names.nameOf(acceptedOf) },
      state,
    };
  }
}

function memoryBytes(key: string, { bytes }: Instance): number {
  return INSTANCE_BYTES + key.length + 3 * bytes;
}
