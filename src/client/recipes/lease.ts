// A lease that was granted: renews it, and says when it is lost, at the latest when another may have been granted. That
// is judged by this process's steady clock from before the grant was asked for; what is done in spite of it only the
// token can stop.

import type { Value } from '../../protocol/value.ts';
import { BadRequestError, LeaseLostError, RefusedError, SynodError } from '../errors.ts';
import type { Variable } from '../registers.ts';

/** Something that was granted for a while, and is renewed by itself until it is released or lost. */
export interface Lease {
  /** Who holds it, as others see it. */
  readonly owner: string;
  /** The fencing token: larger than that of every grant before. Give it to whatever the lease protects. */
  readonly token: number;
  /** Aborts with a LeaseLostError when the lease is lost. */
  readonly signal: AbortSignal;
  /** Whether it is held by the clock right now; after a pause this knows before `signal` does. */
  readonly isHeld: boolean;
  /** Gives it up, if it is still held. The signal stays as it is. */
  release(): Promise<void>;
}

interface Grant {
  /** What it is about, in words. */
  readonly what: string;
  readonly owner: string;
  readonly token: number;
  /** null: until it is released. */
  readonly ttlMs: number | null;
  /** By `performance.now()`, from before it was asked for. */
  readonly sinceMs: number;
}

/** A lease is renewed after this part of its time, so that one renewal that takes long loses nothing. */
const RENEWALS_PER_TTL = 3;

export class HeldLease implements Lease {
  readonly owner: string;
  readonly token: number;
  readonly #what: string;
  readonly #variable: Variable<Value>;
  readonly #loss = new AbortController();
  readonly #renewal = new AbortController();
  #untilMs: number;
  #lossTimer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #isReleased = false;

  constructor(variable: Variable<Value>, { what, owner, token, ttlMs, sinceMs }: Grant) {
    this.#variable = variable;
    this.#what = what;
    this.owner = owner;
    this.token = token;
    this.#untilMs = Number.POSITIVE_INFINITY;
    if (ttlMs !== null) this.#extend(ttlMs, sinceMs);
  }

  get signal(): AbortSignal {
    return this.#loss.signal;
  }

  get isHeld(): boolean {
    return !this.#isReleased && !this.#loss.signal.aborted && performance.now() < this.#untilMs;
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    this.#stop();
    try {
      await this.#variable.change('lock.release', [this.token]);
    } catch (error) {
      // It is over already.
      if (!(error instanceof RefusedError)) throw error;
    }
  }

  #extend(ttlMs: number, sinceMs: number): void {
    this.#untilMs = sinceMs + ttlMs;
    clearTimeout(this.#lossTimer);
    const leftMs = this.#untilMs - performance.now();
    this.#lossTimer = setTimeout(() => this.#lose('it was not renewed in time'), Math.max(0, leftMs));
    const renewInMs = Math.max(0, sinceMs + ttlMs / RENEWALS_PER_TTL - performance.now());
    this.#renewTimer = setTimeout(() => void this.#renew(ttlMs), renewInMs);
  }

  async #renew(ttlMs: number): Promise<void> {
    const sinceMs = performance.now();
    const timeoutMs = this.#untilMs - sinceMs;
    const { signal } = this.#renewal;
    try {
      await this.#variable.change('lock.renew', [this.token], { timeoutMs, signal });
      if (this.#isReleased || this.#loss.signal.aborted) return;
      this.#extend(ttlMs, sinceMs);
    } catch (error) {
      if (this.#isReleased || this.#loss.signal.aborted) return;
      // Whatever else it is lasted until the end of the lease, where the timer knows.
      if (error instanceof RefusedError || error instanceof BadRequestError || !(error instanceof SynodError))
        this.#lose(error instanceof Error ? error.message : String(error));
    }
  }

  #lose(why: string): void {
    if (this.#isReleased || this.#loss.signal.aborted) return;
    this.#stop();
    this.#loss.abort(new LeaseLostError('lease_lost', `Lost ${this.#what} (token ${this.token}): ${why}`));
  }

  #stop(): void {
    clearTimeout(this.#lossTimer);
    clearTimeout(this.#renewTimer);
    this.#renewal.abort();
  }
}
