// What tellers were told of their transactions, and the judgement of all of them together: strict serializability. Every value
// carries the transaction that wrote it, and whoever writes a key has read it, so the order of the values of a key is known.
// Then all are serializable in the order of time if and only if what must come before what has no cycle.

import { Violation } from './violation.ts';

export type Account = { readonly balance: number; readonly by: string };

export interface Posted {
  readonly id: string;
  readonly startedAt: number;
  /** When it was told the outcome; Infinity: it never was. */
  endedAt: number;
  /** `unknown`: it may be committed, or be at any time, or never. */
  fate: 'committed' | 'aborted' | 'unknown';
  /** What it read: by whom that was written, and what the account had. */
  readonly reads: ReadonlyMap<string, Account>;
  readonly writes: ReadonlyMap<string, Account>;
}

export const OPENING = 100;
export const UNTOUCHED: Account = { balance: OPENING, by: '' };
const RULE = 'transactions are strictly serializable';

export class Ledger {
  readonly #posted = new Map<string, Posted>();
  #positions = 0;

  /** Where the run is in the order of what was seen. */
  next(): number {
    this.#positions += 1;
    return this.#positions;
  }

  post(posted: Posted): void {
    this.#posted.set(posted.id, posted);
  }

  /** @param accounts all keys, with what they hold at the end, when nothing goes on any more. */
  judge(accounts: ReadonlyMap<string, Account>): void {
    const chains = new Map([...accounts].map(([key, last]) => [key, this.#chainOf(key, last)]));
    const effective = [...this.#posted.values()].filter(posted => this.#tookEffect(posted, chains));
    const order = new Map(effective.map(posted => [posted.id, new Set<string>()]));
    const before = (first: string, second: string): void => {
      if (first !== second) order.get(first)?.add(second);
    };
    for (const [key, chain] of chains) {
      for (const [i, writer] of chain.entries()) before(chain[i - 1] ?? '', writer);
      for (const reader of effective) {
        const read = reader.reads.get(key);
        if (read === undefined) continue;
        const at = chain.indexOf(read.by);
        if (read.by !== '' && at < 0)
          throw new Violation(RULE, `'${reader.id}' read ${key} of '${read.by}', which took no effect`);
        before(read.by, reader.id);
        before(reader.id, chain[at + 1] ?? '');
      }
    }
    for (const first of effective)
      for (const second of effective) if (first.endedAt < second.startedAt) before(first.id, second.id);
    const cycle = cycleIn(order);
    if (cycle !== undefined)
      throw new Violation(RULE, `Each must come before the next: ${cycle.join(' → ')}`);
    this.#judgeSums(effective, accounts);
  }

  /** The writers of a key, first to last, from what it holds at the end. */
  #chainOf(key: string, last: Account): readonly string[] {
    const chain: string[] = [];
    for (let { by } = last; by !== ''; ) {
      const writer = this.#posted.get(by);
      const read = writer?.reads.get(key);
      if (read === undefined || chain.includes(by))
        throw new Violation(RULE, `${key} was not written by '${by}'`);
      chain.unshift(by);
      by = read.by;
    }
    return chain;
  }

  /** All of it or nothing, and all of it when it was told to be committed. */
  #tookEffect({ id, fate, writes }: Posted, chains: ReadonlyMap<string, readonly string[]>): boolean {
    const times = [...writes.keys()].filter(key => chains.get(key)?.includes(id)).length;
    const isRight =
      fate === 'committed'
        ? times === writes.size
        : fate === 'aborted'
          ? times === 0
          : times === 0 || times === writes.size;
    if (isRight) return fate === 'committed' || times > 0;
    throw new Violation(RULE, `'${id}' is ${fate}, and ${times} of its ${writes.size} writes took effect`);
  }

  /** Money is moved, never made: seen by whoever reads all accounts. */
  #judgeSums(effective: readonly Posted[], accounts: ReadonlyMap<string, Account>): void {
    const views = effective
      .map(({ id, reads }) => ({ id, reads }))
      .concat({ id: 'the end', reads: accounts });
    for (const { id, reads } of views) {
      if (reads.size < accounts.size) continue;
      const sum = [...reads.values()].reduce((total, { balance }) => total + balance, 0);
      if (sum !== OPENING * accounts.size) throw new Violation(RULE, `'${id}' read a sum of ${sum}`);
    }
  }
}

/** By search in depth; undefined when there is none. */
function cycleIn(order: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (id: string): readonly string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    path.push(id);
    for (const next of order.get(id) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(id);
    return undefined;
  };
  for (const id of order.keys()) {
    const cycle = visit(id);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
