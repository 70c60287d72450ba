// `npm run simulate -- --seeds N [--from S]`: many runs, and on a violation what broke, how it came to that, and
// the command that repeats it. `--seed S [--verbose]`: one run, with all that happened in it.

import { parseArgs } from 'node:util';
import { runSeeds } from './many.ts';
import { printFailure, printRun, printSummary } from './printing.ts';
import { simulate } from './simulation.ts';

const USAGE = 'Usage: npm run simulate -- [--seeds N] [--from S] | --seed S [--verbose]';
const PROGRESS_MS = 1000;

class UsageError extends Error {}

interface Arguments {
  readonly seeds: number;
  readonly from: number;
  readonly seed: number | undefined;
  readonly verbose: boolean;
}

try {
  const args = readArguments();
  process.exitCode = args.seed === undefined ? many(args) : one(args.seed, args.verbose);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        verbose: { type: 'boolean', default: false },
      },
    });
    const { seeds, from, seed, verbose } = values;
    return { seeds: whole(seeds), from: whole(from), seed: seed === undefined ? seed : whole(seed), verbose };
  } catch (cause) {
    throw cause instanceof TypeError ? new UsageError(cause.message, { cause }) : cause;
  }
}

function whole(text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new UsageError(`'${text}' is no whole number`);
}

function one(seed: number, isVerbose: boolean): number {
  const run = simulate(seed, { isTraced: true });
  console.log(isVerbose ? printRun(run) : printFailure(run));
  return run.violation === undefined ? 0 : 1;
}

function many({ from, seeds }: Arguments): number {
  const startedAtMs = performance.now();
  let shownAtMs = startedAtMs;
  const batch = runSeeds({ from, seeds }, runs => {
    if (performance.now() - shownAtMs < PROGRESS_MS) return;
    shownAtMs = performance.now();
    console.log(`${runs} of ${seeds} runs, ${rate(runs, startedAtMs)} runs/s`);
  });
  console.log(printSummary(batch, rate(batch.runs, startedAtMs)));
  if (batch.failed === undefined) return 0;
  console.log(printFailure(simulate(batch.failed.seed, { isTraced: true })));
  return 1;
}

function rate(runs: number, sinceMs: number): string {
  return ((1000 * runs) / (performance.now() - sinceMs)).toFixed(0);
}
