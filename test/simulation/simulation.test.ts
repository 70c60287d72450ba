import test from 'ava';
import type { CoverageName } from './coverage.ts';
import { runSeeds } from './many.ts';
import { printFailure, printSummary } from './printing.ts';
import { simulate } from './simulation.ts';

const SEEDS = 2000;
/** Of so many histories the checker may leave one undecided. */
const SEEDS_PER_UNDECIDED = 500;

/** What a run may well do without. */
const DISPENSABLE: readonly CoverageName[] = ['history left undecided'];

test('simulation: no seed breaks a rule, and all that is worth meeting is met (A1, A2, A3, P1 to P4, R1, R2)', t => {
  const startedAtMs = performance.now();
  const batch = runSeeds({ from: 1, seeds: SEEDS });
  const runsPerSecond = ((1000 * batch.runs) / (performance.now() - startedAtMs)).toFixed(0);
  t.log(printSummary(batch, runsPerSecond));
  if (batch.failed !== undefined) {
    t.fail(printFailure(simulate(batch.failed.seed, { isTraced: true })));
    return;
  }
  const never = batch.coverage.entries.filter(([name, times]) => times === 0 && !DISPENSABLE.includes(name));
  t.deepEqual(never, [], 'Nothing is proven about what never happened');
  const undecided = new Map(batch.coverage.entries).get('history left undecided') ?? 0;
  t.true(undecided <= SEEDS / SEEDS_PER_UNDECIDED);
});

test('simulation: a seed repeats its run exactly, whether it is traced or not', t => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const run = simulate(seed, { isTraced: true });
    const again = simulate(seed, { isTraced: true });
    t.true(run.trace.length > 100);
    t.deepEqual(again.trace, run.trace);
    t.deepEqual(again.history, run.history);
    t.is(simulate(seed, { isTraced: false }).fingerprint, run.fingerprint);
  }
  t.not(simulate(1, { isTraced: false }).fingerprint, simulate(2, { isTraced: false }).fingerprint);
});
