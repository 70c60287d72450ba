// Runs and batches of runs in words.

import type { Coverage } from './coverage.ts';
import type { Batch } from './many.ts';
import type { Run } from './simulation.ts';

const TAIL_LINES = 60;

export function replayCommand(seed: number): string {
  return `npm run simulate -- --seed ${seed} --verbose`;
}

/** What went wrong, the end of the trace, and how to see it all. */
export function printFailure({ seed, violation, trace }: Run): string {
  if (violation === undefined) return `Seed ${seed} breaks no rule.`;
  const cause = violation.cause instanceof Error ? `\n${violation.cause.stack}` : '';
  return [
    ...trace.slice(-TAIL_LINES),
    '',
    `Seed ${seed} breaks the rule: ${violation.rule}`,
    `${violation.message}${cause}`,
    '',
    `Replay: ${replayCommand(seed)}`,
  ].join('\n');
}

export function printRun(run: Run): string {
  const plan = JSON.stringify(run.plan, undefined, 2);
  const before = run.trace.slice(0, -TAIL_LINES).join('\n');
  const end = run.violation === undefined ? run.trace.slice(-TAIL_LINES).join('\n') : '';
  return `${plan}\n${before}\n${end}${end === '' ? '' : '\n'}${printFailure(run)}`;
}

export function printSummary(
  { runs, operations, virtualMs, coverage }: Batch,
  runsPerSecond: string,
): string {
  const minutes = (virtualMs / 60_000).toFixed(0);
  const total = `${runs} runs, ${operations} operations, ${minutes} virtual minutes, ${runsPerSecond} runs/s`;
  return `${total}\n${printCoverage(coverage)}`;
}

export function printCoverage(coverage: Coverage): string {
  return coverage.entries.map(([name, times]) => `  ${String(times).padStart(9)}  ${name}`).join('\n');
}
