// Opens an acceptor's SQLite file so that a commit is durable when it says so, or refuses. Leaves reading and
// writing of slots to sqlite-store.
//
// A process that was killed may have written a transaction that it never synced; it lies in the WAL as if it
// were committed. So an open moves the whole WAL into the file and syncs that, before a slot is read: no
// reply can show what a power cut would still take back (A3).

import { dirname } from 'node:path';
import { createDirectory } from './directory.ts';
import { trackFreePages, writeAnew } from './free-pages.ts';
import { migrate } from './migrations.ts';
import type { KeyHash } from './row-index.ts';
import { type IndexedRows, indexRows } from './row-scan.ts';
import {
  COMMIT_SLOTS,
  createSchema,
  FORMAT_VERSION,
  inspectFile,
  LOAD_KEYS,
  LOAD_SLOTS,
  type Owner,
  REMOVE_SLOTS,
  readStoreId,
} from './schema.ts';
import { openSqlite, type SqliteConnection, type SqliteStatement } from './sqlite.ts';
import { sqliteFailure } from './sqlite-failure.ts';
import { StoreError } from './store.ts';

/** Long enough for a predecessor that is just closing the file, short enough for a start that must fail. */
const LOCK_WAIT_MS = 200;

/**
 * Pages in the WAL after which a commit itself moves them into the file, before it is acknowledged. The store does that
 * sooner and after the acknowledgement (sqlite-store); this is for a store that has no time to. Measured
 * 2026-11-24 on a 2-core VM, commits of 64 random keys among a million, values of 130 bytes: with 1000
 * pages a move takes 15 ms, with 4000 52 ms, with 8000 91 ms, and the CPU time for 1,000 rows is the same.
 */
const WAL_PAGES_MAX = 4000;

/** What durability rests on: how it is asked for, and what SQLite must say when asked back. */
const SETTINGS: readonly {
  readonly name: string;
  readonly value: string;
  readonly granted: string | number;
}[] = [
  { name: 'locking_mode', value: 'EXCLUSIVE', granted: 'exclusive' },
  { name: 'journal_mode', value: 'WAL', granted: 'wal' },
  { name: 'synchronous', value: 'FULL', granted: 2 },
  // Without it, fsync on macOS does not reach the platter; other systems ignore it.
  { name: 'fullfsync', value: 'ON', granted: 1 },
];

interface TakenOver {
  readonly storeId: string;
  /** The format that the file had before; undefined when it had today's. */
  readonly migratedFrom: number | undefined;
}

export interface SqliteFile extends TakenOver {
  readonly connection: SqliteConnection;
  readonly indexed: IndexedRows;
  /** Compiled. */
  readonly commit: SqliteStatement;
  readonly remove: SqliteStatement;
  readonly load: SqliteStatement;
  readonly loadKeys: SqliteStatement;
  readonly checkpoint: SqliteStatement;
}

/** @throws StoreError any code; the file is closed again, and a foreign or newer one has not been written to. */
export async function openDurably(owner: Owner, cacheBytesMax: number, hash?: KeyHash): Promise<SqliteFile> {
  const what = `Cannot open '${owner.path}'`;
  try {
    await createDirectory(dirname(owner.path));
    const connection = await openSqlite(owner.path);
    try {
      const takenOver = await takeOver(connection, owner, cacheBytesMax);
      const commit = await connection.prepare(COMMIT_SLOTS);
      const remove = await connection.prepare(REMOVE_SLOTS);
      const load = await connection.prepare(LOAD_SLOTS);
      const loadKeys = await connection.prepare(LOAD_KEYS);
      const indexed = await indexRows(connection, takenOver.storeId, loadKeys, hash);
      const checkpoint = await connection.prepare('PRAGMA wal_checkpoint(PASSIVE)');
      return { connection, ...takenOver, indexed, commit, remove, load, loadKeys, checkpoint };
    } catch (error) {
      await connection.close();
      throw error;
    }
  } catch (error) {
    throw sqliteFailure(what, error);
  }
}

async function takeOver(
  connection: SqliteConnection,
  owner: Owner,
  cacheBytesMax: number,
): Promise<TakenOver> {
  // Exclusive before the first read, so that the lock is taken by it and the WAL's index needs no shared file.
  await connection.exec(`
    PRAGMA busy_timeout = ${LOCK_WAIT_MS};
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = ${-Math.ceil(cacheBytesMax / 1024)};
    PRAGMA wal_autocheckpoint = ${WAL_PAGES_MAX};`);
  const found = await inspectFile(connection, owner.path);
  // Before anything is in it: said of a file that has something it would be a write, into a foreign one, too. It costs nothing
  // (measured 2026-11-29, 2-core VM, commits of 64 random keys of 130 bytes: 14 ms of CPU for 1,000 rows with and without it).
  if (found === undefined) await connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
  await grantSettings(connection, owner.path);

  // Before anything is written anew, too: what is hidden would not be copied, and its traces would be gone.
  if (found !== undefined && found < FORMAT_VERSION) await checkIntegrity(connection, owner.path);
  // Even without a change: it shows now, not at the first commit, that the file can be written.
  await connection.exec('BEGIN IMMEDIATE');
  if (found === undefined) await createSchema(connection, owner);
  else if (found < FORMAT_VERSION) await migrate(connection, owner.path, found);
  const storeId = await readStoreId(connection, owner);
  await connection.exec('COMMIT');
  // Without space for that it stays as it is: its pages are used again, and never given back.
  if (found === undefined) await trackFreePages(connection).catch(ignoreFull);
  else if (found < FORMAT_VERSION) await writeAnew(connection).catch(ignoreFull);
  await syncWhatWasRecovered(connection, owner.path);
  if (found !== undefined) await checkIntegrity(connection, owner.path);
  return { storeId, migratedFrom: found === FORMAT_VERSION ? undefined : found };
}

function ignoreFull(error: unknown): void {
  if (sqliteFailure('Cannot rewrite it', error).code !== 'full') throw error;
}

async function grantSettings(connection: SqliteConnection, path: string): Promise<void> {
  for (const { name, value } of SETTINGS) await connection.exec(`PRAGMA ${name} = ${value}`);
  for (const { name, value, granted } of SETTINGS) {
    const [row] = await connection.all(`PRAGMA ${name}`);
    const got = row?.[name];
    if (got === granted) continue;
    throw new StoreError('not_durable', `Cannot open '${path}': ${name} was set to ${value} and is '${got}'`);
  }
}

/**
 * At every open, also after a clean close: a bit that flipped between the pages of the table hides rows, and says
 * nothing.
 */
async function checkIntegrity(connection: SqliteConnection, path: string): Promise<void> {
  const [row] = await connection.all('PRAGMA integrity_check(1)');
  if (row?.integrity_check === 'ok') return;
  throw new StoreError('corrupt', `Cannot open '${path}': ${String(row?.integrity_check)}`);
}

async function syncWhatWasRecovered(connection: SqliteConnection, path: string): Promise<void> {
  const [row] = await connection.all('PRAGMA wal_checkpoint(TRUNCATE)');
  if (row?.busy === 0) return;
  throw new StoreError('not_durable', `Cannot open '${path}': its WAL could not be moved into it`);
}
