import { copyFile, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { EMPTY_SLOT } from '../../src/protocol/acceptor.ts';
import { KEPT_PAGES } from '../../src/storage/free-pages.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { openDurably } from '../../src/storage/sqlite-open.ts';
import { openSqliteStore, SqliteStore } from '../../src/storage/sqlite-store.ts';
import { StoreError } from '../../src/storage/store.ts';
import { killedBatch } from './killed-batch.ts';
import { ROW_DUTIES } from './row-duties.ts';
import { newPath, OWNER, slotOf, temporaryDirectory } from './slots.ts';
import { smallDisk } from './small-disk.ts';
import { printsContract, storeContract } from './store-contract.ts';

for (const contract of [storeContract, printsContract]) {
  contract('SqliteStore', async t => {
    const path = await newPath(t);
    return () => openSqliteStore({ path, ...OWNER });
  });
}

/** Every key is taken for every other until the row is looked at (S5). */
const ALIKE = { first: () => 7, second: () => 1 };

storeContract('SqliteStore, all hashes alike', async t => {
  const path = await newPath(t);
  return () => openSqliteStore({ path, ...OWNER, hash: ALIKE });
});

test('openSqliteStore() creates the directories above the file, when they are missing', async t => {
  const path = join(await temporaryDirectory(t), 'x', 'y', 'a1.db');
  await (await openSqliteStore({ path, ...OWNER })).close();
  t.true((await stat(path)).isFile());
});

test('openSqliteStore() finds the same store id, when the file is opened again, and another in another file (S3)', async t => {
  const path = await newPath(t);
  const ids = [];
  for (const file of [path, path, `${path}-other`]) {
    const store = await openSqliteStore({ path: file, ...OWNER });
    ids.push(store.storeId);
    await store.close();
  }
  const [first, again, other] = ids;
  t.regex(first ?? '', /^[0-9a-f]{32}$/);
  t.is(again, first);
  t.not(other, first);
});

test('a store gives the pages of removed slots back to the file system, and goes on meanwhile (D2)', async t => {
  const path = await newPath(t);
  const store = await openSqliteStore({ path, ...OWNER });
  const keys = Array.from({ length: 4000 }, (_, i) => `k.${i}`);
  await store.commit(new Map(keys.map((key, i) => [key, slotOf(i + 1, 'v'.repeat(1000))])));
  await store.commit(new Map(keys.map(key => [key, EMPTY_SLOT])));
  for (let i = 0; i < 100; i++) {
    await store.commit(new Map([['stays', slotOf(i + 1, 'v')]]));
    await delay(10);
  }
  t.deepEqual([...(await store.load([...keys, 'stays'])).keys()], ['stays']);
  await store.close();
  t.true((await stat(path)).size <= 4096 * (KEPT_PAGES + 50));
  const again = await openSqliteStore({ path, ...OWNER });
  t.deepEqual(await again.load(['stays']), new Map([['stays', slotOf(100, 'v')]]));
  await again.close();
});

test('openSqliteStore() makes the file its own, when its creation was cut off', async t => {
  const path = await newPath(t);
  await ask(path, 'PRAGMA journal_mode = WAL');
  await (await openSqliteStore({ path, ...OWNER })).close();
  t.deepEqual(await ask(path, 'PRAGMA auto_vacuum'), [{ auto_vacuum: 2 }]);
  t.deepEqual(await ask(path, 'SELECT count(*) AS slots FROM slots'), [{ slots: 0 }]);
});

test('openSqliteStore() refuses the file, when it belongs to another acceptor or cluster (S3)', async t => {
  const path = await newPath(t);
  await (await openSqliteStore({ path, cluster: 'c', acceptor: 'a2' })).close();
  const before = await readFile(path);
  const message = `Cannot open '${path}': it belongs to acceptor 'a2' of cluster 'c'`;
  await t.throwsAsync(openSqliteStore({ path, cluster: 'c', acceptor: 'a1' }), { code: 'foreign', message });
  await t.throwsAsync(openSqliteStore({ path, cluster: 'd', acceptor: 'a2' }), { code: 'foreign', message });
  t.true((await readFile(path)).equals(before), 'it was written to');
});

test("openSqliteStore() refuses the file and leaves it as it is, when it is another program's (S3)", async t => {
  const path = await newPath(t);
  await ask(path, 'CREATE TABLE theirs(x)');
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), {
    instanceOf: StoreError,
    code: 'foreign',
    message: `Cannot open '${path}': it is not the file of an acceptor`,
  });
  await ask(path, 'INSERT INTO theirs VALUES (1)');
  t.deepEqual(await ask(path, 'PRAGMA journal_mode'), [{ journal_mode: 'delete' }]);
});

test('openSqliteStore() refuses the file, when it is not an SQLite file (S3)', async t => {
  const path = await newPath(t);
  await writeFile(path, 'minutes of the synod\n'.repeat(500));
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError, code: 'foreign' });
});

test('openSqliteStore() refuses the file, when a later version wrote it', async t => {
  const path = await newPath(t);
  await (await openSqliteStore({ path, ...OWNER })).close();
  await ask(path, 'PRAGMA user_version = 7');
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), {
    instanceOf: StoreError,
    code: 'newer_format',
    message: `Cannot open '${path}': it has format 7, and this version reads up to 6`,
  });
});

test('openSqliteStore() refuses the file, when its meta rows do not match their checksum (S1)', async t => {
  const path = await newPath(t);
  await (await openSqliteStore({ path, ...OWNER })).close();
  await ask(path, "UPDATE meta SET value = 'b' WHERE name = 'cluster'");
  await t.throwsAsync(openSqliteStore({ path, cluster: 'b', acceptor: 'a1' }), { code: 'corrupt' });
});

test('openSqliteStore() refuses the file with a StoreError, when its table of slots is gone', async t => {
  const path = await newPath(t);
  await (await openSqliteStore({ path, ...OWNER })).close();
  await ask(path, 'DROP TABLE slots');
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError, code: 'io' });
  await ask(path, 'CREATE TABLE slots(number INTEGER PRIMARY KEY, key TEXT NOT NULL, slot BLOB NOT NULL)');
  await (await openSqliteStore({ path, ...OWNER })).close();
});

test('openSqliteStore() refuses the file, when SQLite cannot keep a WAL for it', async t => {
  await t.throwsAsync(openSqliteStore({ path: ':memory:', ...OWNER }), {
    instanceOf: StoreError,
    code: 'not_durable',
    message: "Cannot open ':memory:': journal_mode was set to WAL and is 'memory'",
  });
});

test('openSqliteStore() says io, when the path is a directory', async t => {
  const path = await temporaryDirectory(t);
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError, code: 'io' });
});

test('openSqliteStore() can open the file, when it refused it before and the reason is gone', async t => {
  const path = await newPath(t);
  const first = await openSqliteStore({ path, ...OWNER });
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), {
    instanceOf: StoreError,
    code: 'locked',
    message: `Cannot open '${path}': somebody else has it open`,
  });
  await first.close();
  await (await openSqliteStore({ path, ...OWNER })).close();
  t.pass();
});

test('openSqliteStore() refuses the file and names the damaged slot, when a row was altered (S1)', async t => {
  const path = await newPath(t);
  const store = await openSqliteStore({ path, ...OWNER });
  await store.commit(new Map(['a', 'b', 'c'].map(key => [key, slotOf(1, 'same')])));
  await store.close();
  const whole = await readFile(path);
  const altered = async (sql: string, message: string): Promise<void> => {
    await ask(path, sql);
    await t.throwsAsync(openSqliteStore({ path, ...OWNER }), {
      instanceOf: StoreError,
      code: 'corrupt',
      message,
    });
    await writeFile(path, whole);
  };
  const ofB = "(SELECT slot FROM slots WHERE key = 'b')";
  await altered(
    `UPDATE slots SET slot = ${ofB} WHERE key = 'a'`,
    "Cannot load 'a': its checksum does not match",
  );
  await altered("UPDATE slots SET key = 'd' WHERE key = 'b'", "Cannot load 'd': its checksum does not match");
  await altered(
    "UPDATE slots SET slot = 'text' WHERE key = 'c'",
    "Cannot load 'c': its row does not hold a key and a slot",
  );
  await altered(
    "UPDATE slots SET key = CAST('c' AS BLOB) WHERE key = 'c'",
    "Cannot load 'c': its row does not hold a key and a slot",
  );
  await altered("UPDATE slots SET number = 0 WHERE key = 'a'", "Cannot load 'a': its row has the number 0");
  await altered("DELETE FROM slots WHERE key = 'a'", 'Cannot load the rows: 3 were written, and 2 are there');
  await altered(
    "DELETE FROM slots WHERE key = '#rows'",
    'Cannot load the rows: 0 were written, and 3 are there',
  );
  await altered(
    "INSERT INTO slots SELECT 9, key, slot FROM slots WHERE key = 'a'",
    "Cannot load 'a': it has two rows",
  );
  await (await openSqliteStore({ path, ...OWNER })).close();
});

test('load() refuses the damaged slot by name and gives the others, when a row was altered since the start (S1)', async t => {
  const path = await newPath(t);
  const file = await openDurably({ path, ...OWNER }, 2 ** 20);
  const store = new SqliteStore(path, file);
  await store.commit(new Map(['a', 'b'].map(key => [key, slotOf(1, 'same')])));
  await file.connection.exec(
    "UPDATE slots SET slot = (SELECT slot FROM slots WHERE key = 'b') WHERE key = 'a'",
  );
  await t.throwsAsync(store.load(['b', 'a']), {
    instanceOf: StoreError,
    code: 'corrupt',
    message: "Cannot load 'a': its checksum does not match",
  });
  t.deepEqual(await store.load(['b']), new Map([['b', slotOf(1, 'same')]]));
  await store.close();
});

for (const { title, check } of ROW_DUTIES) {
  test(title, async t => {
    await t.notThrowsAsync(check());
  });
}

test("openSqliteStore() says corrupt, when another acceptor's WAL lies beside the file (S1)", async t => {
  const path = await newPath(t);
  const ours = await openSqliteStore({ path, ...OWNER });
  await ours.commit(new Map([['a', slotOf(1, 'ours')]]));
  await ours.close();
  const theirs = await openSqliteStore({ path: `${path}-theirs`, ...OWNER, acceptor: 'a2' });
  await theirs.commit(new Map([['a', slotOf(2, 'theirs')]]));
  await copyFile(`${path}-theirs-wal`, `${path}-wal`);
  await theirs.close();
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError, code: 'corrupt' });
});

test('openSqliteStore() says corrupt, when pages of the file were overwritten (S1)', async t => {
  const path = await newPath(t);
  const store = await openSqliteStore({ path, ...OWNER });
  for (let batch = 0; batch < 20; batch++) await store.commit(killedBatch(batch));
  await store.close();
  const { size } = await stat(path);
  const file = await open(path, 'r+');
  // The first page stays whole: it says whose file it is.
  for (let at = 5 * 4096; at < size; at += 4096) await file.write(Buffer.alloc(1000, 0xa5), 0, 1000, at);
  await file.close();

  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError, code: 'corrupt' });
});

test('commit() leaves the store unusable and the file unchanged, when it fails (S4)', async t => {
  const path = await newPath(t);
  const store = await openSqliteStore({ path, ...OWNER });
  await store.commit(new Map([['a', slotOf(1, 'before')]]));
  await store.close();
  await ask(
    path,
    `CREATE TRIGGER refuse BEFORE INSERT ON slots WHEN NEW.key = 'z' BEGIN SELECT RAISE(ABORT, 'no'); END`,
  );

  const failing = await openSqliteStore({ path, ...OWNER });
  const committed = failing.commit(new Map(['a', 'b', 'z'].map(key => [key, slotOf(2, 'after')])));
  const overlapping = failing.load(['a']);
  const error = await t.throwsAsync(committed, {
    instanceOf: StoreError,
    code: 'io',
    message: /^Cannot write '.*': .*no/,
  });
  t.is(await t.throwsAsync(overlapping), error);
  t.is(await t.throwsAsync(failing.commit(new Map([['a', slotOf(3, 'later')]]))), error);
  t.is(await t.throwsAsync(failing.load(['a'])), error);
  await failing.close();

  const reopened = await openSqliteStore({ path, ...OWNER });
  t.deepEqual(await reopened.load(['a', 'b', 'z']), new Map([['a', slotOf(1, 'before')]]));
  await reopened.close();
});

test('commit() says full and goes on as before, when the disk has no space and has it again (S4)', async t => {
  const disk = await smallDisk(t, 1);
  if (disk === undefined) {
    t.pass();
    return;
  }
  const path = join(disk.path, 'a1.db');
  const store = await openSqliteStore({ path, ...OWNER });
  const durable = new Map<string, ReturnType<typeof slotOf>>();
  const put = async (): Promise<void> => {
    const entry = [`k${durable.size}`, slotOf(durable.size + 1, 'x'.repeat(5000))] as const;
    await store.commit(new Map([entry]));
    durable.set(...entry);
  };
  const filling = async (): Promise<void> => {
    for (let i = 0; i < 1000; i++) await put();
  };
  const full = { instanceOf: StoreError, code: 'full', message: /there is no space left on its disk$/ };
  await t.throwsAsync(filling(), full);
  await t.throwsAsync(put(), full);
  t.true(durable.size > 10);
  t.deepEqual(await store.load([...durable.keys(), `k${durable.size}`]), durable);

  await disk.resize(4);
  for (let i = 0; i < 100; i++) await put();
  t.deepEqual(await store.load([...durable.keys()]), durable);
  await store.close();
  const reopened = await openSqliteStore({ path, ...OWNER });
  t.deepEqual(await reopened.load([...durable.keys()]), durable);
  await reopened.close();
});

test('load() rejects, when the store was closed', async t => {
  const store = await openSqliteStore({ path: await newPath(t), ...OWNER });
  await store.close();
  await t.throwsAsync(store.load(['a']), { instanceOf: StoreError, code: 'io' });
});

test('close() waits for the calls under way, when they were made before it', async t => {
  const path = await newPath(t);
  const store = await openSqliteStore({ path, ...OWNER });
  const commits = [0, 1, 2].map(batch => store.commit(killedBatch(batch)));
  await store.close();
  await t.notThrowsAsync(Promise.all(commits));
});

/** Does to a closed file what its owner never would, and gives the rows. */
async function ask(path: string, sql: string): Promise<readonly unknown[]> {
  const connection = await openSqlite(path);
  const rows = await connection.all(sql);
  await connection.close();
  return rows;
}
