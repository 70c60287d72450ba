// Runs for hours: batch after batch, with a look at the outside in between, for a run itself never waits.

import { setImmediate as turn } from 'node:timers/promises';
import { type Batch, joined, runSeeds } from './many.ts';

/** Less than a second's worth. */
const BATCH_SEEDS = 50;

export interface LongRun {
  readonly from: number;
  /** By `performance.now()`. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
}

/** Until the time is over, the signal is aborted or a seed breaks a rule: at least one batch. */
export async function runFor(
  { from, untilMs, signal }: LongRun,
  onProgress: (batch: Batch) => void,
): Promise<Batch> {
  let all = runSeeds({ from, seeds: BATCH_SEEDS });
  while (all.failed === undefined && performance.now() < untilMs) {
    onProgress(all);
    await turn();
    if (signal.aborted) break;
    all = joined(all, runSeeds({ from: from + all.runs, seeds: BATCH_SEEDS }));
  }
  return all;
}
