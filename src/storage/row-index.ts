// Where the row of each key lies in the file: numbers of rows by two hashes of the key, in memory, read anew at every open. An
// index in the file would have a page changed for nearly every new key, wherever its name comes; so a new key changes
// the last page of the table, which all the others of its turn share.
//
// Hashes are no key: what is found may be the row of another one. So these are candidates, and the key in the row decides.

import { randomBytes } from 'node:crypto';
import { firstHash, type Prints, secondHash } from '../protocol/filter.ts';
import { isKey, PARTITIONS, partitionOf } from '../protocol/partition.ts';

/** Two words of 32 bits for a key. */
export interface KeyHash {
  first(key: string): number;
  second(key: string): number;
}

/** So that what a filter of a partition is made of is here. */
const FILTER_HASH: KeyHash = { first: firstHash, second: secondHash };

const NONE: readonly number[] = [];

export class RowIndex {
  readonly #hash: KeyHash;
  readonly #shelves = Array.from({ length: PARTITIONS }, () => new Shelf());
  /** Names that are no keys, or of no partition. */
  readonly #others = new Shelf();

  constructor(hash: KeyHash = FILTER_HASH) {
    this.#hash = hash;
  }

  /** The numbers of the rows that may be the key's: none, and nearly always one, if it has a row. */
  candidates(key: string): readonly number[] {
    return this.#shelfOf(key).find(this.#hash.first(key), this.#hash.second(key));
  }

  add(key: string, number: number): void {
    this.#shelfOf(key).add(this.#hash.first(key), this.#hash.second(key), number);
  }

  remove(key: string, number: number): void {
    this.#shelfOf(key).remove(this.#hash.first(key), this.#hash.second(key), number);
  }

  /** How many keys of the partition have a row. */
  sizeOf(partition: number): number {
    return this.#shelf(partition).rows;
  }

  /** The rows of all keys of a partition, as they lie in the file. */
  numbersOf(partition: number): readonly number[] {
    return this.#shelf(partition)
      .numbers()
      .sort((a, b) => a - b);
  }

  printsOf(partition: number): Prints {
    return this.#shelf(partition).prints();
  }

  #shelfOf(key: string): Shelf {
    return isKey(key) ? this.#shelf(partitionOf(key)) : this.#others;
  }

  #shelf(number: number): Shelf {
    return this.#shelves[number] ?? this.#others;
  }
}

const PLACES_MIN = 8;
/** Beyond that share of its places a shelf grows to twice as many: 22 to 43 bytes a row. */
const FULL = 0.75;
/** Of the finaliser of MurmurHash3. */
const MIXER = 0x85ebca6b;
/** Another one in each process, so that nobody can choose keys that all want the same place. */
const SALT = randomBytes(4).readInt32LE();

/** A table with open places: a row is at the place that its hashes want, or behind it without a gap. */
class Shelf {
  #rows = 0;
  #firsts = new Uint32Array(PLACES_MIN);
  #seconds = new Uint32Array(PLACES_MIN);
  /** 0 is an open place: no row has that number. */
  #numbers = new Float64Array(PLACES_MIN);

  get rows(): number {
    return this.#rows;
  }

  find(first: number, second: number): readonly number[] {
    let found: number[] | undefined;
    for (let place = this.#wanted(first, second); this.#isTaken(place); place = this.#behind(place)) {
      if (this.#firsts[place] !== first || this.#seconds[place] !== second) continue;
      found ??= [];
      found.push(this.#numbers[place] ?? 0);
    }
    return found ?? NONE;
  }

  add(first: number, second: number, number: number): void {
    if (this.#rows + 1 > this.#numbers.length * FULL) this.#grow();
    let place = this.#wanted(first, second);
    while (this.#isTaken(place)) place = this.#behind(place);
    this.#put(place, first, second, number);
    this.#rows += 1;
  }

  remove(first: number, second: number, number: number): void {
    let gap = this.#wanted(first, second);
    while (this.#numbers[gap] !== number) {
      if (!this.#isTaken(gap)) return;
      gap = this.#behind(gap);
    }
    this.#rows -= 1;
    const mask = this.#numbers.length - 1;
    for (let place = this.#behind(gap); this.#isTaken(place); place = this.#behind(place)) {
      const wanted = this.#wanted(this.#firsts[place] ?? 0, this.#seconds[place] ?? 0);
      // It stays if its way from where it is wanted does not lead over the gap.
      if (((place - wanted) & mask) < ((place - gap) & mask)) continue;
      this.#put(gap, this.#firsts[place] ?? 0, this.#seconds[place] ?? 0, this.#numbers[place] ?? 0);
      gap = place;
    }
    this.#numbers[gap] = 0;
  }

  numbers(): number[] {
    return [...this.#numbers].filter(number => number !== 0);
  }

  prints(): Prints {
    const prints = new Uint32Array(2 * this.#rows);
    let at = 0;
    for (let place = 0; place < this.#numbers.length; place++) {
      if (!this.#isTaken(place)) continue;
      prints[at] = this.#firsts[place] ?? 0;
      prints[at + 1] = this.#seconds[place] ?? 0;
      at += 2;
    }
    return prints;
  }

  #grow(): void {
    const [firsts, seconds, numbers] = [this.#firsts, this.#seconds, this.#numbers];
    this.#firsts = new Uint32Array(2 * firsts.length);
    this.#seconds = new Uint32Array(2 * seconds.length);
    this.#numbers = new Float64Array(2 * numbers.length);
    this.#rows = 0;
    numbers.forEach((number, place) => {
      if (number !== 0) this.add(firsts[place] ?? 0, seconds[place] ?? 0, number);
    });
  }

  #put(place: number, first: number, second: number, number: number): void {
    this.#firsts[place] = first;
    this.#seconds[place] = second;
    this.#numbers[place] = number;
  }

  #wanted(first: number, second: number): number {
    const mixed = Math.imul(first ^ SALT, MIXER) ^ second;
    return (mixed ^ (mixed >>> 15)) & (this.#numbers.length - 1);
  }

  #behind(place: number): number {
    return (place + 1) & (this.#numbers.length - 1);
  }

  #isTaken(place: number): boolean {
    return this.#numbers[place] !== 0;
  }
}
