// A Store in one SQLite file. Owns the order of the calls, which row is whose (S5), and what a failure means for those that
// follow; how the file is opened is sqlite-open's, what it holds is schema's, the bytes of one slot are slot-record's.

import { isEmpty, type Slot } from '../protocol/acceptor.ts';
import type { Prints } from '../protocol/filter.ts';
import { isKey, partitionOf } from '../protocol/partition.ts';
import { giveBack, PAGES_A_STEP } from './free-pages.ts';
import { type KeyList, KeyLists } from './key-lists.ts';
import { ROWS_NAME, rowsSlot } from './row-count.ts';
import type { KeyHash } from './row-index.ts';
import { slotIn } from './row-scan.ts';
import { Rows } from './rows.ts';
import { recordBytes, writeSlot } from './slot-record.ts';
import { SqliteError, type SqliteRow } from './sqlite.ts';
import { sqliteFailure } from './sqlite-failure.ts';
import { openDurably, type SqliteFile } from './sqlite-open.ts';
import { type Store, StoreError } from './store.ts';
import { WalPages } from './wal-pages.ts';

/**
 * Holds the upper pages of the table, and the slots written last. The rest is in the system's cache. Measured 2026-11-29
 * on a 2-core VM, a million registers of 100 bytes, commits of 64 random rows, loads of 16: with 8, 16 and 32 MiB the same within the noise.
 */
const CACHE_BYTES_MAX = 16 * 1024 * 1024;

const ROWS_RECORD_BYTES = recordBytes(rowsSlot(0));

/** In one to four milliseconds, out of a million rows. */
const KEYS_A_READ = 256;

/** Between the end of a commit that removed rows and the first look at what it left. */
const SHRINK_MS = 100;

interface SqliteStoreOptions {
  readonly path: string;
  /** Whose file it must be; a new file becomes theirs. */
  readonly cluster: string;
  readonly acceptor: string;
  /** Of keys, for where their rows are looked for; that of filters by default. */
  readonly hash?: KeyHash;
}

/**
 * Opens the acceptor's file, or creates it with the directories above it. It stays locked until it is closed.
 * @throws StoreError `locked`, `foreign`, `newer_format`, `older_format`, `not_durable`, `corrupt` or `io`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const file = await openDurably(options, CACHE_BYTES_MAX, options.hash);
  return new SqliteStore(options.path, file);
}

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #file: SqliteFile;
  readonly #rows: Rows;
  readonly #lists = new KeyLists();
  /** Settles when the call before the next one is through; never rejects. Its length is the caller's to bound. */
  #before: Promise<unknown> = Promise.resolve();
  /** The first failure of the file. It is the answer to every later call: a failed sync is never retried (S4). */
  #failure: StoreError | undefined;
  readonly #wal = new WalPages();
  #shrinkTimer: NodeJS.Timeout | undefined;

  constructor(path: string, file: SqliteFile) {
    this.#path = path;
    this.#file = file;
    this.#rows = new Rows(file.indexed, file.loadKeys);
    // What the process before this one, or a migration, had no time to give back.
    this.#shrinkLater();
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
    const wanted = new Set(keys);
    const rows = await this.#inTurn('read', async () => {
      const numbers = this.#rows.candidates([...wanted]);
      return numbers.length === 0 ? [] : this.#rowsAt(numbers);
    });
    const found = new Map<string, Slot>();
    for (const { key, slot } of rows) {
      const name = String(key);
      const record = Buffer.isBuffer(slot) ? slot : undefined;
      // That of another key, too: it may be the damaged one of ours.
      const loaded = slotIn({ key: name, record }, this.storeId);
      if (wanted.has(name)) found.set(name, loaded);
    }
    return found;
  }

  mayHave(key: string): boolean {
    return this.#rows.mayHave(key);
  }

  async #rowsAt(numbers: readonly number[]): Promise<readonly SqliteRow[]> {
    const rows = await this.#file.load.all([JSON.stringify(numbers)]);
    if (rows.length === numbers.length) return rows;
    throw new StoreError('corrupt', `Cannot read '${this.#path}': a row that was written is gone`);
  }

  async printsOf(partition: number, max: number): Promise<Prints | undefined> {
    return this.#inTurn('read', async () => this.#rows.printsOf(partition, max));
  }

  async keysAfter(partition: number, after: string, max: number): Promise<readonly string[]> {
    return this.#lists.with(
      partition,
      list => this.#fill(list, partition),
      list => this.#inTurn('read', async () => list.page(after, max)),
    );
  }

  /** Some at a time, so that commits need not wait for all. */
  async #fill(list: KeyList, partition: number): Promise<void> {
    const numbers = await this.#inTurn('read', async () => this.#rows.ofPartition(partition));
    for (let from = 0; from < numbers.length; from += KEYS_A_READ) {
      const some = JSON.stringify(numbers.slice(from, from + KEYS_A_READ));
      await this.#inTurn('read', async () => {
        for (const { key } of await this.#file.loadKeys.all([some])) list.add(String(key));
      });
    }
  }

  async commit(slots: ReadonlyMap<string, Slot>): Promise<void> {
    const packed = packSlots(slots, this.storeId);
    await this.#inTurn('write', () => this.#write(packed));
    this.#checkpointIfDue();
    if (packed.removed.length > 0) this.#shrinkLater();
  }

  async #write(packed: Packed): Promise<void> {
    // The last one is of how many rows there are then.
    const keys = [...packed.entries.map(({ key }) => key), ROWS_NAME];
    const gone = await this.#rows.find(packed.removed);
    let numbers = this.#rows.guess(keys) ?? (await this.#rows.look(keys));
    try {
      await this.#exchange(packed, numbers, [...gone.values()]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      numbers = await this.#rows.look(keys);
      await this.#exchange(packed, numbers, [...gone.values()]);
    }
    this.#note(packed, numbers, gone);
  }

  /** Rows come and others go, in one transaction. */
  async #exchange(packed: Packed, numbers: readonly number[], gone: readonly number[]): Promise<void> {
    const { connection, commit, remove } = this.#file;
    const places = packed.entries.map(({ key, start, length }, i) => [numbers[i], key, start, length]);
    const added = numbers.slice(0, -1).filter(number => this.#rows.isNew(number)).length;
    if (added !== gone.length) {
      const at = packed.records.length - ROWS_RECORD_BYTES;
      const slot = rowsSlot(this.#rows.count + added - gone.length);
      writeSlot({ storeId: this.storeId, key: ROWS_NAME }, slot, packed.records, at);
      places.push([numbers.at(-1), ROWS_NAME, at + 1, ROWS_RECORD_BYTES]);
    }
    const values = [JSON.stringify(places), packed.records];
    if (gone.length === 0) {
      await commit.run(values);
      return;
    }
    await connection.exec('BEGIN IMMEDIATE');
    try {
      await commit.run(values);
      await remove.run([JSON.stringify(gone)]);
      await connection.exec('COMMIT');
    } catch (error) {
      await rollBack(connection);
      throw error;
    }
  }

  /** What is in the file now. */
  #note({ entries }: Packed, numbers: readonly number[], gone: ReadonlyMap<string, number>): void {
    const written: { readonly number: number; readonly bytes: number }[] = [];
    let added = 0;
    // New numbers are in order.
    for (const [i, { key, length }] of entries.entries()) {
      const number = numbers[i];
      if (number === undefined) throw new RangeError(`Cannot note the row of '${key}': it has no number`);
      written.push({ number, bytes: key.length + length });
      if (!this.#rows.isNew(number)) continue;
      added += 1;
      this.#rows.added(key, number);
      if (isKey(key)) this.#lists.add(partitionOf(key), key);
    }
    const ofCount = numbers.at(-1);
    if (added !== gone.size && ofCount !== undefined && this.#rows.isNew(ofCount))
      this.#rows.added(ROWS_NAME, ofCount);
    for (const [key, number] of gone) {
      this.#rows.removed(key, number);
      if (isKey(key)) this.#lists.remove(partitionOf(key), key);
    }
    this.#wal.turn(written, gone.size);
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
    this.#wal.others(PAGES_A_STEP);
    this.#checkpointIfDue();
    if (left) this.#shrinkLater(performance.now() - sinceMs);
  }

  /** Moves the WAL into the file, after what waits for the commit was told, and before the next call. */
  #checkpointIfDue(): void {
    if (!this.#wal.isDue) return;
    this.#wal.moved();
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

/** A row was another key's. */
function isRefusal(error: unknown): boolean {
  return error instanceof SqliteError && error.code === 'SQLITE_CONSTRAINT';
}

/** Slots as they are written: their records one after another, room for that of how many rows there are, and those that are to go. */
interface Packed {
  /** `start` is 1 for the first byte. */
  readonly entries: readonly { readonly key: string; readonly start: number; readonly length: number }[];
  readonly records: Buffer;
  readonly removed: readonly string[];
}

function packSlots(slots: ReadonlyMap<string, Slot>, storeId: string): Packed {
  let bytes = 0;
  const removed: string[] = [];
  for (const slot of slots.values()) bytes += isEmpty(slot) ? 0 : recordBytes(slot);
  const records = Buffer.allocUnsafe(bytes + ROWS_RECORD_BYTES);
  const entries: Packed['entries'][number][] = [];
  let at = 0;
  for (const [key, slot] of slots) {
    if (isEmpty(slot)) {
      removed.push(key);
      continue;
    }
    const end = writeSlot({ storeId, key }, slot, records, at);
    entries.push({ key, start: at + 1, length: end - at });
    at = end;
  }
  return { entries, records, removed };
}
