// The threads of the load, seen from the main thread: orders to all of them, and their tallies added up.

import { Worker } from 'node:worker_threads';
import { noLatencies } from './latencies.ts';
import type { Tally } from './load.ts';
import { sumOf } from './outcome.ts';
import type { StepPlan } from './place.ts';
import type { Notice, Order, Progress, ThreadData } from './thread-messages.ts';

type LoadThreadsOptions = Omit<ThreadData, 'thread'>;

const PROGRAM = new URL('./load-thread.js', import.meta.url);

/** @throws Error when a thread cannot connect. */
export async function openLoadThreads(options: LoadThreadsOptions): Promise<LoadThreads> {
  const { threads } = options;
  const all = Array.from({ length: threads }, (_, thread) => new Thread({ ...options, thread }));
  await Promise.all(all.map(thread => thread.told('connected')));
  return new LoadThreads(all);
}

/** Every call fails when a thread does. */
export class LoadThreads {
  readonly #threads: readonly Thread[];

  constructor(threads: readonly Thread[]) {
    this.#threads = threads;
  }

  /** Of the fill or load under way. */
  get progress(): { readonly ended: number; readonly failed: number } {
    const all = this.#threads.map(thread => thread.progress);
    return {
      ended: all.reduce((sum, { ended }) => sum + ended, 0),
      failed: all.reduce((sum, { failed }) => sum + failed, 0),
    };
  }

  async fill(plan: StepPlan, filling: number): Promise<void> {
    await this.#all(thread => thread.ask({ kind: 'fill', plan, filling }, 'filled'));
  }

  /** @param rate operations per second of all threads together; null for a closed loop */
  start(plan: StepPlan, rate: number | null): void {
    const share = rate === null ? null : rate / this.#threads.length;
    for (const thread of this.#threads) thread.order({ kind: 'start', plan, rate: share });
  }

  measure(): void {
    for (const thread of this.#threads) thread.order({ kind: 'measure' });
  }

  async finish(): Promise<Tally> {
    const notices = await this.#all(thread => thread.ask({ kind: 'finish' }, 'tally'));
    return sumOfTallies(notices.map(({ tally }) => tally));
  }

  /** Rejects when a thread fails; for what waits for time alone. */
  failure(): Promise<never> {
    return Promise.race(this.#threads.map(thread => thread.failure));
  }

  async close(): Promise<void> {
    await this.#all(async thread => {
      await thread.ask({ kind: 'close' }, 'closed');
      await thread.end();
    });
  }

  #all<Result>(call: (thread: Thread) => Promise<Result>): Promise<Result[]> {
    return Promise.all(this.#threads.map(call));
  }
}

class Thread {
  readonly failure: Promise<never>;
  readonly #worker: Worker;
  #progress: Progress = { kind: 'progress', ended: 0, failed: 0 };

  constructor(data: ThreadData) {
    this.#worker = new Worker(PROGRAM, { workerData: data });
    this.failure = new Promise<never>((_, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('exit', code => reject(new Error(`A thread of the load ended with code ${code}`)));
      this.#worker.on('message', (notice: Notice) => {
        if (notice.kind === 'failed') reject(new Error(notice.why));
        if (notice.kind === 'progress') this.#progress = notice;
      });
    });
    // Whoever waits for the thread sees it.
    this.failure.catch(() => undefined);
  }

  get progress(): Progress {
    return this.#progress;
  }

  order(order: Order): void {
    this.#progress = { kind: 'progress', ended: 0, failed: 0 };
    this.#worker.postMessage(order);
  }

  ask<Kind extends Notice['kind']>(order: Order, answer: Kind): Promise<Extract<Notice, { kind: Kind }>> {
    const told = this.told(answer);
    this.order(order);
    return told;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** The next notice of this kind. */
  told<Kind extends Notice['kind']>(kind: Kind): Promise<Extract<Notice, { kind: Kind }>> {
    const isIt = (notice: Notice): notice is Extract<Notice, { kind: Kind }> => notice.kind === kind;
    const told = new Promise<Extract<Notice, { kind: Kind }>>(resolve => {
      const listen = (notice: Notice): void => {
        if (!isIt(notice)) return;
        this.#worker.off('message', listen);
        resolve(notice);
      };
      this.#worker.on('message', listen);
    });
    return Promise.race([told, this.failure]);
  }
}

/** The threads measure at the same time: what they did adds up, the time does not. */
function sumOfTallies(tallies: readonly Tally[]): Tally {
  const latencies = noLatencies();
  for (const tally of tallies) latencies.add(tally.latencies);
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, one) => total + of(one), 0);
  return {
    windowMs: sum(tally => tally.windowMs) / tallies.length,
    ended: sum(tally => tally.ended),
    succeeded: sum(tally => tally.succeeded),
    outcomes: sumOf(tallies.map(tally => tally.outcomes)),
    latencies,
    waited: sum(tally => tally.waited),
    late: sum(tally => tally.late),
  };
}
