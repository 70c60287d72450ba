// Files of earlier formats, as the builds of their time wrote them: their own SQL, kept as it was.

import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { MEMORY_NAME, memoryOf } from '../../src/storage/memory-record.ts';
import { openSqlite, type SqliteRow } from '../../src/storage/sqlite.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { StoreError } from '../../src/storage/store.ts';
import { verifyFile } from '../../src/storage/verify-file.ts';
import { decodeState } from '../../src/transport/state-codec.ts';
import { newPath, OWNER, slotOf } from './slots.ts';

const STORE = '935822f98a3b12cf641d8a0b55ae58c9';
/** Written by the build before members could change: a register, a switch, a floor, and what it knew of its cluster. */
const FORMAT_3 = `
  CREATE TABLE slots(key TEXT NOT NULL UNIQUE, slot BLOB NOT NULL);
  CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES
    ('acceptor', 'a1'), ('cluster', 'c'), ('crc', 3160626679), ('format', 3), ('store', '${STORE}');
  INSERT INTO slots VALUES
    ('43orders.42', X'029409CAF140080000000000000770312D6361666540000000000000000770312D6361666599020202C3A66170706C65739193A2723105029192A770312D63616665029192A770322D626565660401'),
    ('#7', X'02ABB25D9B40140000000000000770312D63616665000000000000000000'),
    ('#memory', X'02A22E9B464000000000000000000000000000000000007B226D656D62657273223A7B226131223A223933353832326639386133623132636636343164386130623535616535386339222C226132223A223032303230323032303230323032303230323032303230323032303230323032222C226133223A223033303330333033303330333033303330333033303330333033303330333033227D2C226973466F726D6564223A747275652C22646F756274223A6E756C6C2C227365656E223A7B226132223A5B223032303230323032303230323032303230323032303230323032303230323032222C22696E632D32222C375D7D7D'),
    ('4fdone', X'0297D6836F40000000000000000770312D636166653FF00000000000000770312D6361666599020001C3C090909000');
  PRAGMA application_id = 1400467055;
  PRAGMA user_version = 3;`;

const STORE_OF_4 = '971b665c9f3024bed03215cba19f9323';
/** Written by the build before registers were collected: a deleted variable, a switch, a floor, and what it knew of its cluster. */
const FORMAT_4 = `
  CREATE TABLE slots(key TEXT NOT NULL UNIQUE, slot BLOB NOT NULL);
  CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES
    ('acceptor', 'a1'), ('cluster', 'c'), ('crc', 5026043), ('format', 4), ('store', '${STORE_OF_4}');
  INSERT INTO slots VALUES
    ('43orders.42', X'02C9E3149040140000000000000770312D6361666540100000000000000770312D636166659A030203C2C09193A47E732E31CE6553F100039192A770312D63616665049192A770322D62656566040190'),
    ('#7', X'023C88C7A540140000000000000770312D63616665000000000000000000'),
    ('4fdone', X'023856B1AC40000000000000000770312D636166653FF00000000000000770312D636166659A030001C3C0909192A770312D6361666501900090'),
    ('#memory', X'023FFC0FD14000000000000000000000000000000000007B226D656D62657273223A7B226131223A223937316236363563396633303234626564303332313563626131396639333233222C226132223A223032303230323032303230323032303230323032303230323032303230323032227D2C226973466F726D6564223A747275652C2265706F6368223A332C226A6F696E74223A6E756C6C2C22646F756274223A6E756C6C2C227365656E223A7B7D7D');
  PRAGMA application_id = 1400467055;
  PRAGMA user_version = 4;`;

const STORE_OF_5 = '2eeaa8d67b1dd83fc3da0fac3459daff';
/** Written by the build before rows were found by their numbers. */
const FORMAT_5 = `
  CREATE TABLE slots(key TEXT NOT NULL UNIQUE, slot BLOB NOT NULL);
  CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES
    ('acceptor', 'a1'), ('cluster', 'c'), ('crc', 678384738), ('format', 5), ('store', '${STORE_OF_5}');
  INSERT INTO slots VALUES
    ('43orders.42', X'024107243E40080000000000000770312D6361666540000000000000000770312D6361666599020202C3A66170706C65739193A2723105029192A770312D63616665029192A770322D626565660401'),
    ('#7', X'022CAD2ABA40140000000000000770312D63616665000000000000000000'),
    ('4fdone', X'022825019A40000000000000000770312D636166653FF00000000000000770312D6361666599020001C3C090909000'),
    ('#memory', X'02EE7FF19B4000000000000000000000000000000000007B226D656D62657273223A7B226131223A223265656161386436376231646438336663336461306661633334353964616666222C226132223A223032303230323032303230323032303230323032303230323032303230323032227D2C226973466F726D6564223A747275652C2265706F6368223A332C226A6F696E74223A6E756C6C2C22646F756274223A6E756C6C2C227365656E223A7B7D7D');
  PRAGMA application_id = 1400467055;
  PRAGMA user_version = 5;`;

async function ask(path: string, sql: string): Promise<readonly SqliteRow[]> {
  const connection = await openSqlite(path);
  try {
    await connection.exec(sql);
    return await connection.all(`
      SELECT name, value FROM meta UNION SELECT key, hex(slot) FROM slots
      UNION SELECT 'user_version', user_version FROM pragma_user_version`);
  } finally {
    await connection.close();
  }
}

test('openSqliteStore() migrates a file of format 3: all votes stay, and its members are of the first epoch', async t => {
  const path = await newPath(t);
  await ask(path, FORMAT_3);
  const store = await openSqliteStore({ path, ...OWNER });
  t.is(store.migratedFrom, 3);
  t.is(store.storeId, STORE);
  const slots = await store.load(['orders.42', 'done', '#7', MEMORY_NAME]);
  const other = '02'.repeat(16);
  t.deepEqual(memoryOf(slots.get(MEMORY_NAME)), {
    commits: 2,
    members: new Map([
      ['a1', STORE],
      ['a2', other],
      ['a3', '03'.repeat(16)],
    ]),
    isFormed: true,
    founder: other,
    epoch: 1,
    joint: undefined,
    doubt: undefined,
    seen: new Map([['a2', { store: other, incarnation: 'inc-2', commits: 7 }]]),
  });
  t.like(slots.get('orders.42'), {
    promised: { counter: 3, proposer: 'p1-cafe' },
    accepted: { counter: 2, proposer: 'p1-cafe' },
  });
  t.like(slots.get('#7'), { promised: { counter: 5, proposer: 'p1-cafe' }, accepted: { counter: 0 } });
  const states = ['orders.42', 'done'].map(key => decodeState(slots.get(key)?.value ?? new Uint8Array(0)));
  t.like(states[0], { kind: 'variable', value: 'apples', version: 2 });
  t.like(states[1], { kind: 'switch', set: true, version: 1 });
  await store.close();
});

test('openSqliteStore() migrates a file of format 4: all votes stay, and it gives its free pages back from now on', async t => {
  const path = await newPath(t);
  await ask(path, FORMAT_4);
  const store = await openSqliteStore({ path, ...OWNER });
  t.is(store.migratedFrom, 4);
  t.is(store.storeId, STORE_OF_4);
  const slots = await store.load(['orders.42', 'done', '#7', MEMORY_NAME]);
  t.like(memoryOf(slots.get(MEMORY_NAME)), { commits: 2, isFormed: true, epoch: 3 });
  t.like(slots.get('#7'), { promised: { counter: 5, proposer: 'p1-cafe' }, value: { length: 0 } });
  const states = ['orders.42', 'done'].map(key => decodeState(slots.get(key)?.value ?? new Uint8Array(0)));
  t.like(states[0], { kind: 'variable', set: false, version: 3, untilMs: undefined, collected: 0 });
  t.like(states[1], { kind: 'switch', set: true, version: 1 });
  await store.close();
  const connection = await openSqlite(path);
  t.deepEqual(await connection.all('PRAGMA auto_vacuum'), [{ auto_vacuum: 2 }]);
  await connection.close();
});

test('openSqliteStore() migrates a file of format 5: every key has its slot, in a row of its own', async t => {
  const path = await newPath(t);
  await ask(path, FORMAT_5);
  const store = await openSqliteStore({ path, ...OWNER });
  t.is(store.migratedFrom, 5);
  t.is(store.storeId, STORE_OF_5);
  const slots = await store.load(['orders.42', 'done', '#7', MEMORY_NAME]);
  t.like(memoryOf(slots.get(MEMORY_NAME)), { commits: 2, isFormed: true, epoch: 3 });
  t.like(slots.get('#7'), { promised: { counter: 5, proposer: 'p1-cafe' }, value: { length: 0 } });
  const states = ['orders.42', 'done'].map(key => decodeState(slots.get(key)?.value ?? new Uint8Array(0)));
  t.like(states[0], { kind: 'variable', value: 'apples', version: 2 });
  t.like(states[1], { kind: 'switch', set: true, version: 1 });
  t.deepEqual(await store.keysAfter(0x43, '', 10), ['orders.42']);
  await store.close();
  const connection = await openSqlite(path);
  t.deepEqual(await connection.all('PRAGMA freelist_count'), [{ freelist_count: 0 }]);
  await connection.close();
});

test('openSqliteStore() migrates no file that hides a row (S5)', async t => {
  const path = await newPath(t);
  await ask(path, FORMAT_5);
  const connection = await openSqlite(path);
  const [table] = await connection.all("SELECT rootpage AS page FROM sqlite_schema WHERE name = 'slots'");
  await connection.close();
  const bytes = await readFile(path);
  // How many rows the page has (https://sqlite.org/fileformat2.html, section 1.6).
  const at = (Number(table?.page) - 1) * 4096 + 3;
  t.is(bytes.readUInt16BE(at), 4);
  bytes.writeUInt16BE(3, at);
  await writeFile(path, bytes);
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError, code: 'corrupt' });
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { code: 'corrupt' });
});

test('a migrated file is one of today in all respects', async t => {
  const path = await newPath(t);
  await ask(path, FORMAT_3);
  await t.throwsAsync(
    verifyFile(path, () => {}),
    { code: 'older_format', message: /format 3, which its acceptor brings to 6 at its next start/ },
  );
  await (await openSqliteStore({ path, ...OWNER })).close();
  const again = await openSqliteStore({ path, ...OWNER });
  t.is(again.migratedFrom, undefined);
  await again.commit(new Map([['orders.42', slotOf(7, 'v')]]));
  await again.close();
  t.like(await verifyFile(path, () => {}), { rows: 5, keys: 2, problems: [] });
});

test('a migration is done whole or not at all', async t => {
  const path = await newPath(t);
  await ask(path, FORMAT_3);
  const late = "CREATE TRIGGER late BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'no'); END";
  const before = await ask(path, late);
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), { instanceOf: StoreError });
  t.deepEqual(await ask(path, 'DROP TRIGGER late'), before);
  await (await openSqliteStore({ path, ...OWNER })).close();
});

test("a file of another acceptor is not migrated, nor one whose owner's rows are damaged", async t => {
  const path = await newPath(t);
  const before = await ask(path, FORMAT_3);
  await t.throwsAsync(openSqliteStore({ path, cluster: 'c', acceptor: 'a2' }), { code: 'foreign' });
  t.deepEqual(await ask(path, 'PRAGMA user_version'), before);
  await ask(path, "UPDATE meta SET value = 'a2' WHERE name = 'acceptor'");
  await t.throwsAsync(openSqliteStore({ path, cluster: 'c', acceptor: 'a2' }), { code: 'corrupt' });
});

test('openSqliteStore() refuses a file of a format that nothing leads from', async t => {
  const path = await newPath(t);
  await ask(path, FORMAT_3.replace('user_version = 3', 'user_version = 2'));
  await t.throwsAsync(openSqliteStore({ path, ...OWNER }), {
    code: 'older_format',
    message: /it has format 2 of a version before the first release, and this one reads from 3 on/,
  });
});
