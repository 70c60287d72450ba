// Measures every size of an axis on a cluster of its own, with the load generator of `synod bench`.

import { Bench } from '../../../src/bench/bench.ts';
import type { BenchConfig } from '../../../src/bench/bench-config.ts';
import { openLoadThreads } from '../../../src/bench/load-threads.ts';
import type { StepResult } from '../../../src/bench/step-result.ts';
import { openTarget } from '../../../src/bench/target.ts';
import type { Axis, Size } from './axes.ts';

export interface GrowthOptions {
  readonly runs: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

export interface GrowthMeasurement {
  readonly axis: string;
  readonly place: number;
  /** From 1. */
  readonly run: number;
  readonly size: Size;
  readonly result: StepResult;
}

const HEAT_UP_CLIENTS = 64;
const TIMEOUT_MS = 10_000;

export interface Hooks {
  readonly report: (sentence: string) => void;
  /** Looked at before each size. */
  readonly stopped: AbortSignal;
}

/** Every other run goes the other way round. */
export async function grow(
  axes: readonly Axis[],
  options: GrowthOptions,
  { report, stopped }: Hooks,
): Promise<readonly GrowthMeasurement[]> {
  const measurements: GrowthMeasurement[] = [];
  for (let run = 1; run <= options.runs; run++) {
    for (const axis of axes) {
      for (const size of run % 2 === 1 ? axis.sizes : axis.sizes.toReversed()) {
        stopped.throwIfAborted();
        const place = axis.placeOf(size);
        await measureSize(configOf(axis, size, options), result => {
          measurements.push({ axis: axis.name, place, run, size, result });
          report(`run ${run} of ${options.runs}, ${place} ${axis.title}, ${lineOf(result)}`);
        });
      }
    }
  }
  return measurements;
}

async function measureSize(config: BenchConfig, onResult: (result: StepResult) => void): Promise<void> {
  let close = async (): Promise<void> => undefined;
  const silent = (): void => undefined;
  try {
    const target = await openTarget(config.target, {}, silent, own => {
      close = own;
    });
    const threads = await openLoadThreads({ ...config, nats: target.nats });
    // Programs that have just been started are slow for reasons of their own; this is not counted.
    await new Bench(heatUpOf(config), threads, target, { onProgress: silent, onResult: silent }).run();
    await new Bench(config, threads, target, { onProgress: silent, onResult }).run();
    await threads.close();
  } finally {
    await close();
  }
}

function configOf(axis: Axis, size: Size, { warmUpMs, durationMs }: GrowthOptions): BenchConfig {
  const { keys, valueBytes, clients, acceptors, proposers } = size;
  return {
    workloads: axis.workloads,
    clients: [clients],
    rate: null,
    durationMs,
    warmUpMs,
    timeoutMs: TIMEOUT_MS,
    keys,
    valueBytes,
    threads: 1,
    prefix: 'synod',
    json: 'none',
    target: { kind: 'local', acceptors: String(acceptors), proposers: String(proposers) },
  };
}

function heatUpOf(config: BenchConfig): BenchConfig {
  return { ...config, workloads: ['create'], clients: [HEAT_UP_CLIENTS], valueBytes: 100 };
}

function lineOf({ workload, throughput, latencyMs, errors }: StepResult): string {
  const failures = Object.entries(errors).map(([code, count]) => `, ${count} ${code}`);
  return `${workload}: ${Math.round(throughput)}/s, p99 ${latencyMs?.p99.toFixed(1) ?? '–'} ms${failures.join('')}`;
}
