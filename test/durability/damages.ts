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

/** So many cases of each kind that has many. */
export function* damages(aged: AgedFiles, count: number, dice: Dice): Generator<Damage> {
  yield* wholeFiles(aged);
  yield* inWal(aged, count, dice);
  yield* inDatabase(aged, count, dice);
}

function* wholeFiles({ old, closed, killed, others }: AgedFiles): Generator<Damage> {
  const whole = (kind: string, files: Files): Damage => ({ kind, intact: killed, files });
  const { database, wal } = killed;
  yield whole('no damage', killed);
  yield { kind: 'no damage', intact: closed, files: closed };
  yield whole('WAL deleted', { database, wal: undefined });
  yield whole("another acceptor's WAL", { database, wal: others.wal });
  yield whole("another acceptor's files", others);
  yield whole('database and WAL deleted', { database: undefined, wal: undefined });
  yield whole('database deleted, WAL kept', { database: undefined, wal });
  yield whole('database emptied', { database: Buffer.alloc(0), wal: undefined });
  yield whole('old copy restored', old);
  yield whole('old database under the newer WAL', { database: old.database, wal });
}

function* inWal({ killed, others }: AgedFiles, count: number, dice: Dice): Generator<Damage> {
  const wal = killed.wal ?? Buffer.alloc(0);
  const damaged = (kind: string, bytes: Buffer): Damage => ({
    kind,
    intact: killed,
    files: { database: killed.database, wal: bytes },
  });
  for (let i = 0; i < count; i++) {
    yield damaged('WAL cut off', wal.subarray(0, Math.floor((i * wal.length) / count)));
    yield damaged('WAL: a bit flipped', flipped(wal, dice.below(wal.length), dice));
    yield damaged('WAL: 4 KiB of zeros', withBlock(wal, dice.below(wal.length), Buffer.alloc(PAGE_BYTES)));
    const from = others.wal ?? wal;
    const at = dice.below(Math.min(wal.length, from.length) / PAGE_BYTES) * PAGE_BYTES;
    yield damaged("WAL: 4 KiB of another's", withBlock(wal, at, from.subarray(at, at + PAGE_BYTES)));
  }
}

function* inDatabase(aged: AgedFiles, count: number, dice: Dice): Generator<Damage> {
  const { closed, old } = aged;
  const database = closed.database ?? Buffer.alloc(0);
  const pages = database.length / PAGE_BYTES;
  const damaged = (kind: string, bytes: Buffer): Damage => ({
    kind,
    intact: closed,
    files: { database: bytes, wal: undefined },
  });
  const page = (): number => dice.below(pages) * PAGE_BYTES;
  const oldest = old.database ?? database;
  for (let i = 0; i < count; i++) {
    yield damaged('database cut off', database.subarray(0, Math.floor((i * database.length) / count)));
    yield damaged('file header: a bit flipped', flipped(database, dice.below(100), dice));
    const row = placeOfRow(database, closed.newest, dice);
    yield damaged(
      'key of a row: a bit flipped',
      flipped(database, row.keyAt + dice.below(row.keyBytes), dice),
    );
    yield damaged('ballots of a row: a bit flipped', flipped(database, row.ballotAt + dice.below(32), dice));
    yield damaged('4 KiB of zeros', withBlock(database, page(), Buffer.alloc(PAGE_BYTES)));
    const moved = page();
    yield damaged(
      '4 KiB at a wrong place',
      withBlock(database, page(), database.subarray(moved, moved + PAGE_BYTES)),
    );
    const at = dice.below(oldest.length / PAGE_BYTES) * PAGE_BYTES;
    const before = oldest.subarray(at, at + PAGE_BYTES);
    if (!before.equals(database.subarray(at, at + PAGE_BYTES)))
      yield damaged('4 KiB rolled back', withBlock(database, at, before));
  }
  for (const [kind, starts] of pagesByKind(database)) {
    for (let i = 0; i < count; i++) {
      const start = dice.pick(starts);
      const header = dice.chance(0.3) ? dice.below(12) : dice.below(PAGE_BYTES);
      yield damaged(`${kind}: a bit flipped`, flipped(database, start + header, dice));
    }
  }
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
  [0x02, 'index, inner page'],
  [0x05, 'table, inner page'],
  [0x0a, 'index, leaf'],
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
