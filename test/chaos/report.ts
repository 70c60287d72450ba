// What is kept of a run: its history, a timeline and a summary for people.

import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { formatHistory } from '../../src/history/history.ts';
import { drawTimeline } from './drawing.ts';
import { longestGap, quantile } from './gaps.ts';
import type { Run } from './run.ts';
import type { Scenario } from './scenario.ts';
import { nameOf } from './verdict.ts';

interface Asked {
  readonly scenario: Scenario;
  readonly seed: number;
  /** The command that does it again. */
  readonly again: string;
}

/** Writes the history, a timeline and a summary. @returns the summary. */
export function writeRun(directory: string, { scenario, seed, again }: Asked, run: Run): string {
  const { recorder, taken, durationMs } = run;
  mkdirSync(directory, { recursive: true });
  const { samples, events } = recorder;
  writeFileSync(join(directory, 'history.jsonl'), formatHistory(events));
  const title = `chaos ${scenario.name}, seed ${seed}, load average ${loadOf()}`;
  const clients = samples.filter(({ client }) => client !== 'final');
  const gap = longestGap(clients, 0, durationMs);
  const shades = taken.map(({ step, fromMs, untilMs }) => ({ fromMs, untilMs, label: nameOf(step) }));
  const timeline = { title, durationMs, shades, samples: clients, gap };
  writeFileSync(join(directory, 'timeline.svg'), drawTimeline(timeline));
  const summary = summaryOf(scenario, run, again);
  writeFileSync(join(directory, 'summary.txt'), summary);
  return summary;
}

function summaryOf(
  { isHot }: Scenario,
  { recorder, taken, durationMs, guarded, banked, problems }: Run,
  again: string,
): string {
  const { samples } = recorder;
  const answered = samples.filter(({ outcome }) => outcome === 'answered');
  const others = new Map<string, number>();
  for (const { outcome } of samples) {
    if (outcome !== 'answered') others.set(outcome, (others.get(outcome) ?? 0) + 1);
  }
  const latencies = answered.map(({ startMs, endMs }) => endMs - startMs);
  const gapsOf = (kind: string, fromMs: number, untilMs: number): string => {
    const own = samples.filter(({ client }) => client.startsWith(kind));
    return `${Math.round(longestGap(own, fromMs, untilMs).ms)} ms`;
  };
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return [
    again,
    `load average ${loadOf()}`,
    `${answered.length} answers in ${seconds(durationMs)} s; p50 ${quantile(latencies, 0.5).toFixed(1)}, p99 ${quantile(latencies, 0.99).toFixed(1)} ms`,
    `not answered: ${[...others].map(([code, count]) => `${code} ${count}`).join(', ') || 'none'}`,
    ...taken.map(
      ({ step, fromMs, untilMs, healedMs }) =>
        `${seconds(fromMs)}–${seconds(untilMs)} s ${nameOf(step)}, ready again at ${seconds(healedMs)}: longest gap ts ${gapsOf('ts', fromMs, healedMs)}, plain ${gapsOf('plain', fromMs, healedMs)}`,
    ),
    ...(guarded === undefined
      ? []
      : [
          `lock: ${guarded.grants} grants, ${guarded.writes} writes with their tokens, ${guarded.refused} late ones of paused owners refused`,
        ]),
    ...(banked === undefined
      ? []
      : [`transactions: ${banked.moves} moves, ${banked.looks} looks at all accounts`]),
    problems.length === 0
      ? `${isHot ? '' : 'linearizable; '}every acknowledged request applied once; served before, during and after`
      : `FAILED\n${problems.length} problems\n${problems.toReversed().join('\n')}`,
    '',
  ].join('\n');
}

export function loadOf(): string {
  return loadavg()
    .map(load => load.toFixed(1))
    .join(' ');
}
