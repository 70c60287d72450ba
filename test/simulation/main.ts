// `npm run simulate -- --seeds N [--from S]`: many runs, and on a violation what broke, how it came to that, and
// the command that repeats it. `--hours H [--from S]`: as many as there is time for, until Ctrl-C. `--seed S
// [--verbose]`: one run, with all that happened in it.

import { parseArgs } from 'node:util';
import { runFor } from './long.ts';
import { type Batch, runSeeds } from './many.ts';
import { printFailure, printRun, printSummary } from './printing.ts';
import { simulate } from './simulation.ts';

const USAGE =
  'Usage: npm run simulate -- [--seeds N] [--from S] | --hours H [--from S] | --seed S [--verbose]';
const PROGRESS_MS = 1000;
const PROGRESS_IN_LOGS_MS = 60_000;
const HOUR_MS = 3_600_000;
/** As of a program that SIGINT ended. */
const INTERRUPTED_EXIT_CODE = 130;

class UsageError extends Error {}

interface Arguments {
  readonly seeds: number;
  readonly hours: number | undefined;
  readonly from: number | undefined;
  readonly seed: number | undefined;
  readonly verbose: boolean;
}

try {
  const args = readArguments();
  if (args.seed !== undefined) process.exitCode = one(args.seed, args.verbose);
  else process.exitCode = args.hours === undefined ? many(args) : await long(args.hours, args.from);
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
        from: { type: 'string' },
        hours: { type: 'string' },
        seed: { type: 'string' },
        verbose: { type: 'boolean', default: false },
      },
    });
    const { seeds, hours, from, seed, verbose } = values;
    return {
      seeds: whole(seeds),
      hours: hours === undefined ? hours : positive(hours),
      from: from === undefined ? from : whole(from),
      seed: seed === undefined ? seed : whole(seed),
      verbose,
    };
  } catch (cause) {
    throw cause instanceof TypeError ? new UsageError(cause.message, { cause }) : cause;
  }
}

function whole(text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new UsageError(`'${text}' is no whole number`);
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw new UsageError(`'${text}' is no time`);
}

function one(seed: number, isVerbose: boolean): number {
  const run = simulate(seed, { isTraced: true });
  console.log(isVerbose ? printRun(run) : printFailure(run));
  return run.violation === undefined ? 0 : 1;
}

function many({ from = 1, seeds }: Arguments): number {
  const startedAtMs = performance.now();
  let shownAtMs = startedAtMs;
  const batch = runSeeds({ from, seeds }, runs => {
    if (performance.now() - shownAtMs < PROGRESS_MS) return;
    shownAtMs = performance.now();
    console.log(`${runs} of ${seeds} runs, ${rate(runs, startedAtMs)} runs/s`);
  });
  return concluded(batch, startedAtMs);
}

/** Other seeds every time, unless they are given. */
async function long(hours: number, from = Math.floor(Math.random() * 2 ** 40)): Promise<number> {
  const startedAtMs = performance.now();
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  console.log(`npm run simulate -- --hours ${hours} --from ${from}; Ctrl-C ends it with a summary`);
  const untilMs = startedAtMs + hours * HOUR_MS;
  const everyMs = process.stdout.isTTY ? PROGRESS_MS : PROGRESS_IN_LOGS_MS;
  let shownAtMs = startedAtMs;
  const batch = await runFor({ from, untilMs, signal: interrupted.signal }, ({ runs, coverage }) => {
    if (performance.now() - shownAtMs < everyMs) return;
    shownAtMs = performance.now();
    const minutes = ((untilMs - shownAtMs) / 60_000).toFixed(1);
    const never = coverage.neverMet.length;
    const line = `${runs} runs, ${rate(runs, startedAtMs)} runs/s, never met yet: ${never}, ${minutes} minutes left`;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  });
  console.log(`\nseeds ${from} to ${from + batch.runs - 1}`);
  const code = concluded(batch, startedAtMs);
  if (code !== 0) return code;
  if (interrupted.signal.aborted) return INTERRUPTED_EXIT_CODE;
  const { neverMet } = batch.coverage;
  if (neverMet.length > 0)
    console.log(`FAILED: nothing is proven about what never happened: ${neverMet.join('; ')}`);
  return neverMet.length === 0 ? 0 : 1;
}

function concluded(batch: Batch, startedAtMs: number): number {
  console.log(printSummary(batch, rate(batch.runs, startedAtMs)));
  if (batch.failed === undefined) return 0;
  console.log(printFailure(simulate(batch.failed.seed, { isTraced: true })));
  return 1;
}

function rate(runs: number, sinceMs: number): string {
  return ((1000 * runs) / (performance.now() - sinceMs)).toFixed(0);
}
