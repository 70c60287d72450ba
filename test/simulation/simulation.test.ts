import test from 'ava';
import { Coverage } from './coverage.ts';
import { runFor } from './long.ts';
import { runSeeds } from './many.ts';
import { printCoverage, printFailure } from './printing.ts';
import { simulate } from './simulation.ts';

const BATCHES = [1501, 2001, 2501];
const SEEDS_PER_BATCH = 500;
/** Of so many histories the checker may leave one undecided. */
const SEEDS_PER_UNDECIDED = 500;

const coverage = new Coverage();

for (const from of BATCHES) {
  const seeds = `${from} to ${from + SEEDS_PER_BATCH - 1}`;
  test.serial(`simulation: no rule is broken by seeds ${seeds} (A1 to A4, S3, P1 to P4, R1 to R4)`, t => {
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

test('neverMet names what never happened, but for what a run may do without', t => {
  const coverage = new Coverage();
  t.true(coverage.neverMet.length > 40);
  for (const [name] of coverage.entries)
    if (name !== 'disk lost' && name !== 'history left undecided') coverage.count(name);
  t.deepEqual(coverage.neverMet, ['disk lost']);
});

test('runFor() stops when it is interrupted, and tells of all batches together', async t => {
  const interrupted = new AbortController();
  const untilMs = Number.POSITIVE_INFINITY;
  const seen: number[] = [];
  const batch = await runFor({ from: 1, untilMs, signal: interrupted.signal }, ({ runs }) => {
    seen.push(runs);
    if (seen.length === 2) interrupted.abort();
  });
  const [first = 0, last = 0] = seen;
  t.true(first > 0);
  t.is(batch.runs, last);
  t.true(last > first);
  const whole = runSeeds({ from: 1, seeds: batch.runs });
  t.deepEqual(batch.coverage.entries, whole.coverage.entries);
  t.is(batch.operations, whole.operations);
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
