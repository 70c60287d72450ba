// A bounded memory of byte records by key, for as many as fit: one ring of bytes, in which the newest record overwrites the
// oldest, and an index from the hash of a key to a place in the ring. Nothing in it is an object, so that a million records
// cost a garbage collector nothing. What the bytes mean is its users' (slot-memory.ts, register-memory.ts).
//
// A record: hash 4 bytes | its size in units of 8 bytes 31 bits, whether it counts 1 bit | bytes that are left over 2 | characters of
// the key 2 | key | body | what is left over.

import { hashOf } from '../protocol/partition.ts';

const HEADER_BYTES = 12;
const UNIT = 8;
const SIZE_AT = 4;
const LEFT_OVER_AT = 8;
const KEY_LENGTH_AT = 10;
const LEFT_OVER_MAX = 0xffff;

/** A larger record would push out too many others. */
const RECORD_SHARE_MAX = 1 / 8;
/** Places of the index for this many bytes of the ring; records are mostly larger. */
const BYTES_A_PLACE = 96;
/** A fuller index takes long to look through. */
const INDEX_SHARE_MAX = 0.75;
const KEY_CODES_MAX = 0xff;

/** Where the body of a record lies, until the next call of a method that writes. */
export interface Found {
  readonly at: number;
  readonly bytes: number;
}

export class RecordRing {
  /** In which bodies are read and written. */
  readonly buffer: Buffer;
  /** The same memory: what is cut out of it is no Buffer. */
  readonly bytes: Uint8Array;
  readonly #size: number;
  /** At the place of a record's hash, or the next free one: its own place in the ring in units, plus one. */
  readonly #index: Uint32Array;
  readonly #mask: number;
  /** Both only grow; their places in the ring are what is left when divided by its size. */
  #head = 0;
  #tail = 0;
  #records = 0;

  /** Takes memory as it is used, and no more than that plus a twelfth. Fewer than 64 bytes keep nothing. */
  constructor(bytesMax: number) {
    this.#size = Math.floor(bytesMax / UNIT) * UNIT;
    this.buffer = Buffer.allocUnsafeSlow(this.#size);
    this.bytes = new Uint8Array(this.buffer.buffer, this.buffer.byteOffset, this.#size);
    const places = 2 ** Math.max(4, Math.ceil(Math.log2(this.#size / BYTES_A_PLACE)));
    this.#index = new Uint32Array(places);
    this.#mask = places - 1;
  }

  /** Records in it. */
  get size(): number {
    return this.#records;
  }

  has(key: string): boolean {
    const record = this.#find(key, hashOf(key));
    return record >= 0 && this.#counts(record);
  }

  find(key: string): Found | undefined {
    const record = this.#find(key, hashOf(key));
    return record < 0 || !this.#counts(record) ? undefined : this.#bodyOf(record, key);
  }

  /** The record is no longer found; its place is kept for the next one of the key. */
  forget(key: string): void {
    const record = this.#find(key, hashOf(key));
    if (record >= 0) this.#setSize(record, this.#sizeOf(record), false);
  }

  /** What was forgotten is found again, if it is still in its place and `isWanted`. @returns whether it is found now. */
  recall(key: string, isWanted: (found: Found) => boolean): boolean {
    const record = this.#find(key, hashOf(key));
    if (record < 0 || !isWanted(this.#bodyOf(record, key))) return false;
    this.#setSize(record, this.#sizeOf(record), true);
    return true;
  }

  clear(): void {
    this.#index.fill(0);
    this.#tail = this.#head;
    this.#records = 0;
  }

  /**
   * Makes room for a body, in place of the key's earlier one.
   * @returns where to write it; undefined for one that is too large: the key is forgotten then.
   */
  put(key: string, bodyBytes: number): number | undefined {
    const hash = hashOf(key);
    const known = this.#find(key, hash);
    const wanted = HEADER_BYTES + key.length + bodyBytes;
    if (known >= 0) {
      const size = this.#sizeOf(known);
      const leftOver = size - wanted;
      if (leftOver >= 0 && leftOver <= LEFT_OVER_MAX) {
        this.#setSize(known, size, true);
        this.buffer.writeUInt16LE(leftOver, known + LEFT_OVER_AT);
        return known + HEADER_BYTES + key.length;
      }
      this.#unindex(known);
    }
    const size = Math.ceil(wanted / UNIT) * UNIT;
    if (size > this.#size * RECORD_SHARE_MAX || !isStorable(key)) return undefined;
    const record = this.#allot(size);
    const { buffer } = this;
    buffer.writeUInt32LE(hash, record);
    this.#setSize(record, size, true);
    buffer.writeUInt16LE(size - wanted, record + LEFT_OVER_AT);
    buffer.writeUInt16LE(key.length, record + KEY_LENGTH_AT);
    buffer.write(key, record + HEADER_BYTES, 'latin1');
    this.#enter(hash, record);
    return record + HEADER_BYTES + key.length;
  }

  #bodyOf(record: number, key: string): Found {
    const at = record + HEADER_BYTES + key.length;
    return {
      at,
      bytes: record + this.#sizeOf(record) - this.buffer.readUInt16LE(record + LEFT_OVER_AT) - at,
    };
  }

  #sizeOf(record: number): number {
    return (this.buffer.readUInt32LE(record + SIZE_AT) >>> 1) * UNIT;
  }

  #counts(record: number): boolean {
    return ((this.buffer[record + SIZE_AT] ?? 0) & 1) === 1;
  }

  #setSize(record: number, size: number, counts: boolean): void {
    this.buffer.writeUInt32LE((size / UNIT) * 2 + (counts ? 1 : 0), record + SIZE_AT);
  }

  /** @returns the place of a record of that size, behind the last one or at the start of the ring. */
  #allot(size: number): number {
    const left = this.#size - (this.#head % this.#size);
    if (left < size) {
      this.#makeRoom(left);
      // What is left empty counts as a record that nothing of the index leads to.
      this.#setSize(this.#head % this.#size, left, false);
      this.#head += left;
    }
    this.#makeRoom(size);
    const record = this.#head % this.#size;
    this.#head += size;
    return record;
  }

  #makeRoom(bytes: number): void {
    const recordsMax = this.#index.length * INDEX_SHARE_MAX;
    while (this.#head + bytes - this.#tail > this.#size || this.#records >= recordsMax) {
      const oldest = this.#tail % this.#size;
      this.#tail += this.#sizeOf(oldest);
      this.#unindex(oldest);
    }
  }

  /** @returns the place of the record, -1 for none. */
  #find(key: string, hash: number): number {
    const index = this.#index;
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const entry = index[place] ?? 0;
      if (entry === 0) return -1;
      const record = (entry - 1) * UNIT;
      if (this.buffer.readUInt32LE(record) === hash && this.#isOf(record, key)) return record;
    }
  }

  #isOf(record: number, key: string): boolean {
    const { buffer } = this;
    if (buffer.readUInt16LE(record + KEY_LENGTH_AT) !== key.length) return false;
    for (let i = 0; i < key.length; i++) {
      if (buffer[record + HEADER_BYTES + i] !== key.charCodeAt(i)) return false;
    }
    return true;
  }

  #enter(hash: number, record: number): void {
    let place = hash & this.#mask;
    while (this.#index[place] !== 0) place = (place + 1) & this.#mask;
    this.#index[place] = record / UNIT + 1;
    this.#records += 1;
  }

  /** Takes the record out of the index, if it is there: those after it move up, so that a look finds them without a gap. */
  #unindex(record: number): void {
    const index = this.#index;
    const mask = this.#mask;
    const entry = record / UNIT + 1;
    let gap = this.buffer.readUInt32LE(record) & mask;
    while (index[gap] !== entry) {
      if (index[gap] === 0) return;
      gap = (gap + 1) & mask;
    }
    this.#records -= 1;
    for (let place = (gap + 1) & mask; index[place] !== 0; place = (place + 1) & mask) {
      const wanted = this.buffer.readUInt32LE(((index[place] ?? 0) - 1) * UNIT) & mask;
      // It stays if its way from where it is wanted does not lead over the gap.
      if (((place - wanted) & mask) < ((place - gap) & mask)) continue;
      index[gap] = index[place] ?? 0;
      gap = place;
    }
    index[gap] = 0;
  }
}

/** What is written one byte a character. */
function isStorable(key: string): boolean {
  if (key.length > 0xffff) return false;
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > KEY_CODES_MAX) return false;
  return true;
}
