// Kinds of damage to an acceptor's files, each at as many places as are asked for.

import type { Slot } from '../../src/protocol/acceptor.ts';
import { encodeSlot } from '../../src/storage/slot-record.ts';
import type { Dice } from '../simulation/dice.ts';
import type { AgedFiles, Files, Intact } from './aged-files.ts';
import { PAGE_BYTES } from './page-slots.ts';

export interface Damage {
  /** Rows of the table have these names. */
  readonly kind: string;
  /** What the store held before. */
  readonly intact: Intact;
  readonly files: Files;
}

/** What damage is made of. */
export type Sources = Omit<AgedFiles, 'past'>;

/** A way to damage an acceptor's files. */
export interface FileDamage {
  readonly kind: string;
  /** Which files it is done to: those after a kill, where the newest is in the WAL alone, or after an orderly end. */
  readonly to: 'killed' | 'closed';
  /** There is but one case of it. */
  readonly isWhole: boolean;
  /** `share`, from 0 to below 1, goes through the places in order. Undefined when these files have no such place. */
  readonly files: (aged: Sources, dice: Dice, share: number) => Files | undefined;
}

export const FILE_DAMAGES: readonly FileDamage[] = [
  whole('no damage', ({ killed }) => killed),
  { ...whole('no damage', ({ closed }) => closed), to: 'closed' },
  whole('WAL deleted', ({ killed }) => ({ ...killed, wal: undefined })),
  whole("another acceptor's WAL", ({ killed, others }) => ({ ...killed, wal: others.wal })),
  whole("another acceptor's files", ({ others }) => others),
  whole('database and WAL deleted', () => ({ database: undefined, wal: undefined })),
  whole('database deleted, WAL kept', ({ killed }) => ({ ...killed, database: undefined })),
  whole('database emptied', () => ({ database: Buffer.alloc(0), wal: undefined })),
  whole('old copy restored', ({ old }) => old),
  whole('old database under the newer WAL', ({ old, killed }) => ({ ...killed, database: old.database })),
  inWal('WAL cut off', (wal, _others, _dice, share) => wal.subarray(0, Math.floor(share * wal.length))),
  inWal('WAL: a bit flipped', (wal, _others, dice) => flipped(wal, dice.below(wal.length), dice)),
  inWal('WAL: 4 KiB of zeros', (wal, _others, dice) =>
    withBlock(wal, dice.below(wal.length), Buffer.alloc(PAGE_BYTES)),
  ),
  inWal("WAL: 4 KiB of another's", (wal, others, dice) => {
    const at = pageIn(wal.length < others.length ? wal : others, dice);
    return withBlock(wal, at, others.subarray(at, at + PAGE_BYTES));
  }),
  inDatabase('database cut off', (database, _aged, _dice, share) =>
    database.subarray(0, Math.floor(share * database.length)),
  ),
  inDatabase('file header: a bit flipped', (database, _aged, dice) =>
    flipped(database, dice.below(100), dice),
  ),
  inDatabase('key of a row: a bit flipped', (database, { closed }, dice) => {
    const { keyAt, keyBytes } = placeOfRow(database, closed.newest, dice);
    return flipped(database, keyAt + dice.below(keyBytes), dice);
  }),
  inDatabase('ballots of a row: a bit flipped', (database, { closed }, dice) => {
    const { ballotAt } = placeOfRow(database, closed.newest, dice);
    return flipped(database, ballotAt + dice.below(32), dice);
  }),
  inDatabase('4 KiB of zeros', (database, _aged, dice) =>
    withBlock(database, pageIn(database, dice), Buffer.alloc(PAGE_BYTES)),
  ),
  inDatabase('4 KiB at a wrong place', (database, _aged, dice) => {
    const moved = pageIn(database, dice);
    return withBlock(database, pageIn(database, dice), database.subarray(moved, moved + PAGE_BYTES));
  }),
  inDatabase('4 KiB rolled back', (database, { old }, dice) => {
    const oldest = old.database ?? database;
    const at = pageIn(oldest, dice);
    const before = oldest.subarray(at, at + PAGE_BYTES);
    return before.equals(database.subarray(at, at + PAGE_BYTES))
      ? undefined
      : withBlock(database, at, before);
  }),
  ...['rows of the owner', 'table, inner page', 'table, leaf', 'free or overflow page'].map(page =>
    inDatabase(`${page}: a bit flipped`, (database, _aged, dice) => {
      const starts = pagesByKind(database).get(page);
      if (starts === undefined) return undefined;
      const within = dice.chance(0.3) ? dice.below(12) : dice.below(PAGE_BYTES);
      return flipped(database, dice.pick(starts) + within, dice);
    }),
  ),
];

/** So many cases of each kind that has many. */
export function* damages(aged: Sources, count: number, dice: Dice): Generator<Damage> {
  for (const { kind, to, isWhole, files } of FILE_DAMAGES) {
    const cases = isWhole ? 1 : count;
    for (let i = 0; i < cases; i++) {
      const damaged = files(aged, dice, i / cases);
      if (damaged !== undefined) yield { kind, intact: aged[to], files: damaged };
    }
  }
}

function whole(kind: string, files: (aged: Sources) => Files): FileDamage {
  return { kind, to: 'killed', isWhole: true, files };
}

function inWal(
  kind: string,
  bytes: (wal: Buffer, others: Buffer, dice: Dice, share: number) => Buffer,
): FileDamage {
  return {
    kind,
    to: 'killed',
    isWhole: false,
    files: ({ killed, others }, dice, share) => {
      const wal = killed.wal ?? Buffer.alloc(0);
      return { ...killed, wal: bytes(wal, others.wal ?? wal, dice, share) };
    },
  };
}

function inDatabase(
  kind: string,
  bytes: (database: Buffer, aged: Sources, dice: Dice, share: number) => Buffer | undefined,
): FileDamage {
  return {
    kind,
    to: 'closed',
    isWhole: false,
    files: (aged, dice, share) => {
      const database = bytes(aged.closed.database ?? Buffer.alloc(0), aged, dice, share);
      return database === undefined ? undefined : { database, wal: undefined };
    },
  };
}

/** Where some page begins. */
function pageIn(bytes: Buffer, dice: Dice): number {
  return dice.below(Math.max(1, Math.floor(bytes.length / PAGE_BYTES))) * PAGE_BYTES;
}

function flipped(bytes: Buffer, at: number, dice: Dice): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << dice.below(8)), at);
  return copy;
}

function withBlock(bytes: Buffer, at: number, block: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  block.copy(copy, at);
  return copy;
}

/** Where the file has some key beside its slot. */
function placeOfRow(
  database: Buffer,
  newest: ReadonlyMap<string, Slot>,
  dice: Dice,
): { readonly keyAt: number; readonly keyBytes: number; readonly ballotAt: number } {
  for (;;) {
    const [key, slot] = dice.pick([...newest]);
    // Behind the version and the checksum, which is of the store.
    const record = encodeSlot({ storeId: '', key }, slot).subarray(5, 40);
    const ballotAt = database.indexOf(record);
    // A row that moved has left its bytes where it was.
    if (ballotAt < 0 || database.includes(record, ballotAt + 1)) continue;
    return { keyAt: ballotAt - 5 - key.length, keyBytes: key.length, ballotAt };
  }
}

const PAGE_KINDS = new Map([
  [0x05, 'table, inner page'],
  [0x0a, 'rows of the owner'],
  [0x0d, 'table, leaf'],
]);

function pagesByKind(database: Buffer): ReadonlyMap<string, readonly number[]> {
  const starts = new Map<string, number[]>();
  for (let at = PAGE_BYTES; at < database.length; at += PAGE_BYTES) {
    const kind = PAGE_KINDS.get(database.readUInt8(at)) ?? 'free or overflow page';
    starts.set(kind, [...(starts.get(kind) ?? []), at]);
  }
  return starts;
}
