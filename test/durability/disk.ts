// What a disk may hold after the power was cut at any place of a record. It has what was synced; of what was not,
// it may have all, nothing, or any part.
//
// Bytes are synced by a sync of their file that began after they were written; names, by one of the directory. That
// is all that POSIX promises, and less than most file systems keep.

import { dirname } from 'node:path';
import type { Dice } from '../simulation/dice.ts';
import type { Call } from './calls.ts';

/** A disk writes sectors whole, in any order. */
const SECTOR_BYTES = 512;

export const FATES = ['nothing', 'all', 'a beginning, torn', 'any sectors'] as const;
/** What became of all that was not synced. */
export type Fate = (typeof FATES)[number];

/** A file apart from its name: a name that is removed and created again is another one. */
interface Inode {
  readonly changes: Change[];
}

type Change = { readonly call: Call } & (
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number }
);

interface Naming {
  readonly call: Call;
  readonly inode: Inode | undefined;
}

export class RecordedDisk {
  readonly #calls: readonly Call[];
  readonly #inodes = new Set<Inode>();
  readonly #namings: Naming[] = [];
  readonly #synced = new Map<Call, number>();

  constructor(calls: readonly Call[]) {
    this.#calls = calls;
    this.#readCalls();
  }

  /** The files at `place` by their paths, when that is what became of the rest. */
  at(place: number, fate: Fate, dice: Dice): ReadonlyMap<string, Buffer> {
    const files = new Map<string, Inode>();
    const named = survivors(this.#namings, place, fate, dice, this.#synced);
    for (const { call, inode } of named) {
      if (inode === undefined) files.delete(call.path);
      else files.set(call.path, inode);
    }
    return new Map([...files].map(([path, inode]) => [path, this.#contents(inode, place, fate, dice)]));
  }

  #contents(inode: Inode, place: number, fate: Fate, dice: Dice): Buffer {
    const begun = inode.changes.filter(({ call }) => call.start < place);
    const isSynced = ({ call }: Change): boolean =>
      (this.#synced.get(call) ?? Number.POSITIVE_INFINITY) < place;
    const file = new Contents();
    const pending = begun.filter(change => !isSynced(change));
    for (const change of begun) if (isSynced(change)) file.apply(change);
    switch (fate) {
      case 'nothing':
        break;
      case 'all':
        for (const change of pending) file.apply(change);
        break;
      case 'a beginning, torn': {
        const last = dice.below(pending.length + 1);
        for (const change of pending.slice(0, last)) file.apply(change);
        const torn = pending[last];
        if (torn?.kind === 'write') {
          file.apply({ ...torn, bytes: torn.bytes.subarray(0, dice.below(torn.bytes.length)) });
        }
        break;
      }
      case 'any sectors':
        for (const change of pending)
          for (const part of sectorsOf(change)) if (dice.chance(0.5)) file.apply(part);
    }
    return file.bytes;
  }

  #readCalls(): void {
    const files = new Map<string, Inode>();
    const unsynced = new Map<string | Inode, Call[]>();
    const changed = (what: string | Inode, call: Call): void => {
      unsynced.set(what, [...(unsynced.get(what) ?? []), call]);
    };
    for (const call of this.#calls) {
      const inode = files.get(call.path);
      switch (call.kind) {
        case 'create':
          if (inode === undefined) {
            const created: Inode = { changes: [] };
            this.#inodes.add(created);
            files.set(call.path, created);
            this.#namings.push({ call, inode: created });
            changed(dirname(call.path), call);
          }
          break;
        case 'remove':
          files.delete(call.path);
          this.#namings.push({ call, inode: undefined });
          changed(dirname(call.path), call);
          break;
        case 'write':
        case 'truncate':
          if (inode === undefined) throw new Error(`${call.path} was changed and never created`);
          inode.changes.push({ ...call, call });
          changed(inode, call);
          break;
        case 'sync': {
          const what = inode ?? call.path;
          const waiting = unsynced.get(what) ?? [];
          if (call.end === Number.POSITIVE_INFINITY) break;
          for (const earlier of waiting) if (earlier.end < call.start) this.#synced.set(earlier, call.end);
          unsynced.set(
            what,
            waiting.filter(earlier => earlier.end >= call.start),
          );
          break;
        }
        case 'send':
      }
    }
  }
}

/** Names become durable in the order in which they were changed, as in every file system with a journal. */
function survivors(
  namings: readonly Naming[],
  place: number,
  fate: Fate,
  dice: Dice,
  synced: ReadonlyMap<Call, number>,
): readonly Naming[] {
  const begun = namings.filter(({ call }) => call.start < place);
  const durable = begun.filter(({ call }) => (synced.get(call) ?? Number.POSITIVE_INFINITY) < place).length;
  if (fate === 'nothing') return begun.slice(0, durable);
  if (fate === 'all') return begun;
  return begun.slice(0, durable + dice.below(begun.length - durable + 1));
}

function* sectorsOf(change: Change): Generator<Change> {
  if (change.kind === 'truncate') {
    yield change;
    return;
  }
  const { offset, bytes } = change;
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + SECTOR_BYTES - ((offset + start) % SECTOR_BYTES));
    yield { ...change, offset: offset + start, bytes: bytes.subarray(start, end) };
    start = end;
  }
}

/** The bytes of a file; what nobody wrote is zero. */
class Contents {
  #memory = Buffer.alloc(1 << 16);
  #length = 0;

  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  apply(change: Change): void {
    if (change.kind === 'truncate') this.#resize(change.length);
    else {
      this.#resize(Math.max(this.#length, change.offset + change.bytes.length));
      change.bytes.copy(this.#memory, change.offset);
    }
  }

  #resize(length: number): void {
    if (length > this.#memory.length) {
      const larger = Buffer.alloc(2 * length);
      this.#memory.copy(larger);
      this.#memory = larger;
    }
    this.#memory.fill(0, length, Math.max(length, this.#length));
    this.#length = length;
  }
}
