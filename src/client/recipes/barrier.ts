// A barrier: everybody waits until so many have arrived. It opens once; use another key for the next time.

import { BadRequestError } from '../errors.ts';
import type { Registers, Variable } from '../registers.ts';
import { type Attempt, untilDone } from './waiting.ts';

/** How to wait at a barrier. */
export interface WaitOptions {
  /** Ends the waiting, with its reason; who has arrived stays counted. */
  readonly signal?: AbortSignal;
}

/** Where everybody waits until so many have arrived. It opens once. */
export class Barrier {
  readonly #registers: Registers;
  readonly #key: string;
  readonly #parties: number;
  readonly #variable: Variable<readonly string[]>;

  constructor(registers: Registers, key: string, parties: number) {
    if (!Number.isSafeInteger(parties) || parties < 1)
      throw new BadRequestError('bad_request', `A barrier is for a whole number of parties, not ${parties}`);
    this.#registers = registers;
    this.#key = key;
    this.#parties = parties;
    this.#variable = registers.variable(key);
  }

  /** Arrives under a name of its own, and waits for the others. Arriving again counts once. */
  async arrive(name: string, options?: WaitOptions): Promise<void> {
    await this.#variable.change('addToSet', [name]);
    await this.wait(options);
  }

  /** Waits without being one of those who are waited for. */
  async wait({ signal }: WaitOptions = {}): Promise<void> {
    const attempt = async (): Promise<Attempt<undefined>> => {
      const { value = [] } = await this.#variable.read();
      return value.length >= this.#parties ? { kind: 'done', result: undefined } : { kind: 'wait' };
    };
    await untilDone(this.#registers, { keys: [this.#key], attempt, signal });
  }
}
