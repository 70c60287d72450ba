// Counting, and numbers that nobody else gets.

import { BLOCK_MAX } from '../../transport/recipe-codec.ts';
import { BadRequestError } from '../errors.ts';
import type { CallOptions, Registers, Variable } from '../registers.ts';

/** A number that many add to, whole up to 2^53 - 1. */
export class Counter {
  readonly #variable: Variable<number>;

  constructor(registers: Registers, key: string) {
    this.#variable = registers.variable<number>(key);
  }

  /** Adds `amount` (default 1, may be negative). With `id` in the options a repetition counts once. @returns the sum. @throws RefusedError `rejected` where it is no longer exact (2^53 - 1) */
  async add(amount = 1, options?: CallOptions): Promise<number> {
    const { value, version } = await this.#variable.change('add', [amount], options);
    // Only the repetition of an id after something large was made of the register has no value.
    if (value === undefined) throw new RangeError(`Version ${version} of the counter shows no number`);
    return value;
  }

  /** The sum, linearizable; 0 while nobody has added. */
  async read(options?: CallOptions): Promise<number> {
    return (await this.#variable.read(options)).value ?? 0;
  }
}

const BLOCK = 100;

/**
 * Numbers from 1 on that no other user of the key gets: each takes a block of them with one request. They are in no order
 * between programs, and what a program does not use of its last block is left out.
 */
export class Ids {
  readonly #counter: Counter;
  readonly #block: number;
  #next = 1;
  #last = 0;
  #fetching: Promise<void> | undefined;

  constructor(registers: Registers, key: string, { block = BLOCK }: { readonly block?: number } = {}) {
    if (!Number.isSafeInteger(block) || block < 1 || block > BLOCK_MAX)
      throw new BadRequestError(
        'bad_request',
        `Cannot take blocks of ${block} ids: it must be a whole number from 1 to ${BLOCK_MAX}`,
      );
    this.#counter = new Counter(registers, key);
    this.#block = block;
  }

  /** The next number. @throws SynodError as Counter.add does; a block whose outcome is unknown is left out. */
  async next(): Promise<number> {
    while (this.#next > this.#last) {
      this.#fetching ??= this.#fetch();
      await this.#fetching;
    }
    const id = this.#next;
    this.#next += 1;
    return id;
  }

  async #fetch(): Promise<void> {
    try {
      const last = await this.#counter.add(this.#block);
      this.#next = last - this.#block + 1;
      this.#last = last;
    } finally {
      this.#fetching = undefined;
    }
  }
}
