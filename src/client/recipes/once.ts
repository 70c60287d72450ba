// Work that is done once: its result goes into a write-once register, and a lock beside it keeps the others waiting. The
// result is one for ever. The work itself may begin again when whoever did it is lost, or only paused, before its result is
// there; what it does elsewhere checks the token, or can be done twice.

import type { Value } from '../../protocol/value.ts';
import { claimOf } from '../../transport/recipe-codec.ts';
import { RefusedError } from '../errors.ts';
import type { Registers } from '../registers.ts';
import type { Lease } from './lease.ts';
import { Lock } from './lock.ts';
import type { LeaseOptions } from './semaphore.ts';
import { type Attempt, untilDone } from './waiting.ts';

/** How long the claim of who does the work lasts without renewal, and what ends the waiting. */
export interface OnceOptions extends LeaseOptions {
  /** Ends the waiting for another's result, with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The result of `work`, or of who did it first under this key. When the work throws, so does this, and the next one tries.
 * @throws SynodError
 */
export async function once<T extends Value>(
  registers: Registers,
  key: string,
  work: (lease: Lease) => Promise<T>,
  { signal, ...lease }: OnceOptions = {},
): Promise<T> {
  const result = registers.register<T>(key);
  const lock = new Lock(registers, claimOf(key), lease);
  const attempt = async (): Promise<Attempt<Claim<T>>> => {
    const { set, value } = await result.read();
    if (set) return { kind: 'done', result: { value: value as T } };
    const lease = await lock.tryAcquire();
    return lease === undefined ? { kind: 'wait' } : { kind: 'done', result: { lease } };
  };
  const claim = await untilDone(registers, { keys: [key, claimOf(key)], attempt, signal });
  if (claim.lease === undefined) return claim.value;
  try {
    // Somebody may have finished between the read and the grant.
    const { set, value } = await result.read();
    return set ? (value as T) : await stored(result, await work(claim.lease));
  } finally {
    await claim.lease.release();
  }
}

type Claim<T> = { readonly lease: Lease } | { readonly lease?: undefined; readonly value: T };

/** Another one's, if it was there first. */
async function stored<T extends Value>(result: ReturnType<Registers['register']>, value: T): Promise<T> {
  try {
    await result.write(value);
    return value;
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'already_written') return error.state.value as T;
    throw error;
  }
}
