// Latencies in a high dynamic range histogram, three digits exact at any size: Node's own, which is the
// HdrHistogram library in C. It costs some 20 ns a latency, can be added up, and can be posted to another thread.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export type Latencies = RecordableHistogram;

/** Milliseconds. */
export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export function noLatencies(): Latencies {
  return createHistogram();
}

/** Kept in microseconds, of which there is at least one. */
export function recordLatency(latencies: Latencies, ms: number): void {
  latencies.record(Math.max(1, Math.round(ms * 1000)));
}

/** Null when nothing was recorded. */
export function summaryOf(latencies: Latencies): LatencySummary | null {
  if (latencies.count === 0) return null;
  const at = (percent: number): number => latencies.percentile(percent) / 1000;
  return {
    mean: latencies.mean / 1000,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: latencies.max / 1000,
  };
}
