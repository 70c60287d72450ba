// Many runs, seed after seed, until one breaks a rule.

import { Coverage } from './coverage.ts';
import { Dice } from './dice.ts';
import { type Plan, planOf } from './plan.ts';
import { type Run, simulate } from './simulation.ts';

export interface Batch {
  readonly runs: number;
  readonly operations: number;
  readonly virtualMs: number;
  readonly coverage: Coverage;
  readonly failed: Run | undefined;
}

/** What two batches came to together; the second is the later one. */
export function joined(first: Batch, second: Batch): Batch {
  const coverage = new Coverage();
  coverage.add(first.coverage);
  coverage.add(second.coverage);
  return {
    runs: first.runs + second.runs,
    operations: first.operations + second.operations,
    virtualMs: first.virtualMs + second.virtualMs,
    coverage,
    failed: second.failed,
  };
}

export interface Seeds {
  readonly from: number;
  /** How many runs at most. */
  readonly seeds: number;
  /** Which plans are worth a run; the seeds of others are passed over. */
  readonly where?: (plan: Plan) => boolean;
}

export function runSeeds(
  { from, seeds, where }: Seeds,
  onProgress: (runs: number) => void = () => {},
): Batch {
  const coverage = new Coverage();
  let events = 0;
  let virtualMs = 0;
  const batch = (runs: number, failed: Run | undefined): Batch => {
    return { runs, operations: events / 2, virtualMs, coverage, failed };
  };
  let seed = from;
  for (let runs = 1; runs <= seeds; runs++) {
    while (where !== undefined && !where(planOf(new Dice(seed)))) seed += 1;
    const run = simulate(seed, { isTraced: false });
    seed += 1;
    coverage.add(run.coverage);
    events += run.history.length;
    virtualMs += run.virtualMs;
    if (run.violation !== undefined) return batch(runs, run);
    onProgress(runs);
  }
  return batch(seeds, undefined);
}
