// A semaphore with leases: some of its permits for a while, with a token. With one permit it is a lock; with readers that
// take one and writers that take all it is a read-write semaphore. Who waits longest need not be next.

import { ChangeRejected } from '../../protocol/change.ts';
import { acquire, type Holder, lockIn } from '../../protocol/lock-changes.ts';
import type { Value } from '../../protocol/value.ts';
import { shown } from '../../transport/shown.ts';
import { randomName } from '../chance.ts';
import { BadRequestError, RefusedError } from '../errors.ts';
import type { Registers, Variable } from '../registers.ts';
import type { State } from '../state.ts';
import { HeldLease, type Lease } from './lease.ts';
import { type Attempt, untilDone } from './waiting.ts';

/** How long leases last. */
export interface LeaseOptions {
  /**
   * How long a lease lasts without renewal, in ms, at most a day; it is renewed by itself, every third of that. null: until it is
   * released, for ever if its holder dies. Default 10,000.
   */
  readonly ttlMs?: number | null;
}

/** For whom to acquire. */
export interface AcquireOptions {
  /** Who it is for, as others see it, 128 characters at most. The same owner is granted at once, and loses what it had. Default: a fresh one. */
  readonly owner?: string;
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal;
}

/** When the time of a dead holder is over nobody says so: whoever waits asks again, and compares no clocks. */
const RETRY_MS = 250;

interface Shape {
  readonly what: string;
  readonly limit: number;
  readonly ttlMs: number | null;
}

/** Permits with leases: one is a lock, readers that take one and writers that take all make a read-write lock. */
export class Semaphore {
  readonly #registers: Registers;
  readonly #key: string;
  readonly #shape: Shape;
  readonly #variable: Variable<Value>;

  constructor(registers: Registers, key: string, shape: Shape) {
    this.#registers = registers;
    this.#key = key;
    this.#shape = shape;
    this.#variable = registers.variable(key);
  }

  /**
   * Waits for one permit, or so many. Who waits longest need not be next.
   * @throws the signal's reason when it aborts; RefusedError when the register is no semaphore of this limit
   */
  acquire({ permits = 1, ...options }: AcquireOptions & { readonly permits?: number } = {}): Promise<Lease> {
    return this.#wait(permits, options);
  }

  /** A lease if there is one now, undefined when there is not. */
  async tryAcquire({
    permits = 1,
    owner = freshOwner(),
  }: Omit<AcquireOptions, 'signal'> & { readonly permits?: number } = {}): Promise<Lease | undefined> {
    const ended = await this.#attempt(permits, owner);
    return ended.kind === 'done' ? ended.result : undefined;
  }

  /** Waits for one permit: beside other readers, and no writer. */
  read(options: AcquireOptions = {}): Promise<Lease> {
    return this.#wait(1, options);
  }

  /** Waits for all permits, and so to be alone. Readers that keep coming keep it waiting. */
  write(options: AcquireOptions = {}): Promise<Lease> {
    return this.#wait(this.#shape.limit, options);
  }

  /**
   * Who holds it, those among them whose time is over and whom nobody followed.
   * @throws RefusedError when the register is no semaphore
   */
  async holders(): Promise<readonly Holder[]> {
    const state = await this.#variable.read();
    const lock = lockIn(state.value);
    if (lock === undefined) throw noLock(`'${this.#key}' is no lock`, state);
    return lock.holders;
  }

  async #wait(permits: number, { owner = freshOwner(), signal }: AcquireOptions): Promise<Lease> {
    const lease = await untilDone(this.#registers, {
      keys: [this.#key],
      attempt: () => this.#attempt(permits, owner),
      signal,
    });
    if (signal?.aborted !== true) return lease;
    await lease.release();
    throw signal.reason;
  }

  async #attempt(permits: number, owner: string): Promise<Attempt<Lease>> {
    const { what, limit, ttlMs } = this.#shape;
    const args = [owner, { ttlMs, permits, limit }];
    checkArguments(args);
    const sinceMs = performance.now();
    try {
      const { version } = await this.#variable.change('lock.acquire', args);
      const grant = { what, owner, token: version, ttlMs, sinceMs };
      return { kind: 'done', result: new HeldLease(this.#variable, grant) };
    } catch (error) {
      const lock = isRejected(error) ? lockIn(error.state.value) : undefined;
      if (lock === undefined && isRejected(error)) throw noLock(`Cannot acquire ${what}`, error.state);
      // It has another limit: waiting does not help.
      if (lock === undefined || (lock.holders.length > 0 && lock.limit !== limit)) throw error;
      return { kind: 'wait', atMostMs: RETRY_MS };
    }
  }
}

/** As the proposer would do it, for an answer that tells a mistake from a lock that is held. */
function checkArguments(args: readonly Value[]): void {
  try {
    acquire(undefined, args, { nowMs: 0, version: 1 });
  } catch (cause) {
    if (!(cause instanceof ChangeRejected)) throw cause;
    throw new BadRequestError('bad_request', cause.message, { cause });
  }
}

function noLock(what: string, state: State<unknown>): RefusedError {
  return new RefusedError(
    'rejected',
    `${what}: its value is ${shown(state.value)}, and not that of a lock`,
    state,
  );
}

function isRejected(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.code === 'rejected';
}

function freshOwner(): string {
  const who = typeof process === 'undefined' ? 'browser' : process.pid;
  return `${who}-${randomName(9)}`;
}
