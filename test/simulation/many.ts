// Many runs, seed after seed, until one breaks a rule.

import { Coverage } from './coverage.ts';
import { type Run, simulate } from './simulation.ts';

export interface Batch {
  readonly runs: number;
  readonly operations: number;
  readonly virtualMs: number;
  readonly coverage: Coverage;
  readonly failed: Run | undefined;
}

export function runSeeds(
  { from, seeds }: { readonly from: number; readonly seeds: number },
  onProgress: (runs: number) => void = () => {},
): Batch {
  const coverage = new Coverage();
  let events = 0;
  let virtualMs = 0;
  const batch = (runs: number, failed: Run | undefined): Batch => {
    return { runs, operations: events / 2, virtualMs, coverage, failed };
  };
  for (let runs = 1; runs <= seeds; runs++) {
    const run = simulate(from + runs - 1, { isTraced: false });
    coverage.add(run.coverage);
    events += run.history.length;
    virtualMs += run.virtualMs;
    if (run.violation !== undefined) return batch(runs, run);
    onProgress(runs);
  }
  return batch(seeds, undefined);
}
