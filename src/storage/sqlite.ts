// The only file that knows the npm package `sqlite3`: its callbacks as promises, its errors as a class, so
// that another driver can take its place. Owns no order: statements of one connection that run at the same
// time may interleave, so a caller awaits each call before it makes the next.

import type sqlite3 from 'sqlite3';

type SqliteValue = string | Buffer;
export type SqliteRow = Readonly<Record<string, unknown>>;

/** What SQLite refused, and its own name for it: 'SQLITE_BUSY', 'SQLITE_IOERR', … */
export class SqliteError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = 'SqliteError';
    this.code = code;
  }
}

/** Loaded when a file is opened: whoever opens none can do without the binding, which is compiled at installing. */
async function loadDriver(): Promise<typeof sqlite3> {
  try {
    return (await import('sqlite3')).default;
  } catch (cause) {
    const why = String(cause).split('\n')[0];
    throw new SqliteError('NO_BINDING', `the package sqlite3 cannot be loaded (${why}). ${MENDING}`, {
      cause,
    });
  }
}

const MENDING =
  'Run `npm rebuild sqlite3`; it needs python3, make and g++ where no prebuilt binding can be fetched, and the ' +
  'scripts of packages to be allowed (npm config ignore-scripts, allow-scripts)';

/** Opens a file for reading and writing, and creates it when it is missing. */
export async function openSqlite(path: string): Promise<SqliteConnection> {
  const sqlite3 = await loadDriver();
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, error => {
      if (error === null) resolve(new SqliteConnection(database));
      else reject(sqliteError(error));
    });
  });
}

/** Opens a file that is there, for reading alone. */
export async function openSqliteToRead(path: string): Promise<SqliteConnection> {
  const sqlite3 = await loadDriver();
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, sqlite3.OPEN_READONLY, error => {
      if (error === null) resolve(new SqliteConnection(database));
      else reject(sqliteError(error));
    });
  });
}

export class SqliteConnection {
  readonly #database: sqlite3.Database;
  readonly #statements: SqliteStatement[] = [];

  constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  /** Runs one or more statements that take no values and whose rows nobody wants. */
  exec(sql: string): Promise<void> {
    return settled(done => this.#database.exec(sql, done));
  }

  all(sql: string): Promise<readonly SqliteRow[]> {
    return answered(done => this.#database.all<SqliteRow>(sql, done));
  }

  /** Compiles one statement, to be run any number of times until the connection is closed. */
  async prepare(sql: string): Promise<SqliteStatement> {
    const statement = await new Promise<sqlite3.Statement>((resolve, reject) => {
      const prepared = this.#database.prepare(sql, error => {
        if (error === null) resolve(prepared);
        else reject(sqliteError(error));
      });
    });
    const wrapped = new SqliteStatement(statement);
    this.#statements.push(wrapped);
    return wrapped;
  }

  async close(): Promise<void> {
    for (const statement of this.#statements) await statement.finalize();
    await settled(done => this.#database.close(done));
  }
}

export class SqliteStatement {
  readonly #statement: sqlite3.Statement;

  constructor(statement: sqlite3.Statement) {
    this.#statement = statement;
  }

  run(values: readonly SqliteValue[]): Promise<void> {
    return settled(done => this.#statement.run(values, done));
  }

  all(values: readonly SqliteValue[]): Promise<readonly SqliteRow[]> {
    return answered(done => this.#statement.all<SqliteRow>(values, done));
  }

  finalize(): Promise<void> {
    return new Promise(resolve => this.#statement.finalize(() => resolve()));
  }
}

function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start(error => (error === null ? resolve() : reject(sqliteError(error))));
  });
}

function answered(
  start: (done: (error: Error | null, rows: SqliteRow[]) => void) => void,
): Promise<SqliteRow[]> {
  return new Promise((resolve, reject) => {
    start((error, rows) => (error === null ? resolve(rows) : reject(sqliteError(error))));
  });
}

function sqliteError(cause: Error): SqliteError {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'SQLITE_ERROR';
  return new SqliteError(code, cause.message, { cause });
}
