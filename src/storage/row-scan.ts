// Goes through all rows of an acceptor's file, as they lie in it, and checks each (S1).

import type { Slot } from '../protocol/acceptor.ts';
import { ROWS_NAME, writtenIn } from './row-count.ts';
import { type KeyHash, RowIndex } from './row-index.ts';
import { ROWS_AFTER } from './schema.ts';
import { decodeSlot } from './slot-record.ts';
import type { SqliteConnection, SqliteRow, SqliteStatement } from './sqlite.ts';
import { StoreError } from './store.ts';

/** Rows that are read at once: as many as have about so many bytes, as far as those before tell. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;
const ROWS_AT_FIRST = 16;
const ROWS_AT_ONCE_MAX = 500;
/** Before every number that a row can have. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/** A row as it lies in the file; no checksum has been looked at. */
export interface Row {
  readonly number: number;
  readonly key: string;
  /** Undefined for one that is no record. */
  readonly record: Buffer | undefined;
}

/** @throws StoreError `corrupt` when what is there are no rows of ours. */
export async function* rowsOf(connection: SqliteConnection): AsyncGenerator<readonly Row[]> {
  const page = await connection.prepare(ROWS_AFTER);
  let max = ROWS_AT_FIRST;
  for (let last = BEFORE_ALL; ; ) {
    const [row = {}] = await page.all([String(last), String(max)]);
    const rows = unpacked(row);
    if (rows.length > 0) yield rows;
    if (rows.length < max) return;
    last = rows.at(-1)?.number ?? last;
    const bytes = Buffer.isBuffer(row.records) ? row.records.length : 0;
    max = Math.min(ROWS_AT_ONCE_MAX, 1 + Math.floor((max * BYTES_AT_ONCE) / (bytes + 1)));
  }
}

/** What ROWS_AFTER packs into one row: to be given a thousand of them takes four times as long. */
function unpacked({ places, records }: SqliteRow): readonly Row[] {
  const bytes = Buffer.isBuffer(records) ? records : Buffer.alloc(0);
  let end = 0;
  return placesIn(places).map(([number, key, length, isRecord]) => {
    const start = end;
    end += length;
    return { number, key, record: isRecord ? bytes.subarray(start, end) : undefined };
  });
}

function placesIn(
  json: unknown,
): readonly (readonly [number: number, key: string, length: number, isRecord: number])[] {
  try {
    return JSON.parse(String(json));
  } catch (cause) {
    throw new StoreError('corrupt', 'Cannot load the rows: a key among them is damaged', { cause });
  }
}

/** @throws StoreError `corrupt` when the row is not what was written for the store. */
export function slotIn({ key, record }: Pick<Row, 'key' | 'record'>, storeId: string): Slot {
  if (record !== undefined) return decodeSlot({ storeId, key }, record);
  throw new StoreError('corrupt', `Cannot load '${key}': its row does not hold a key and a slot`);
}

export interface IndexedRows {
  readonly index: RowIndex;
  /** No row has a higher number. */
  readonly last: number;
  /** How many there are, but for the one that says so. */
  readonly count: number;
}

/**
 * Reads where each row is (S5).
 * @throws StoreError `corrupt` when a row is damaged or missing, or a key has two.
 */
export async function indexRows(
  connection: SqliteConnection,
  storeId: string,
  loadKeys: SqliteStatement,
  hash?: KeyHash,
): Promise<IndexedRows> {
  const index = new RowIndex(hash);
  let last = 0;
  let count = 0;
  let written = 0;
  for await (const rows of rowsOf(connection)) {
    for (const row of rows) {
      const { key, number } = row;
      const slot = slotIn(row, storeId);
      if (number <= last)
        throw new StoreError('corrupt', `Cannot load '${key}': its row has the number ${number}`);
      const others = index.candidates(key);
      const found = others.length === 0 ? [] : await loadKeys.all([JSON.stringify(others)]);
      if (found.some(other => other.key === key)) {
        throw new StoreError('corrupt', `Cannot load '${key}': it has two rows`);
      }
      index.add(key, number);
      last = number;
      if (key === ROWS_NAME) written = writtenIn(slot);
      else count += 1;
    }
  }
  if (count !== written) throw missing(written, count);
  return { index, last, count };
}

/** What it means that so many rows are there. */
export function missing(written: number, count: number): StoreError {
  return new StoreError('corrupt', `Cannot load the rows: ${written} were written, and ${count} are there`);
}
