// Runs of the same step as one row.

import { grouped, type Spread, spreadOf } from '../report/statistics.ts';
import type { Measurement } from './measure.ts';

/** Null stands for what is not known. */
export interface Summary {
  readonly system: string;
  readonly workload: string;
  readonly clients: number;
  /** Of the highest rate, where operations began at fixed times; null in a closed loop. */
  readonly share: number | null;
  readonly runs: number;
  readonly throughput: Spread | null;
  readonly p50: Spread | null;
  readonly p99: Spread | null;
  readonly p999: Spread | null;
  /** Of all servers together. */
  readonly serverCpuMs: Spread | null;
  readonly clientCpuMs: Spread | null;
  /** Over all runs. */
  readonly errors: Readonly<Record<string, number>>;
  readonly lostUpdates: number | null;
}

export function summarize(measurements: readonly Measurement[]): readonly Summary[] {
  // The highest rate may have been that of another number of clients in another run.
  const stepOf = ({ system, workload, clients, share }: Measurement): string =>
    `${system} ${workload} ${share === null ? clients : `at ${share}`}`;
  return grouped(measurements, stepOf).flatMap(runs => {
    const [first] = runs;
    return first === undefined ? [] : [summaryOf(first, runs)];
  });
}

function summaryOf({ system, workload, clients, share }: Measurement, runs: readonly Measurement[]): Summary {
  const spread = (figure: (run: Measurement) => number | null): Spread | null => spreadOf(runs.map(figure));
  return {
    system,
    workload,
    clients,
    share,
    runs: runs.length,
    throughput: spread(run => run.throughput),
    p50: spread(run => run.p50),
    p99: spread(run => run.p99),
    p999: spread(run => run.p999),
    serverCpuMs: spread(({ serverCpuMs }) => sumOf(Object.values(serverCpuMs))),
    clientCpuMs: spread(run => run.clientCpuMs),
    errors: errorsOf(runs),
    lostUpdates: sumOf(runs.map(run => run.lostUpdates)),
  };
}

function sumOf(figures: readonly (number | null)[]): number | null {
  return figures.reduce<number | null>(
    (sum, figure) => (sum === null || figure === null ? null : sum + figure),
    0,
  );
}

function errorsOf(runs: readonly Measurement[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const [code, count] of runs.flatMap(({ errors }) => Object.entries(errors))) {
    sum[code] = (sum[code] ?? 0) + count;
  }
  return sum;
}
