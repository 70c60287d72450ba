// Measures every size of an axis on a cluster of its own, with the load generator of `synod bench`.

import { Bench, type BenchHooks } from '../../../src/bench/bench.ts';
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

const FILLING_TOLD_MS = 10_000;
const HEAT_UP_CLIENTS = 64;
const TIMEOUT_MS = 10_000;

export interface Hooks {
  readonly report: (sentence: string) => void;
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
        const place = axis.placeOf(size);
        const say = (sentence: string): void =>
          report(`run ${run} of ${options.runs}, ${place} ${axis.title}, ${sentence}`);
        const onResult = (result: StepResult): void => {
          measurements.push({ axis: axis.name, place, run, size, result });
          say(lineOf(result));
        };
        const hooks = { onResult, onProgress: fillingTold(say) };
        await measureSize(configOf(axis, size, options), hooks, stopped);
      }
    }
  }
  return measurements;
}

async function measureSize(config: BenchConfig, hooks: BenchHooks, stopped: AbortSignal): Promise<void> {
  stopped.throwIfAborted();
  let close = async (): Promise<void> => undefined;
  const silent = (): void => undefined;
  let interrupt = silent;
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = () => reject(stopped.reason);
  });
  interrupted.catch(silent);
  stopped.addEventListener('abort', interrupt);
  try {
    const target = await openTarget(config.target, {}, silent, own => {
      close = own;
    });
    const threads = await openLoadThreads({ ...config, nats: target.nats, embedded: undefined });
    // Programs that have just been started are slow for reasons of their own; this is not counted.
    const heating = { ...hooks, onResult: silent };
    await Promise.race([new Bench(heatUpOf(config), threads, target, heating).run(), interrupted]);
    await Promise.race([new Bench(config, threads, target, hooks).run(), interrupted]);
    await threads.close();
  } finally {
    stopped.removeEventListener('abort', interrupt);
    await close();
  }
}

/** The one phase that may take minutes. */
function fillingTold(say: (sentence: string) => void): BenchHooks['onProgress'] {
  let toldMs = performance.now();
  return ({ workload, phase, ended }) => {
    if (phase !== 'filling' || performance.now() - toldMs < FILLING_TOLD_MS) return;
    toldMs = performance.now();
    say(`${workload}: filling, ${ended.toLocaleString('en-US')}`);
  };
}

function configOf(axis: Axis, size: Size, { warmUpMs, durationMs }: GrowthOptions): BenchConfig {
  const { keys, valueBytes, clients, acceptors, proposers } = size;
  return {
    workloads: axis.workloads,
    clients: [clients],
    proposers: ['service'],
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
