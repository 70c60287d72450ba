// Gaps: for how long a client had no answer about a register.

import type { Sample } from './recorder.ts';

export interface Gap {
  readonly client: string;
  readonly fromMs: number;
  readonly ms: number;
}

/** The longest time of any client between two answers that touches the span; its ends count as answers. */
export function longestGap(samples: readonly Sample[], fromMs: number, untilMs: number): Gap {
  const answered = new Map<string, number[]>();
  for (const { client, outcome, endMs } of samples) {
    const times = answered.get(client) ?? [];
    answered.set(client, times);
    if (outcome === 'answered') times.push(endMs);
  }
  let longest: Gap = { client: '', fromMs, ms: 0 };
  for (const [client, times] of answered) {
    let last = 0;
    for (const time of [...times, untilMs]) {
      if (time >= fromMs && last <= untilMs && time - last > longest.ms)
        longest = { client, fromMs: last, ms: time - last };
      last = time;
    }
  }
  return longest;
}

/** The value below which the share of the values is; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
