// What is in an acceptor's SQLite file, and whose file it is. Owns the tables, the statements that move
// slots and the identity check (S3); how the file is opened and kept durable is sqlite-open's.

import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { SqliteConnection } from './sqlite.ts';
import { StoreError } from './store.ts';

/** Marks the file as one of ours: 'Syno' in ASCII, where `file` and SQLite look for it. */
const APPLICATION_ID = 0x53796e6f;
/** What is written. A higher one comes with a migration that leads to it (migrations.ts). */
export const FORMAT_VERSION = 6;
/** Of those that can be migrated. 1 had keys without their partition, 2 no commit numbers (S2); neither was released. */
const FORMAT_VERSION_MIN = 3;

/**
 * Rows lie in the order in which their keys came, and nothing in the file tells where: that is in memory (row-index.ts). Measured
 * 2026-11-30 on a 2-core VM against an index of keys in the file, CPU for a row of 110 bytes: 9 µs instead of 21 for new keys, 120
 * a transaction, 6.0 instead of 6.7 for 120 of 1,200 keys, 26 instead of 30 for 64 random ones of 200,000.
 * Two columns beside the number: with seven, more pages of the WAL are touched.
 */
const CREATE = `
  CREATE TABLE slots(number INTEGER PRIMARY KEY, key TEXT NOT NULL, slot BLOB NOT NULL);
  CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT_VERSION};`;

/**
 * Writes any number of slots in one statement, so in one transaction and one trip to the driver's thread.
 * ?1 is a JSON array of [number, key, start, length], ?2 the records those point into, one after another; the first
 * byte is number 1. A row of another key is not overwritten: that is refused, and with it the whole statement (S5).
 * Measured 2026-11-30 on a 2-core VM, CPU for a turn of 3, 30 and 120 updates without a disk: 44, 67 and 155 µs; 44, 80 and 210 with json_each, whose
 * entries are parsed once for each of their parts, and 46, 109 and 360 with `VALUES (?,?,?),…` prepared for every row count. Here
 * there are no statements to cache and no transaction that could be left half done.
 */
export const COMMIT_SLOTS = `
  INSERT INTO slots(number, key, slot)
  SELECT entry.value ->> 0, entry.value ->> 1, substr(?2, entry.value ->> 2, entry.value ->> 3)
  FROM jsonb_each(?1) AS entry WHERE true
  ON CONFLICT(number) DO UPDATE SET slot = CASE WHEN key = excluded.key THEN excluded.slot END`;

/** Removes any number of rows; ?1 is a JSON array of their numbers. */
export const REMOVE_SLOTS = 'DELETE FROM slots WHERE number IN (SELECT value FROM json_each(?1))';

/** Reads any number of rows; ?1 is a JSON array of their numbers. CROSS JOIN keeps SQLite from scanning the slots. */
export const LOAD_SLOTS = `
  SELECT slots.key, slots.slot FROM json_each(?1) AS wanted CROSS JOIN slots ON slots.number = wanted.value`;

/** The same without what is in them. */
export const LOAD_KEYS = `
  SELECT slots.number, slots.key FROM json_each(?1) AS wanted CROSS JOIN slots ON slots.number = wanted.value`;

/**
 * The rows as they lie in the file, above number ?1 and at most ?2 of them, packed into one: `places` is a JSON array of
 * [number, key, length, whether it is a record], `records` has what they hold, one behind another.
 */
export const ROWS_AFTER = `
  SELECT
    json_group_array(json_array(number, CAST(key AS TEXT), length(CAST(slot AS BLOB)), typeof(key) = 'text' AND typeof(slot) = 'blob')) AS places,
    CAST(group_concat(slot, '') AS BLOB) AS records
  FROM (SELECT number, key, slot FROM slots WHERE number > ?1 ORDER BY number LIMIT ?2)`;

/** Whose file it must be. */
export interface Owner {
  readonly path: string;
  readonly cluster: string;
  readonly acceptor: string;
}

/**
 * Tells by the header, before anything is written, whether the file may be used.
 * @returns its format; undefined for a new file.
 * @throws StoreError `foreign` for another program's database, `newer_format` for a later version's, `older_format`
 * for one that cannot be migrated.
 */
export async function inspectFile(connection: SqliteConnection, path: string): Promise<number | undefined> {
  const [header] = await connection.all(`
    SELECT application_id AS application, user_version AS format, (SELECT count(*) FROM sqlite_schema) AS objects
    FROM pragma_application_id, pragma_user_version`);
  const { application, format, objects } = header ?? {};
  if (application === 0 && format === 0 && objects === 0) return undefined;
  if (application !== APPLICATION_ID || typeof format !== 'number') {
    throw new StoreError('foreign', `Cannot open '${path}': it is not the file of an acceptor`);
  }
  if (format > FORMAT_VERSION) {
    const why = `it has format ${format}, and this version reads up to ${FORMAT_VERSION}`;
    throw new StoreError('newer_format', `Cannot open '${path}': ${why}`);
  }
  if (format < FORMAT_VERSION_MIN) {
    const why = `it has format ${format} of a version before the first release, and this one reads from ${FORMAT_VERSION_MIN} on`;
    throw new StoreError('older_format', `Cannot open '${path}': ${why}`);
  }
  return format;
}

/** Makes an empty file the owner's, with a new store id; whole or not at all, inside the caller's transaction. */
export async function createSchema(connection: SqliteConnection, owner: Owner): Promise<void> {
  const storeId = randomBytes(16).toString('hex');
  const { cluster, acceptor } = owner;
  const meta = {
    format: FORMAT_VERSION,
    cluster,
    acceptor,
    store: storeId,
    crc: metaChecksum(FORMAT_VERSION, { cluster, acceptor, storeId }),
  };
  await connection.exec(CREATE);
  const insert = await connection.prepare(
    'INSERT INTO meta(name, value) SELECT key, value FROM json_each(?1)',
  );
  await insert.run([JSON.stringify(meta)]);
}

/** What a file says of itself. */
export interface Identity {
  readonly cluster: string;
  readonly acceptor: string;
  /** Minted when the file was created: a file that was lost and made anew has another one (S3). */
  readonly storeId: string;
}

/** @throws StoreError `corrupt` when the meta rows of a file of that format are damaged. */
export async function readIdentity(
  connection: SqliteConnection,
  path: string,
  format: number,
): Promise<Identity> {
  const meta = new Map<unknown, unknown>();
  for (const row of await connection.all('SELECT name, value FROM meta')) meta.set(row.name, row.value);
  const cluster = meta.get('cluster');
  const acceptor = meta.get('acceptor');
  const storeId = meta.get('store');
  if (
    typeof cluster !== 'string' ||
    typeof acceptor !== 'string' ||
    typeof storeId !== 'string' ||
    meta.get('format') !== format ||
    meta.get('crc') !== metaChecksum(format, { cluster, acceptor, storeId })
  ) {
    throw new StoreError('corrupt', `Cannot open '${path}': what it says of its owner is damaged`);
  }
  return { cluster, acceptor, storeId };
}

/**
 * The store id of the owner's file.
 * @throws StoreError `foreign` when the file is another acceptor's, `corrupt` when its meta rows are damaged.
 */
export async function readStoreId(connection: SqliteConnection, owner: Owner): Promise<string> {
  const { cluster, acceptor, storeId } = await readIdentity(connection, owner.path, FORMAT_VERSION);
  if (cluster !== owner.cluster || acceptor !== owner.acceptor) {
    const whose = `acceptor '${acceptor}' of cluster '${cluster}'`;
    throw new StoreError('foreign', `Cannot open '${owner.path}': it belongs to ${whose}`);
  }
  return storeId;
}

/** What the header and the meta rows say once all else is of today's format. */
export async function writeFormat(connection: SqliteConnection, identity: Identity): Promise<void> {
  const update = await connection.prepare(
    'UPDATE meta SET value = written.value FROM json_each(?1) AS written WHERE name = written.key',
  );
  const crc = metaChecksum(FORMAT_VERSION, identity);
  await update.run([JSON.stringify({ format: FORMAT_VERSION, crc })]);
  await connection.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
}

function metaChecksum(format: number, { cluster, acceptor, storeId }: Identity): number {
  return crc32(JSON.stringify([format, cluster, acceptor, storeId]));
}
