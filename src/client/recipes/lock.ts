// A lock: a semaphore of one permit. It keeps two that keep to it apart in most cases and not in all: a holder that is
// paused goes on when another has the lock. Only what checks the token (docs/recipes.md) excludes that.

import { type Holder, LEASE_MS } from '../../protocol/lock-changes.ts';
import type { Registers } from '../registers.ts';
import type { Lease } from './lease.ts';
import { type AcquireOptions, type LeaseOptions, Semaphore } from './semaphore.ts';

/** A lock with a lease and a fencing token: a semaphore of one permit. */
export class Lock {
  readonly #semaphore: Semaphore;

  constructor(registers: Registers, key: string, { ttlMs = LEASE_MS }: LeaseOptions = {}) {
    this.#semaphore = new Semaphore(registers, key, { what: `the lock '${key}'`, limit: 1, ttlMs });
  }

  /** Waits until it is free. @throws the signal's reason when it aborts; RefusedError when the register is no lock. */
  acquire(options: AcquireOptions = {}): Promise<Lease> {
    return this.#semaphore.acquire(options);
  }

  /** A lease if it is free now, undefined when it is not. */
  tryAcquire(options: Omit<AcquireOptions, 'signal'> = {}): Promise<Lease | undefined> {
    return this.#semaphore.tryAcquire(options);
  }

  /** Does `work` while it is held, and releases it. The work should stop when the lease's signal aborts. */
  async run<Result>(work: (lease: Lease) => Promise<Result>, options: AcquireOptions = {}): Promise<Result> {
    const lease = await this.acquire(options);
    try {
      return await work(lease);
    } finally {
      await lease.release();
    }
  }

  /**
   * Who has it, or had it last if nobody followed when the time was over; undefined when it was released.
   * @throws RefusedError when the register is no lock
   */
  async holder(): Promise<Holder | undefined> {
    return (await this.#semaphore.holders())[0];
  }
}
