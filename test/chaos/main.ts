// `npm run chaos -- --seed N --minutes M [--scenario NAME] [--driver NAME] [--out DIR]`: faults on a real cluster under
// load, and a verdict. Writes the history, a summary and a timeline. The seed repeats faults and requests; how processes and
// messages take turns is the machine's. `--damage all|KIND [--positions N]` damages the files of one acceptor instead.

import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatHistory } from '../../src/history/history.ts';
import { Containers, containersProblem } from './containers.ts';
import { CLUSTER_DAMAGES } from './damage-kinds.ts';
import type { DamageCase, DamageResult } from './damage-run.ts';
import { damageCases, printReport, tryAll } from './damage-table.ts';
import { drawTimeline } from './drawing.ts';
import { longestGap, quantile } from './gaps.ts';
import { Processes } from './processes.ts';
import { type Run, runScenario } from './run.ts';
import { CLOCK_FAULTS, SCENARIO_NAMES, type Scenario, scenarioNamed } from './scenario.ts';
import { clocksProblem } from './wall-clocks.ts';

/** Of a failure the file has all. */
const PRINTED_MAX = 4000;
const USAGE = `Usage: npm run chaos -- [--seed N] [--minutes M] [--scenario ${SCENARIO_NAMES.join('|')}] [--out DIR]
                      [--driver processes|containers [--built]]
       npm run chaos -- --damage all|KIND [--positions N] [--seed N]
KIND is one of: ${CLUSTER_DAMAGES.map(({ kind }) => kind).join('; ')}.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    minutes: { type: 'string', default: '1' },
    driver: { type: 'string', default: 'processes' },
    built: { type: 'boolean', default: false },
    scenario: { type: 'string' },
    out: { type: 'string' },
    damage: { type: 'string' },
    positions: { type: 'string', default: '4' },
  },
});
const { driver } = values;
const isOfContainers = driver === 'containers';
const seed = Number(values.seed);
const minutes = Number(values.minutes);
const cases =
  values.damage === undefined ? undefined : damageCases(values.damage, seed, Number(values.positions));
const scenario = scenarioNamed(
  values.scenario ?? (isOfContainers ? 'containers' : 'random'),
  seed,
  minutes * 60_000,
);
const isDriver = isOfContainers || driver === 'processes';
if (
  !isDriver ||
  scenario === undefined ||
  !Number.isSafeInteger(seed) ||
  !(minutes > 0) ||
  cases?.length === 0
) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = (await (cases === undefined ? faults(scenario) : damages(cases))) ? 0 : 1;
}

/** @returns whether all went well. */
async function faults(scenario: Scenario): Promise<boolean> {
  const again = `npm run chaos -- --driver ${driver}${values.built ? ' --built' : ''} --seed ${seed} --minutes ${minutes} --scenario ${scenario.name}`;
  console.log(`repeat: ${again}`);
  const hasClocks = scenario.steps.some(({ fault }) => CLOCK_FAULTS.includes(fault));
  const missing = isOfContainers ? containersProblem() : hasClocks ? clocksProblem() : undefined;
  if (missing !== undefined) {
    console.log(`skipped: ${missing}`);
    return true;
  }
  const cluster = isOfContainers ? new Containers({ isBuilt: values.built }) : new Processes({ hasClocks });
  const unable = scenario.steps.find(({ fault }) => !cluster.can(fault));
  if (unable !== undefined) {
    console.error(`The driver of ${driver} cannot ${unable.fault}, so it cannot run ${scenario.name}.`);
    return false;
  }
  const run = await runScenario(cluster, scenario, seed);
  const directory = values.out ?? join('.synod', 'chaos', `${scenario.name}-${seed}`);
  writeRun(directory, scenario, run);
  const summary = summaryOf(scenario, run, again);
  writeFileSync(join(directory, 'summary.txt'), summary);
  console.log(`${summary.slice(0, PRINTED_MAX)}written to ${directory}`);
  return run.problems.length === 0;
}

async function damages(all: readonly DamageCase[]): Promise<boolean> {
  const repeat = `npm run chaos -- --damage '${values.damage}' --positions ${values.positions} --seed ${seed}`;
  console.log(`${repeat}\n${all.length} cases, about 12 s each on a quiet machine`);
  const report = await tryAll(all, (done, { damage, seed: own }, result) => {
    console.log(`${done} of ${all.length}: ${damage.kind}, seed ${own}: ${damageLine(result)}`);
  });
  console.log(`\n${printReport(report)}\nload average ${loadOf()}`);
  return report.results.length > 0 && report.results.every(({ problems }) => problems.length === 0);
}

function damageLine(result: DamageResult | string): string {
  if (typeof result === 'string') return `not tried: ${result}`;
  const { found, mended, said, lost, stale, problems } = result;
  const undone = mended === undefined ? '' : `; once undone: ${mended}`;
  const why = found === 'harmless' ? '' : `\n    ${said.slice(0, PRINTED_MAX)}`;
  const failed = problems.map(problem => `\n    FAILED: ${problem.slice(0, PRINTED_MAX)}`).join('');
  return `${found}${undone}; lost ${lost}, stale ${stale}${why}${failed}`;
}

function writeRun(directory: string, { name, durationMs }: Scenario, { recorder, shades }: Run): void {
  mkdirSync(directory, { recursive: true });
  const { samples, events } = recorder;
  writeFileSync(join(directory, 'history.jsonl'), formatHistory(events));
  const title = `chaos ${name}, seed ${seed}, load average ${loadOf()}`;
  const clients = samples.filter(({ client }) => client !== 'final');
  const gap = longestGap(clients, 0, durationMs);
  const timeline = { title, durationMs, shades, samples: clients, gap };
  writeFileSync(join(directory, 'timeline.svg'), drawTimeline(timeline));
}

function summaryOf(scenario: Scenario, { recorder, shades, problems }: Run, again: string): string {
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
  return [
    again,
    `load average ${loadOf()}`,
    `${answered.length} answers in ${scenario.durationMs / 1000} s; p50 ${quantile(latencies, 0.5).toFixed(1)}, p99 ${quantile(latencies, 0.99).toFixed(1)} ms`,
    `not answered: ${[...others].map(([code, count]) => `${code} ${count}`).join(', ') || 'none'}`,
    ...shades.map(
      ({ fromMs, untilMs, label }) =>
        `${(fromMs / 1000).toFixed(1)}–${(untilMs / 1000).toFixed(1)} s ${label}: longest gap ts ${gapsOf('ts', fromMs, untilMs)}, plain ${gapsOf('plain', fromMs, untilMs)}`,
    ),
    problems.length === 0
      ? `${scenario.isHot ? '' : 'linearizable; '}every acknowledged request applied once; served before, during and after`
      : `FAILED\n${problems.length} problems\n${problems.toReversed().join('\n')}`,
    '',
  ].join('\n');
}

function loadOf(): string {
  return loadavg()
    .map(load => load.toFixed(1))
    .join(' ');
}
