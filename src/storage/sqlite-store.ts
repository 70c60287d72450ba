// A Store in one SQLite file. Owns the order of the calls and what a failure means for those that follow; how
// the file is opened is sqlite-open's, what it holds is schema's, the bytes of one slot are slot-record's.

import { isEmpty, type Slot } from '../protocol/acceptor.ts';
import { giveBack, PAGES_A_STEP } from './free-pages.ts';
import { keyOfRow, rowKeyOf, rowKeysOf } from './row-key.ts';
import { decodeSlot, recordBytes, writeSlot } from './slot-record.ts';
import type { SqliteRow } from './sqlite.ts';
import { sqliteFailure } from './sqlite-failure.ts';
import { openDurably, type SqliteFile } from './sqlite-open.ts';
import { type Store, StoreError } from './store.ts';

/** Rows after which the WAL is moved into the file: each takes about a page of it. */
const ROWS_PER_CHECKPOINT = 1000;

/**
 * Holds the upper pages of the index, and the index of some hundred thousand slots. The rest is in the system's cache. Measured 2026-11-29
 * on a 2-core VM, a million registers of 100 bytes, commits of 64 random rows, loads of 16: with 8, 16 and 32 MiB the same within the noise.
 */
const CACHE_BYTES_MAX = 16 * 1024 * 1024;

/** Between the end of a commit that removed rows and the first look at what it left. */
const SHRINK_MS = 100;

/** Behind a key, it comes after that key and before every longer one. */
const BEFORE_ALL = '\u0001';

interface SqliteStoreOptions {
  readonly path: string;
  /** Whose file it must be; a new file becomes theirs. */
  readonly cluster: string;
  readonly acceptor: string;
  /** Memory for pages of the file; 16 MiB by default. */
  readonly cacheBytesMax?: number;
}

/**
 * Opens the acceptor's file, or creates it with the directories above it. It stays locked until it is closed.
 * @throws StoreError `locked`, `foreign`, `newer_format`, `older_format`, `not_durable`, `corrupt` or `io`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const file = await openDurably(options, options.cacheBytesMax ?? CACHE_BYTES_MAX);
  return new SqliteStore(options.path, file);
}

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #file: SqliteFile;
  /** Settles when the call before the next one is through; never rejects. Its length is the caller's to bound. */
  #before: Promise<unknown> = Promise.resolve();
  /** The first failure of the file. It is the answer to every later call: a failed sync is never retried (S4). */
  #failure: StoreError | undefined;
  #rowsInWal = 0;
  #shrinkTimer: NodeJS.Timeout | undefined;

  constructor(path: string, file: SqliteFile) {
    this.#path = path;
    this.#file = file;
  }

  /** 128 random bits in hex, minted when the file was created (S3). */
  get storeId(): string {
    return this.#file.storeId;
  }

  /** The format that the file had when it was opened, if that was an earlier one than it has now. */
  get migratedFrom(): number | undefined {
    return this.#file.migratedFrom;
  }

  async load(keys: readonly string[]): Promise<ReadonlyMap<string, Slot>> {
    const wanted = JSON.stringify(keys.map(rowKeyOf));
    const rows = await this.#inTurn('read', () => this.#file.load.all([wanted]));
    const found = new Map<string, Slot>();
    for (const row of rows) {
      const { key, slot } = checkedRow(row, this.#path);
      found.set(key, decodeSlot({ storeId: this.storeId, key }, slot));
    }
    return found;
  }

  async keysOf(partition: number, max: number): Promise<readonly string[] | undefined> {
    const [from, to] = rowKeysOf(partition);
    const keys = await this.#keysBetween(from, to, max + 1);
    return keys.length > max ? undefined : keys;
  }

  async keysAfter(partition: number, after: string, max: number): Promise<readonly string[]> {
    const [from, to] = rowKeysOf(partition);
    return this.#keysBetween(from + after + BEFORE_ALL, to, max);
  }

  async #keysBetween(from: string, to: string, max: number): Promise<readonly string[]> {
    const rows = await this.#inTurn('read', () => this.#file.keysOf.all([from, to, String(max)]));
    return rows.map(row => keyOfRow(String(row.key)));
  }

  async commit(slots: ReadonlyMap<string, Slot>): Promise<void> {
    const { entries, records, removed } = packSlots(slots, this.storeId);
    await this.#inTurn('write', () =>
      removed.length === 0
        ? this.#file.commit.run([entries, records])
        : this.#exchange([entries, records], removed),
    );
    this.#rowsInWal += slots.size;
    if (this.#rowsInWal >= ROWS_PER_CHECKPOINT) this.#checkpoint();
    if (removed.length > 0) this.#shrinkLater();
  }

  /** Rows come and others go, in one transaction. */
  async #exchange(values: [string, Buffer], removed: readonly string[]): Promise<void> {
    const { connection, commit, remove } = this.#file;
    await connection.exec('BEGIN IMMEDIATE');
    try {
      await commit.run(values);
      await remove.run([JSON.stringify(removed)]);
      await connection.exec('COMMIT');
    } catch (error) {
      await rollBack(connection);
      throw error;
    }
  }

  #shrinkLater(afterMs = SHRINK_MS): void {
    if (this.#failure !== undefined || this.#shrinkTimer !== undefined) return;
    this.#shrinkTimer = setTimeout(() => {
      this.#shrinkTimer = undefined;
      // A failure is the answer to the next call; without space there is another time.
      this.#shrink().catch(() => undefined);
    }, afterMs).unref();
  }

  /** Gives some of the pages that collected registers left back to the file system, and rests for as long as that took. */
  async #shrink(): Promise<void> {
    const sinceMs = performance.now();
    const left = await this.#inTurn('write', () => giveBack(this.#file.connection));
    this.#rowsInWal += PAGES_A_STEP;
    if (this.#rowsInWal >= ROWS_PER_CHECKPOINT) this.#checkpoint();
    if (left) this.#shrinkLater(performance.now() - sinceMs);
  }

  /** Moves the WAL into the file, after what waits for the commit was told, and before the next call. */
  #checkpoint(): void {
    this.#rowsInWal = 0;
    this.#inTurn('write', () => this.#file.checkpoint.all([])).catch(() => {
      // The failure is the answer to the next call; without space in the file the WAL goes on to grow.
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#shrinkTimer);
    await this.#before;
    this.#failure ??= new StoreError('io', `Cannot use '${this.#path}': it was closed`);
    await this.#file.connection.close();
  }

  /** One call at a time and in order: SQLite runs statements that overlap in any order, each on a thread. */
  #inTurn<Result>(verb: string, work: () => Promise<Result>): Promise<Result> {
    const result = this.#before.then(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        return await work();
      } catch (error) {
        const failure = sqliteFailure(`Cannot ${verb} '${this.#path}'`, error);
        // A full disk took nothing: SQLite has rolled the transaction back, and goes on once there is space.
        if (failure.code !== 'full') this.#failure = failure;
        throw failure;
      }
    });
    this.#before = result.catch(() => undefined);
    return result;
  }
}

/** A transaction that stayed open would take later commits in, which would be told and never be durable (A3). */
async function rollBack(connection: SqliteFile['connection']): Promise<void> {
  await connection.exec('ROLLBACK').catch(error => {
    // SQLite has done so already, as when the disk is full.
    if (/no transaction is active/.test(String(error))) return;
    throw new StoreError('io', `Cannot take a transaction back: ${error}`, { cause: error });
  });
}

/** The two values of COMMIT_SLOTS, and the keys of rows that are to go. */
function packSlots(
  slots: ReadonlyMap<string, Slot>,
  storeId: string,
): { readonly entries: string; readonly records: Buffer; readonly removed: readonly string[] } {
  let bytes = 0;
  const removed: string[] = [];
  for (const slot of slots.values()) bytes += isEmpty(slot) ? 0 : recordBytes(slot);
  const records = Buffer.allocUnsafe(bytes);
  const entries: (readonly [key: string, start: number, length: number])[] = [];
  let at = 0;
  for (const [key, slot] of slots) {
    if (isEmpty(slot)) {
      removed.push(rowKeyOf(key));
      continue;
    }
    const end = writeSlot({ storeId, key }, slot, records, at);
    entries.push([rowKeyOf(key), at + 1, end - at]);
    at = end;
  }
  return { entries: JSON.stringify(entries), records, removed };
}

function checkedRow(row: SqliteRow, path: string): { readonly key: string; readonly slot: Buffer } {
  const { key, slot } = row;
  if (typeof key === 'string' && Buffer.isBuffer(slot)) return { key: keyOfRow(key), slot };
  throw new StoreError(
    'corrupt',
    `Cannot read '${path}': the row of '${keyOfRow(String(key))}' holds no slot`,
  );
}
