// Leader election: the lock that the leader holds under its name, and others watch.

import { lockIn } from '../../protocol/lock-changes.ts';
import type { Registers } from '../registers.ts';
import { watch } from '../watch.ts';
import type { Lease } from './lease.ts';
import { Lock } from './lock.ts';
import type { LeaseOptions } from './semaphore.ts';

/** Who was elected. */
export interface Leader {
  /** The candidate's. */
  readonly name: string;
  /** The fencing token of its leadership: what an earlier leader still says has a smaller one. */
  readonly token: number;
}

/** One leader at a time, as far as leases can tell; its `token` is what others refuse an earlier one by. */
export class Election {
  readonly #registers: Registers;
  readonly #key: string;
  readonly #lock: Lock;

  constructor(registers: Registers, key: string, options?: LeaseOptions) {
    this.#registers = registers;
    this.#key = key;
    this.#lock = new Lock(registers, key, options);
  }

  /**
   * Waits until `name` is elected. Its loss is told by the lease's signal, and `release` resigns. A name belongs to one
   * candidate: started again it is elected at once, and whoever led under that name has lost.
   */
  campaign(name: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Lease> {
    return this.#lock.acquire(signal === undefined ? { owner: name } : { owner: name, signal });
  }

  /** Who was elected last and has not resigned; it may have lost the leadership without an heir. */
  async leader(): Promise<Leader | undefined> {
    const holder = await this.#lock.holder();
    return holder && { name: holder.owner, token: holder.token };
  }

  /** Who leads now, and then every change of it that is seen; undefined: nobody. Ends when the signal aborts. */
  async *observe(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Leader | undefined> {
    let before: Leader | undefined | 'unknown' = 'unknown';
    for await (const { state } of watch(this.#registers, this.#key, options)) {
      const holder = lockIn(state.value)?.holders[0];
      const leader = holder && { name: holder.owner, token: holder.token };
      if (before !== 'unknown' && before?.token === leader?.token) continue;
      before = leader;
      yield leader;
    }
  }
}
