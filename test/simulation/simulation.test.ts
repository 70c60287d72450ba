import test from 'ava';
import { Coverage } from './coverage.ts';
import { runSeeds } from './many.ts';
import { printCoverage, printFailure } from './printing.ts';
import { simulate } from './simulation.ts';

const BATCHES = [1, 501, 1001];
const SEEDS_PER_BATCH = 500;
/** Of so many histories the checker may leave one undecided. */
const SEEDS_PER_UNDECIDED = 500;

const coverage = new Coverage();

for (const from of BATCHES) {
  const seeds = `${from} to ${from + SEEDS_PER_BATCH - 1}`;
  test.serial(`simulation: no rule is broken by seeds ${seeds} (A1 to A4, S3, P1 to P4, R1 to R3)`, t => {
    const startedAtMs = performance.now();
    const batch = runSeeds({ from, seeds: SEEDS_PER_BATCH });
    const seconds = (performance.now() - startedAtMs) / 1000;
    coverage.add(batch.coverage);
    t.log(`${(batch.runs / seconds).toFixed(0)} runs/s, ${batch.operations} operations`);
    if (batch.failed === undefined) t.pass();
    else t.fail(printFailure(simulate(batch.failed.seed, { isTraced: true })));
  });
}

test.serial('simulation: these seeds met all that is worth meeting', t => {
  t.log(printCoverage(coverage));
  t.deepEqual(coverage.neverMet, [], 'Nothing is proven about what never happened');
  const undecided = new Map(coverage.entries).get('history left undecided') ?? 0;
  t.true(undecided <= (BATCHES.length * SEEDS_PER_BATCH) / SEEDS_PER_UNDECIDED);
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
