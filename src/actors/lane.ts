// A lane: one register that a proposer works on, with the requests that wait for their turn there.

import type { Pending } from '../protocol/batch.ts';
import { isRead } from '../protocol/operation.ts';
import { REMEMBERED_MAX } from '../protocol/register.ts';
import type { Instance } from '../protocol/work.ts';

/** So many requests of one register share a round at most; all their ids are then still remembered (R1). */
export const BATCH_MAX = REMEMBERED_MAX;

export class Lane {
  instance: Instance;
  #waiting: Pending[] = [];

  constructor(instance: Instance) {
    this.instance = instance;
  }

  get key(): string {
    return this.instance.key;
  }

  get isIdle(): boolean {
    return this.instance.work.phase === 'idle';
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether a floor would save a prepare. Not where the home of the key is elsewhere, which has a floor of its own. */
  wantsFloor(proposer: string): boolean {
    const { standing, final } = this.instance;
    if (standing !== undefined || final !== undefined) return false;
    if (this.#waiting.some(({ request }) => request.pass?.router === proposer)) return false;
    return this.#waiting.some(({ request }) => !isRead(request.operation));
  }

  wait(pending: Pending): void {
    this.#waiting.push(pending);
  }

  /** The next batch, in order of arrival. */
  take(): readonly Pending[] {
    return this.#waiting.splice(0, BATCH_MAX);
  }

  /** Takes out the waiting requests whose deadline has passed. */
  expire(nowMs: number): readonly Pending[] {
    const due = this.#waiting.filter(pending => pending.deadlineMs <= nowMs);
    if (due.length > 0) this.#waiting = this.#waiting.filter(pending => pending.deadlineMs > nowMs);
    return due;
  }
}
