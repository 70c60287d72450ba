// Checks an acceptor's file while the acceptor is stopped: SQLite's own structures, and every row by its checksum (S1).
// Changes nothing in it.

import { type Memory, NO_MEMORY } from '../protocol/memory.ts';
import { isKey } from '../protocol/partition.ts';
import { MEMORY_NAME, memoryOf } from './memory-record.ts';
import { ROWS_NAME, writtenIn } from './row-count.ts';
import { missing, type Row, rowsOf, slotIn } from './row-scan.ts';
import { FORMAT_VERSION, type Identity, inspectFile, readIdentity } from './schema.ts';
import { openSqliteToRead, type SqliteConnection } from './sqlite.ts';
import { sqliteFailure } from './sqlite-failure.ts';
import { StoreError } from './store.ts';

export interface FileReport {
  readonly path: string;
  /** Undefined where the file is too damaged to tell. */
  readonly identity: Identity | undefined;
  readonly memory: Memory;
  readonly rows: number;
  readonly keys: number;
  /** Of them: those with an accepted value. */
  readonly values: number;
  /** Damage, in sentences; none for a file that is whole. At most PROBLEMS_MAX of them. */
  readonly problems: readonly string[];
}

export const PROBLEMS_MAX = 100;

/** Tells how many rows of how many were checked. */
export type OnProgress = (done: number, all: number) => void;

/**
 * Damage is told in the report.
 * @throws StoreError when the file cannot be checked: `io`, `locked`, `foreign`, `newer_format`, `older_format`.
 */
export async function verifyFile(path: string, onProgress: OnProgress): Promise<FileReport> {
  try {
    const connection = await openSqliteToRead(path);
    try {
      const format = await inspectFile(connection, path);
      if (format === undefined) throw new StoreError('foreign', `Cannot check '${path}': it is empty`);
      if (format < FORMAT_VERSION) {
        const why = `it has format ${format}, which its acceptor brings to ${FORMAT_VERSION} at its next start`;
        throw new StoreError('older_format', `Cannot check '${path}': ${why}`);
      }
      return await new Check(connection, path, onProgress).run();
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw sqliteFailure(`Cannot check '${path}'`, error);
  }
}

class Check {
  readonly #connection: SqliteConnection;
  readonly #path: string;
  readonly #onProgress: OnProgress;
  readonly #problems: string[] = [];
  #memory = NO_MEMORY;
  #rows = 0;
  #keys = 0;
  #values = 0;
  /** How many rows there are to be, but for the one that says so. */
  #written: number | undefined;

  constructor(connection: SqliteConnection, path: string, onProgress: OnProgress) {
    this.#connection = connection;
    this.#path = path;
    this.#onProgress = onProgress;
  }

  async run(): Promise<FileReport> {
    await this.#noting(() => this.#checkStructures());
    const identity = await this.#noting(() => readIdentity(this.#connection, this.#path, FORMAT_VERSION));
    if (identity !== undefined) await this.#noting(() => this.#checkRows(identity.storeId));
    await this.#noting(() => this.#checkNames());
    return {
      path: this.#path,
      identity,
      memory: this.#memory,
      rows: this.#rows,
      keys: this.#keys,
      values: this.#values,
      problems: this.#problems,
    };
  }

  async #checkStructures(): Promise<void> {
    for (const row of await this.#connection.all(`PRAGMA integrity_check(${PROBLEMS_MAX})`)) {
      if (row.integrity_check !== 'ok') this.#note(String(row.integrity_check));
    }
  }

  async #checkRows(storeId: string): Promise<void> {
    const [counted] = await this.#connection.all('SELECT count(*) AS rows FROM slots');
    const all = Number(counted?.rows);
    for await (const rows of rowsOf(this.#connection)) {
      for (const row of rows) this.#checkRow(storeId, row);
      this.#onProgress(this.#rows, all);
    }
    const count = this.#rows - (this.#written === undefined ? 0 : 1);
    const written = this.#written ?? 0;
    if (count !== written) this.#noteDamage(missing(written, count));
  }

  #checkRow(storeId: string, row: Row): void {
    const { key } = row;
    this.#rows += 1;
    if (isKey(key)) this.#keys += 1;
    try {
      const slot = slotIn(row, storeId);
      if (slot.value.length > 0 && isKey(key)) this.#values += 1;
      if (key === ROWS_NAME) this.#written = writtenIn(slot);
      if (key === MEMORY_NAME) this.#memory = memoryOf(slot);
    } catch (error) {
      this.#noteDamage(error);
    }
  }

  async #checkNames(): Promise<void> {
    const rows = await this.#connection.all(
      `SELECT key FROM slots GROUP BY key HAVING count(*) > 1 LIMIT ${PROBLEMS_MAX}`,
    );
    for (const { key } of rows) this.#note(`The key '${String(key)}' has several rows`);
  }

  async #noting<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#noteDamage(error);
      return undefined;
    }
  }

  #noteDamage(error: unknown): void {
    const failure = sqliteFailure(`Cannot read '${this.#path}'`, error);
    if (failure.code !== 'corrupt') throw failure;
    this.#note(failure.message);
  }

  #note(problem: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
  }
}
