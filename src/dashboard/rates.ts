// From what proposers counted since their starts to what happened since they were looked at before.

import { quantileMs } from '../node/operator/cluster-status.ts';
import type { ProposerTold } from '../node/process/status.ts';
import { IN_VAIN } from '../transport/service-errors.ts';
import type { Sample } from './view.ts';

interface Seen {
  readonly told: ProposerTold;
  readonly atMs: number;
}

/** Counts of one proposer since the one before; nothing of one that is new or was not heard. */
interface Growth {
  readonly seconds: number;
  readonly all: number;
  readonly failed: number;
  readonly counts: readonly number[];
}

export class Rates {
  readonly #seen = new Map<string, Seen>();

  /**
   * @param heard the proposers that have told something since the last call, with when that was
   * @param known what all told last
   */
  sample(heard: readonly Seen[], known = heard.map(({ told }) => told)): Sample {
    const grown = heard.flatMap(seen => {
      const before = this.#seen.get(seen.told.incarnation);
      this.#seen.set(seen.told.incarnation, seen);
      return before === undefined || before.atMs >= seen.atMs ? [] : [growth(before, seen)];
    });
    const bounds = heard[0]?.told.latency.bounds ?? [];
    const counts = [...bounds, 0].map((_, at) => sum(grown.map(one => one.counts[at] ?? 0)));
    return {
      served: sum(grown.map(({ all, failed, seconds }) => (all - failed) / seconds)),
      failed: sum(grown.map(({ failed, seconds }) => failed / seconds)),
      p50Ms: quantileMs({ bounds, counts }, 0.5) ?? null,
      p99Ms: quantileMs({ bounds, counts }, 0.99) ?? null,
      gapMs: Math.max(0, ...known.map(({ longestGapMs }) => longestGapMs.lastMinute)),
    };
  }

  forget(incarnation: string): void {
    this.#seen.delete(incarnation);
  }
}

function growth(before: Seen, after: Seen): Growth {
  const failedOf = ({ told }: Seen): number => sum(IN_VAIN.map(code => told.results[code] ?? 0));
  const allOf = ({ told }: Seen): number => sum(Object.values(told.results));
  const { counts } = after.told.latency;
  return {
    seconds: (after.atMs - before.atMs) / 1000,
    all: allOf(after) - allOf(before),
    failed: failedOf(after) - failedOf(before),
    counts: counts.map((count, at) => count - (before.told.latency.counts[at] ?? 0)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
