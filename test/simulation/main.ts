// `npm run simulate -- --seeds N [--from S]`: many runs, and on a violation what broke, how it came to that, and
// the command that repeats it. `--seed S --verbose`: one run with all that happened in it.

import { parseArgs } from 'node:util';
import { runSeeds } from './many.ts';
import { printFailure, printRun, printSummary } from './printing.ts';
import { simulate } from './simulation.ts';

const USAGE = 'Usage: npm run simulate -- [--seeds N] [--from S] | --seed S [--verbose]';
const PROGRESS_MS = 1000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

process.exitCode = values.seed === undefined ? many() : one(number(values.seed));

function one(seed: number): number {
  const run = simulate(seed, { isTraced: true });
  console.log(values.verbose ? printRun(run) : printFailure(run));
  return run.violation === undefined ? 0 : 1;
}

function many(): number {
  const startedAtMs = performance.now();
  let shownAtMs = startedAtMs;
  const batch = runSeeds({ from: number(values.from), seeds: number(values.seeds) }, runs => {
    if (performance.now() - shownAtMs < PROGRESS_MS) return;
    shownAtMs = performance.now();
    console.log(`${runs} of ${values.seeds} runs, ${rate(runs, startedAtMs)} runs/s`);
  });
  console.log(printSummary(batch, rate(batch.runs, startedAtMs)));
  if (batch.failed === undefined) return 0;
  console.log(printFailure(simulate(batch.failed.seed, { isTraced: true })));
  return 1;
}

function rate(runs: number, sinceMs: number): string {
  return ((1000 * runs) / (performance.now() - sinceMs)).toFixed(0);
}

function number(text: string): number {
  const parsed = Number(text);
  if (Number.isSafeInteger(parsed) && parsed >= 0) return parsed;
  console.error(`'${text}' is no whole number. ${USAGE}`);
  process.exit(2);
}
