// What a failure of SQLite means for a store.

import { SqliteError } from './sqlite.ts';
import { StoreError, type StoreErrorCode } from './store.ts';

/** `error` as a StoreError that says what could not be done: "Cannot open '/x/a1.db'". */
export function sqliteFailure(what: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (!(error instanceof SqliteError)) return new StoreError('io', `${what}: ${error}`, { cause: error });
  const [code, why] = meaningOf(error);
  return new StoreError(code, `${what}: ${why}`, { cause: error });
}

function meaningOf(error: SqliteError): readonly [StoreErrorCode, string] {
  switch (error.code) {
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return ['locked', 'somebody else has it open'];
    case 'SQLITE_NOTADB':
      return ['foreign', 'it is not an SQLite file'];
    case 'SQLITE_FULL':
      return ['full', 'there is no space left on its disk'];
    case 'SQLITE_CORRUPT':
      return ['corrupt', `its pages are damaged (${error.message})`];
    default:
      return ['io', error.message];
  }
}
