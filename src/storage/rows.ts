// Which row of the file is whose (S5). A key with one candidate is taken to have that row: the statement that writes refuses the
// row of another key, and then, as for a key with several, the keys in the rows are looked at.

import type { Prints } from '../protocol/filter.ts';
import { ROWS_NAME } from './row-count.ts';
import type { RowIndex } from './row-index.ts';
import type { IndexedRows } from './row-scan.ts';
import type { SqliteStatement } from './sqlite.ts';

export class Rows {
  readonly #index: RowIndex;
  readonly #loadKeys: SqliteStatement;
  #last: number;
  #count: number;

  /** @param loadKeys `number` and `key` of the rows with the numbers of a JSON array */
  constructor({ index, last, count }: IndexedRows, loadKeys: SqliteStatement) {
    this.#index = index;
    this.#loadKeys = loadKeys;
    this.#last = last;
    this.#count = count;
  }

  /** How many there are, but for the one that says so. */
  get count(): number {
    return this.#count;
  }

  mayHave(key: string): boolean {
    return this.#index.candidates(key).length > 0;
  }

  /** The rows of the keys are among these, and other rows may be; each once. */
  candidates(keys: readonly string[]): readonly number[] {
    return [...new Set(keys.flatMap(key => this.#index.candidates(key)))];
  }

  /** Those of all keys of a partition, as they lie in the file. */
  ofPartition(partition: number): readonly number[] {
    return this.#index.numbersOf(partition);
  }

  /** Undefined when there are more than `max`. */
  printsOf(partition: number, max: number): Prints | undefined {
    return this.#index.sizeOf(partition) > max ? undefined : this.#index.printsOf(partition);
  }

  /** Where the slot of each key probably is, or is to go; undefined where that cannot be told without a look. */
  guess(keys: readonly string[]): readonly number[] | undefined {
    const found = keys.map(key => this.#index.candidates(key));
    if (found.some(({ length }) => length > 1)) return undefined;
    return this.#withNew(found.map(([number]) => number));
  }

  /** Where the slot of each key is, or is to go. */
  async look(keys: readonly string[]): Promise<readonly number[]> {
    const found = await this.find(keys);
    return this.#withNew(keys.map(key => found.get(key)));
  }

  /** The rows of those of the keys that have one. */
  async find(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(keys);
    const numbers = this.candidates(keys);
    const rows = numbers.length === 0 ? [] : await this.#loadKeys.all([JSON.stringify(numbers)]);
    const found = rows.map(({ key, number }) => [String(key), Number(number)] as const);
    return new Map(found.filter(([key]) => wanted.has(key)));
  }

  /** Whether no row has had that number, since the file was opened. */
  isNew(number: number): boolean {
    return number > this.#last;
  }

  added(key: string, number: number): void {
    this.#index.add(key, number);
    this.#last = Math.max(this.#last, number);
    if (key !== ROWS_NAME) this.#count += 1;
  }

  removed(key: string, number: number): void {
    this.#index.remove(key, number);
    this.#count -= 1;
  }

  #withNew(numbers: readonly (number | undefined)[]): readonly number[] {
    let next = this.#last;
    return numbers.map(number => {
      if (number !== undefined) return number;
      next += 1;
      return next;
    });
  }
}
