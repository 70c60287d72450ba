// A histogram that costs a few comparisons a count: how many values were at most each of some bounds.

/** As somebody reads it. */
export type Counted = Pick<Histogram, 'bounds' | 'counts' | 'sum'>;

export class Histogram {
  /** Ascending. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  }

  count(value: number): void {
    let at = 0;
    while (value > (this.bounds[at] ?? Number.POSITIVE_INFINITY)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  /** How many values lay between each bound and the one before it; the last above all. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  get sum(): number {
    return this.#sum;
  }
}

/** All of them as one; they have the same bounds. */
export function together([first, ...others]: readonly [Counted, ...Counted[]]): Counted {
  return others.reduce<Counted>(
    (all, { counts, sum }) => ({
      bounds: all.bounds,
      counts: all.counts.map((count, at) => count + (counts[at] ?? 0)),
      sum: all.sum + sum,
    }),
    first,
  );
}

/** For times in milliseconds. */
export const TIMES_MS: readonly number[] = [
  0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
];
/** For how much is done at once. */
export const SIZES: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];
