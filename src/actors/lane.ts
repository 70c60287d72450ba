// A lane: one register that a proposer works on, with the requests that wait for their turn there.

import { isOfRead, type Pending, readsLast } from '../protocol/batch.ts';
import { REMEMBERED_MAX } from '../protocol/register.ts';
import type { Instance } from '../protocol/work.ts';

/** So many requests of one register share a round at most; all their ids are then still remembered (R1). */
export const BATCH_MAX = REMEMBERED_MAX;

export class Lane {
  instance: Instance;
  /** Until then what only asks waits for a change that it can share a round with. */
  companyUntilMs = 0;
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
    return this.hasWaitingChange;
  }

  get hasWaitingChange(): boolean {
    return this.#waiting.some(pending => !isOfRead(pending));
  }

  /** How many more may share what is under way; 0 unless that is a quorum read. */
  get room(): number {
    const { work } = this.instance;
    return work.phase === 'reading' ? Math.max(0, BATCH_MAX - work.batch.length) : 0;
  }

  wait(pending: Pending): void {
    this.#waiting.push(pending);
  }

  /** The first that wait. */
  next(count: number): readonly Pending[] {
    return this.#waiting.slice(0, count);
  }

  /** The next batch: those who came first. */
  take(count = BATCH_MAX): readonly Pending[] {
    return readsLast(this.#waiting.splice(0, count));
  }

  /** Takes out the waiting requests whose deadline has passed. */
  expire(nowMs: number): readonly Pending[] {
    const due = this.#waiting.filter(pending => pending.deadlineMs <= nowMs);
    if (due.length > 0) this.#waiting = this.#waiting.filter(pending => pending.deadlineMs > nowMs);
    return due;
  }
}
