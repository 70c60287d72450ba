// How the file of an earlier version becomes one of today's format: a list of steps that is only ever added to, since
// files of every age may turn up. A step is written against the format that it leads to, and changed by nobody later.

import { MEMORY_NAME } from './memory-record.ts';
import { ROWS_NAME, rowsSlot } from './row-count.ts';
import { FORMAT_VERSION, type Identity, readIdentity, writeFormat } from './schema.ts';
import { decodeSlot, encodeSlot } from './slot-record.ts';
import type { SqliteConnection } from './sqlite.ts';
import { StoreError } from './store.ts';

/**
 * By the format that it starts from, which it brings to the next one. From 4 to 5 nothing changes but what floors may hold:
 * what is left of collected registers, which an older program would not show (D3).
 */
const MIGRATIONS: Readonly<
  Record<number, (connection: SqliteConnection, identity: Identity) => Promise<void>>
> = {
  3: rememberEpoch,
  4: async () => {},
  5: numberRows,
};

/**
 * Brings the file to today's format; whole or not at all, inside the caller's transaction.
 * @throws StoreError `corrupt` when what a step reads is damaged.
 */
export async function migrate(connection: SqliteConnection, path: string, from: number): Promise<void> {
  const identity = await readIdentity(connection, path, from);
  for (let format = from; format < FORMAT_VERSION; format++) {
    const step = MIGRATIONS[format];
    if (step === undefined) throw new StoreError('older_format', `Cannot migrate '${path}' from ${format}`);
    await step(connection, identity);
  }
  await writeFormat(connection, identity);
}

/** 3 to 4 (C2): members that were never changed are those of the first epoch. */
async function rememberEpoch(connection: SqliteConnection, { storeId }: Identity): Promise<void> {
  const place = { storeId, key: MEMORY_NAME };
  const [row] = await connection.all(`SELECT slot FROM slots WHERE key = '${MEMORY_NAME}'`);
  if (row === undefined) return;
  if (!Buffer.isBuffer(row.slot)) throw new StoreError('corrupt', 'The row of the memory holds no slot');
  const slot = decodeSlot(place, row.slot);
  const memory: Readonly<Record<string, unknown>> = JSON.parse(Buffer.from(slot.value).toString());
  // The last builds of format 3 had both already.
  const value = Buffer.from(JSON.stringify({ epoch: 1, joint: null, ...memory }));
  const update = await connection.prepare('UPDATE slots SET slot = ?1 WHERE key = ?2');
  await update.run([encodeSlot(place, { ...slot, value }), MEMORY_NAME]);
}

/**
 * 5 to 6 (S5): no index of keys any more, and so no partition before them that kept those of one together there. Names that begin
 * with '#' are no keys and had none. The rows stay in the order in which they came.
 */
async function numberRows(connection: SqliteConnection, { storeId }: Identity): Promise<void> {
  await connection.exec(`
    CREATE TABLE numbered(number INTEGER PRIMARY KEY, key TEXT NOT NULL, slot BLOB NOT NULL);
    INSERT INTO numbered(key, slot)
    SELECT CASE WHEN key LIKE '#%' THEN key ELSE substr(key, 3) END, slot FROM slots ORDER BY rowid;
    DROP TABLE slots;
    ALTER TABLE numbered RENAME TO slots;`);
  const [counted] = await connection.all('SELECT count(*) AS rows FROM slots');
  const count = Number(counted?.rows);
  if (count === 0) return;
  const insert = await connection.prepare('INSERT INTO slots(key, slot) VALUES (?1, ?2)');
  await insert.run([ROWS_NAME, encodeSlot({ storeId, key: ROWS_NAME }, rowsSlot(count))]);
}
