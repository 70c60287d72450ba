// Measures one step of one system: prepare, warm up, measure; what its servers and the load itself cost meanwhile.

import { setTimeout as sleep } from 'node:timers/promises';
import { summaryOf } from '../../../src/bench/latencies.ts';
import type { Pace } from '../../../src/bench/load.ts';
import { isRefusal } from '../../../src/bench/outcome.ts';
import type { StepPlan } from '../../../src/bench/place.ts';
import { cpuBetween, ownUsage, type RoleUsage, roleUsage } from '../../../src/bench/process-usage.ts';
import type { RunningSystem } from './system.ts';

export interface Times {
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** One row of docs/performance.json. Null stands for what is not known. */
export interface Measurement {
  readonly system: string;
  readonly workload: string;
  readonly clients: number;
  /** Operations a second that begin at fixed times, in an open loop; null in a closed one. */
  readonly rate: number | null;
  /** What that is of the highest rate in a closed loop. */
  readonly share: number | null;
  /** From 1: the step is repeated, with the other systems in between. */
  readonly run: number;
  /** Successes a second. */
  readonly throughput: number;
  /** Milliseconds of all operations, whatever they came to. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** How the operations ended that are neither `ok` nor the conflicts that contention is made of. */
  readonly errors: Readonly<Record<string, number>>;
  /** CPU milliseconds per 1,000 operations: of each kind of server, and of this process. */
  readonly serverCpuMs: Readonly<Record<string, number | null>>;
  readonly clientCpuMs: number | null;
  /** Acknowledged updates that were not there afterwards, and what was acknowledged cannot be lost: none is right. */
  readonly lostUpdates: number | null;
}

/** Far beyond the patience of a single request. */
const FINISH_MS_MAX = 30_000;

interface Measured extends Pace, Pick<Measurement, 'run' | 'share'> {
  readonly name: string;
  readonly system: RunningSystem;
}

export async function measure(
  { name, system, run, rate, share }: Measured,
  plan: StepPlan,
  { warmUpMs, durationMs }: Times,
): Promise<Measurement> {
  await system.prepare(plan);
  const load = system.load(plan, { rate });
  load.start();
  await sleep(warmUpMs);
  const before = usages(system);
  load.measure();
  await sleep(durationMs);
  const finished = load.finish();
  const after = usages(system);
  const tally = await inTime(finished, `${name}, ${plan.workload}`);
  const latency = summaryOf(tally.latencies);
  const perThousand = (kind: string): number | null => {
    const cpuMs = cpuBetween(before.get(kind) ?? null, after.get(kind) ?? null);
    return cpuMs === null || tally.ended === 0 ? null : (cpuMs / tally.ended) * 1000;
  };
  return {
    system: name,
    workload: plan.workload,
    clients: plan.clients,
    rate,
    share,
    run,
    throughput: (tally.succeeded / tally.windowMs) * 1000,
    p50: latency?.p50 ?? 0,
    p99: latency?.p99 ?? 0,
    p999: latency?.p999 ?? 0,
    errors: errorsOf(tally.outcomes),
    serverCpuMs: Object.fromEntries(Object.keys(system.servers).map(kind => [kind, perThousand(kind)])),
    clientCpuMs: perThousand(OWN),
    lostUpdates: await system.lostUpdates(plan),
  };
}

const OWN = 'this process';

function usages({ servers }: RunningSystem): ReadonlyMap<string, RoleUsage | null> {
  const known = Object.entries(servers).map(([kind, pids]) => [kind, roleUsage(pids)] as const);
  return new Map([...known, [OWN, ownUsage()]]);
}

function errorsOf(outcomes: Readonly<Record<string, number>>): Measurement['errors'] {
  return Object.fromEntries(
    Object.entries(outcomes).filter(([outcome]) => outcome !== 'ok' && !isRefusal(outcome)),
  );
}

async function inTime<Result>(work: Promise<Result>, title: string): Promise<Result> {
  const late = sleep(FINISH_MS_MAX, undefined, { ref: false }).then(() => {
    throw new Error(`Cannot measure ${title}: operations did not end within ${FINISH_MS_MAX / 1000} s`);
  });
  return Promise.race([work, late]);
}
