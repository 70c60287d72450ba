// The comparison: every system goes through all of its workloads, then the next one does, and all of that again.
// Each is started afresh and is alone on the machine while it is measured; every other run goes the other way round.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepPlan } from '../../../src/bench/place.ts';
import { type Measurement, measure, type Times } from './measure.ts';
import type { RunningSystem, System } from './system.ts';
import { PACED } from './workloads.ts';

export interface ComparisonOptions extends Times {
  readonly runs: number;
  readonly keys: number;
  readonly valueBytes: number;
  /** Steps with more are left out; null leaves none out. */
  readonly clientsMax: number | null;
}

export interface Comparison {
  /** What each system says of its version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly measurements: readonly Measurement[];
}

/** Warm-ups of a step that go before the first step. */
const HEAT_UP_FACTOR = 3;
/** Many, and then one: a compiler learns little of single messages from messages that carry many. */
const HEAT_UP_CLIENTS = [64, 1];

export interface Hooks {
  readonly report: (sentence: string) => void;
  /** Looked at before each step, which takes seconds. */
  readonly stopped: AbortSignal;
}

export async function compare(
  systems: readonly System[],
  options: ComparisonOptions,
  { report, stopped }: Hooks,
): Promise<Comparison> {
  const versions: Record<string, string> = {};
  const measurements: Measurement[] = [];
  for (let run = 1; run <= options.runs; run++) {
    for (const system of run % 2 === 1 ? systems : systems.toReversed()) {
      const directory = mkdtempSync(join(tmpdir(), 'synod-peers-'));
      let running: RunningSystem | undefined;
      try {
        running = await system.start(directory);
        versions[system.name] = running.version;
        for (const one of await measureAll(system, running, { options, run, report, stopped }))
          measurements.push(one);
      } finally {
        await running?.close();
        rmSync(directory, { recursive: true, force: true });
      }
    }
  }
  return { versions, measurements };
}

interface Run extends Hooks {
  readonly options: ComparisonOptions;
  readonly run: number;
}

async function measureAll(
  { name, workloads }: System,
  system: RunningSystem,
  { options, run, report, stopped }: Run,
): Promise<readonly Measurement[]> {
  const { keys, valueBytes, runs } = options;
  const [first = ''] = Object.keys(workloads);
  for (const clients of HEAT_UP_CLIENTS) await heatUp(system, { workload: first, clients }, options);
  const measurements: Measurement[] = [];
  const planOf = (workload: string, clients: number): StepPlan => {
    const step = measurements.length + 1;
    const place = { prefix: 'synod', run: `r${run}`, step };
    return { workload, proposer: 'service', clients, keys, valueBytes, ...place };
  };
  for (const [workload, numbers] of Object.entries(workloads)) {
    for (const clients of numbers.filter(number => number <= (options.clientsMax ?? number))) {
      stopped.throwIfAborted();
      const one = await measure(
        { name, system, run, rate: null, share: null },
        planOf(workload, clients),
        options,
      );
      measurements.push(one);
      report(`run ${run} of ${runs}, ${name}, ${workload}, ${clients}: ${lineOf(one)}`);
    }
    const [fastest] = measurements.filter(one => one.workload === workload).toSorted(byThroughput);
    if (fastest === undefined) continue;
    for (const { share, inHand } of PACED[workload] ?? []) {
      stopped.throwIfAborted();
      const rate = share * fastest.throughput;
      const plan = planOf(workload, inHand * fastest.clients);
      const one = await measure({ name, system, run, rate, share }, plan, options);
      measurements.push(one);
      report(`run ${run} of ${runs}, ${name}, ${workload}, ${Math.round(rate)}/s asked for: ${lineOf(one)}`);
    }
  }
  return measurements;
}

function byThroughput(one: Measurement, other: Measurement): number {
  return other.throughput - one.throughput;
}

/** Programs that have just been started are slow for reasons of their own: pages, caches, compilers. */
async function heatUp(
  system: RunningSystem,
  { workload, clients }: Pick<StepPlan, 'workload' | 'clients'>,
  { keys, valueBytes, warmUpMs }: ComparisonOptions,
): Promise<void> {
  const place = { prefix: 'synod', run: `heat${clients}`, step: 0 };
  const plan: StepPlan = { workload, proposer: 'service', clients, keys, valueBytes, ...place };
  const load = system.load(plan, { rate: null });
  load.start();
  load.measure();
  await sleep(warmUpMs * HEAT_UP_FACTOR);
  await load.finish();
}

function lineOf({ throughput, p50, p99, errors, lostUpdates }: Measurement): string {
  const failures = Object.entries(errors).map(([code, count]) => `, ${count} ${code}`);
  const lost = lostUpdates === null || lostUpdates === 0 ? '' : `, ${lostUpdates} acknowledged updates lost`;
  return `${Math.round(throughput)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms${failures.join('')}${lost}`;
}
