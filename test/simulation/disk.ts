// The disk of one acceptor: what is durable, and the one commit that is under way. A crash leaves of that all
// or nothing, as a transaction does. It can also go back to what it was some commits ago.

import { EMPTY_SLOT, isEmpty, type Slot } from '../../src/protocol/acceptor.ts';
import type { Memory } from '../../src/protocol/memory.ts';
import { floorName, isKey, partitionOf, partitionOfFloor } from '../../src/protocol/partition.ts';
import { CLOSED_NAME } from '../../src/storage/closed-record.ts';
import { MEMORY_NAME, memoryOf } from '../../src/storage/memory-record.ts';

/** What became durable, together with what its owner remembers of the cluster. */
export type OnDurable = (
  key: string,
  change: {
    readonly before: Slot;
    readonly after: Slot;
    readonly floor: Slot;
    readonly memory: Memory;
    /** Which stays are closed, and which were before. */
    readonly closed: Slot;
    readonly closedBefore: Slot;
  },
) => void;

export class Disk {
  /** No commit finds space. */
  isFull = false;
  readonly #slots: Map<string, Slot>;
  /** The number of the last commit before all of these. */
  readonly firstCommits: number;
  readonly #onDurable: OnDurable;
  /** What each commit replaced. */
  readonly #replaced: ReadonlyMap<string, Slot | undefined>[] = [];
  /** The commits that its owner was told of each acceptor, as far as a commit of its own began since. */
  #known: ReadonlyMap<string, number> = new Map();
  #heard = new Map<string, number>();
  #heardUnderWay: ReadonlyMap<string, number> = this.#known;
  #underWay: ReadonlyMap<string, Slot> | undefined;

  constructor(first: ReadonlyMap<string, Slot>, onDurable: OnDurable) {
    this.#slots = new Map(first);
    this.firstCommits = this.commits;
    this.#onDurable = onDurable;
  }

  /** The number of the last durable commit. */
  get commits(): number {
    return this.slot(MEMORY_NAME).promised.counter;
  }

  /** Up to which commit of `acceptor` its owner must know for ever, whatever the product made of it. */
  knownOf(acceptor: string): number {
    return this.#known.get(acceptor) ?? 0;
  }

  /** The owner was told of a commit. */
  hear(acceptor: string, commits: number): void {
    this.#heard.set(acceptor, Math.max(commits, this.#heard.get(acceptor) ?? 0));
  }

  has(key: string): boolean {
    return this.#slots.has(key);
  }

  load(keys: readonly string[]): ReadonlyMap<string, Slot> {
    const found = new Map<string, Slot>();
    for (const key of keys) {
      const slot = this.#slots.get(key);
      if (slot !== undefined) found.set(key, slot);
    }
    return found;
  }

  /** That anything is on it of. */
  partitions(): readonly number[] {
    const partitions = [...this.#slots.keys()].map(key =>
      isKey(key) ? partitionOf(key) : partitionOfFloor(key),
    );
    return [...new Set(partitions.flatMap(partition => partition ?? []))];
  }

  keysOf(partition: number): readonly string[] {
    return [...this.#slots.keys()].filter(key => isKey(key) && partitionOf(key) === partition);
  }

  slot(key: string): Slot {
    return this.#slots.get(key) ?? EMPTY_SLOT;
  }

  write(slots: ReadonlyMap<string, Slot>): void {
    this.#underWay = slots;
    this.#heardUnderWay = new Map(this.#heard);
  }

  /** Takes the commit under way back, for lack of space. */
  rollBack(): void {
    this.#underWay = undefined;
  }

  /** Ends the commit under way: from here on it is durable. */
  sync(): void {
    if (this.#underWay === undefined) return;
    this.#replaced.push(new Map([...this.#underWay.keys()].map(key => [key, this.#slots.get(key)])));
    const memory = memoryOf(this.#underWay.get(MEMORY_NAME));
    const before = new Map([...this.#underWay.keys()].map(key => [key, this.slot(key)]));
    for (const [key, after] of this.#underWay) {
      if (isEmpty(after)) this.#slots.delete(key);
      else this.#slots.set(key, after);
    }
    for (const [key, slot] of before) {
      const floor = isKey(key) ? this.slot(floorName(partitionOf(key))) : EMPTY_SLOT;
      const closed = this.slot(CLOSED_NAME);
      const closedBefore = before.get(CLOSED_NAME) ?? closed;
      this.#onDurable(key, { before: slot, after: this.slot(key), floor, memory, closed, closedBefore });
    }
    this.#underWay = undefined;
    this.#known = this.#heardUnderWay;
  }

  /** @returns what became of the commit under way, if there was one. */
  crash(keepsCommit: boolean): 'idle' | 'kept' | 'lost' {
    if (this.#underWay === undefined) {
      this.#heard = new Map(this.#known);
      return 'idle';
    }
    if (keepsCommit) this.sync();
    this.#underWay = undefined;
    this.#heard = new Map(this.#known);
    return keepsCommit ? 'kept' : 'lost';
  }

  /** All of it is gone. */
  lose(): void {
    this.#replaced.length = 0;
    this.#slots.clear();
  }

  /** Goes back to what was durable after the commit of that number. */
  forget(commits: number): void {
    while (this.commits > commits) {
      for (const [key, slot] of this.#replaced.pop() ?? []) {
        if (slot === undefined) this.#slots.delete(key);
        else this.#slots.set(key, slot);
      }
    }
  }
}
