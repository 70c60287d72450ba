// How many registers of an acceptor are unset and wait to be collected, in the partitions that its group keeps. The collectors
// of proposers go through them page by page (key-teller.ts), and each page is counted as it passes: a search of its own would
// read the whole file once more. So of each partition it is the number of the last time that a collector went through.

import { isClosed, isPastStay, NOTHING_CLOSED, prefixOfStay, stayOf } from '../../protocol/stays.ts';

/** What a collector was told. */
interface Passed {
  readonly collector: string;
  readonly partition: number;
  /** The names that were looked at are after this one, up to `end`. */
  readonly after: string;
  readonly end: string;
  readonly isLast: boolean;
  /** Those of them that are unset, in their order. */
  readonly unset: readonly string[];
}

/** A collector on its way through a stay of a partition. */
interface Walk {
  readonly collector: string;
  readonly stay: number;
  /** In the pages before the last one. */
  readonly before: number;
  readonly page: Set<string>;
  readonly end: string;
  readonly isThrough: boolean;
}

export class Uncollected {
  /** The last walk of each partition, and the last that came to its end. */
  readonly #walks = new Map<number, Walk>();
  readonly #through = new Map<number, Walk>();
  #closed = NOTHING_CLOSED;

  /** Of partitions that were moved away since nobody collects any more. */
  get registers(): number {
    let sum = 0;
    for (const [partition, { stay, before, page }] of this.#through)
      if (!isClosed(this.#closed, partition, stay)) sum += before + page.size;
    return sum;
  }

  /** The stays that are over here. */
  closed(stays: typeof NOTHING_CLOSED): void {
    this.#closed = stays;
  }

  passed({ collector, partition, after, end, isLast, unset }: Passed): void {
    const stay = stayOf(after) ?? 0;
    const isFirst = after === prefixOfStay(stay);
    const before = isFirst ? 0 : metUpTo(after, collector, this.#walks.get(partition));
    if (before === undefined) return;
    const page = new Set(unset.filter(name => stayOf(name) === stay));
    const walk = { collector, stay, before, page, end, isThrough: isLast || isPastStay(stay, end) };
    this.#walks.set(partition, walk);
    if (walk.isThrough) this.#through.set(partition, walk);
  }

  /** Of the page that passed last: the next one is asked for when those that are due are gone. */
  collected(partition: number, name: string): void {
    this.#walks.get(partition)?.page.delete(name);
  }
}

/**
 * Where another acceptor's page ended earlier, the next one begins within this one's. Undefined where it went on without this
 * acceptor, which did not answer in time, or is another collector's: of two at once the one that began last is counted.
 */
function metUpTo(name: string, collector: string, walk: Walk | undefined): number | undefined {
  if (walk?.collector !== collector || name > walk.end) return undefined;
  return walk.before + [...walk.page].filter(met => met <= name).length;
}
