// The keys of partitions that are gone through page by page, in order: the file has them in the order in which they came, and
// to read and sort them again for every page would cost as much as all pages together.

/** Of partitions that nobody goes through at the moment so many are kept. */
const LISTS_MAX = 4;

export class KeyLists {
  /** The one that was used last is the last. */
  readonly #lists = new Map<number, KeyList>();

  /**
   * The list of a partition, which is told of all that comes and goes for as long as `use` takes.
   * @param fill adds all keys that have a row, if there is no list of them
   */
  async with<Result>(
    partition: number,
    fill: (list: KeyList) => Promise<void>,
    use: (list: KeyList) => Promise<Result>,
  ): Promise<Result> {
    const list = this.#lists.get(partition) ?? new KeyList(fill);
    this.#lists.delete(partition);
    this.#lists.set(partition, list);
    list.users += 1;
    try {
      await list.filled;
      return await use(list);
    } finally {
      list.users -= 1;
      this.#forgetSome();
    }
  }

  /** The key has a row from now on. */
  add(partition: number, key: string): void {
    this.#lists.get(partition)?.add(key);
  }

  /** The key has none any more. */
  remove(partition: number, key: string): void {
    this.#lists.get(partition)?.remove(key);
  }

  #forgetSome(): void {
    const idle = [...this.#lists].filter(([, { users }]) => users === 0);
    for (const [partition] of idle.slice(0, Math.max(0, idle.length - LISTS_MAX)))
      this.#lists.delete(partition);
  }
}

export class KeyList {
  /** Who goes through it at the moment. */
  users = 0;
  readonly #keys = new Set<string>();
  /** Undefined where it is not known. */
  #sorted: string[] | undefined;
  readonly #filled: Promise<void>;

  constructor(fill: (list: KeyList) => Promise<void>) {
    this.#filled = fill(this);
  }

  /** Resolves when all keys are in it. @throws what filling it threw. */
  get filled(): Promise<void> {
    return this.#filled;
  }

  add(key: string): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    if (this.#sorted !== undefined) this.#sorted.splice(placeIn(this.#sorted, key), 0, key);
  }

  remove(key: string): void {
    if (!this.#keys.delete(key)) return;
    if (this.#sorted !== undefined) this.#sorted.splice(placeIn(this.#sorted, key), 1);
  }

  /** Those behind a key in the order of their characters, at most `max` of them. */
  page(after: string, max: number): readonly string[] {
    this.#sorted ??= [...this.#keys].sort((a, b) => (a < b ? -1 : 1));
    const place = placeIn(this.#sorted, after);
    const from = this.#sorted[place] === after ? place + 1 : place;
    return this.#sorted.slice(from, from + max);
  }
}

/** Where the key is in a list in order, or would be. */
function placeIn(list: readonly string[], key: string): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((list[middle] ?? '') < key) from = middle + 1;
    else to = middle;
  }
  return from;
}
