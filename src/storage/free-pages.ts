// Pages of an acceptor's file that hold nothing any more: given back to the file system a few at a time, since each of them
// is exchanged with the last page of the file and written to the WAL.

import type { SqliteConnection } from './sqlite.ts';

/** In about a millisecond. */
export const PAGES_A_STEP = 128;
/** What stays for the next keys: this share of the file, and never less than so many pages. */
const KEPT_SHARE = 1 / 8;
export const KEPT_PAGES = 256;

/** @returns whether there are more. */
export async function giveBack(connection: SqliteConnection): Promise<boolean> {
  const { free, pages } = await pagesOf(connection);
  if (free <= Math.max(KEPT_PAGES, pages * KEPT_SHARE)) return false;
  await connection.all(`PRAGMA incremental_vacuum(${PAGES_A_STEP})`);
  // A file of before that had no room to be rewritten gives nothing back.
  return (await pagesOf(connection)).free < free;
}

async function pagesOf(
  connection: SqliteConnection,
): Promise<{ readonly free: number; readonly pages: number }> {
  const [row] = await connection.all(`
    SELECT freelist_count AS free, page_count AS pages FROM pragma_freelist_count, pragma_page_count`);
  return { free: Number(row?.free), pages: Number(row?.pages) };
}

/** Has a file whose creation was cut off keep track of its pages. It is written anew for that. */
export async function trackFreePages(connection: SqliteConnection): Promise<void> {
  const [row] = await connection.all('PRAGMA auto_vacuum');
  if (row?.auto_vacuum !== INCREMENTAL) await writeAnew(connection);
}

/** Without the pages that a migration has left behind, and so that it keeps track of those that are free from now on. */
export async function writeAnew(connection: SqliteConnection): Promise<void> {
  await connection.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
}

const INCREMENTAL = 2;
