import { readFile, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { NO_MEMORY } from '../../src/protocol/memory.ts';
import { MEMORY_NAME, memoryBytes, memorySlot } from '../../src/storage/memory-record.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { StoreError } from '../../src/storage/store.ts';
import { verifyFile } from '../../src/storage/verify-file.ts';
import { newPath, OWNER, slotOf } from './slots.ts';

const ROWS = 2500;
const VALUE = 'a value to be found in the file';

async function newFile(t: ExecutionContext): Promise<string> {
  const path = await newPath(t);
  const store = await openSqliteStore({ path, ...OWNER });
  const memory = { ...NO_MEMORY, members: new Map([['a1', store.storeId]]), isFormed: true };
  const keys = Array.from({ length: ROWS }, (_, i) => `k${i}`);
  const slots = new Map(keys.map(key => [key, slotOf(1, `${VALUE} ${key}.`)]));
  await store.commit(slots.set('#7', slotOf(3, '')).set(MEMORY_NAME, memorySlot(41, memoryBytes(memory))));
  await store.close();
  return path;
}

test('verifyFile() tells what is in a file, changes nothing and shows its progress', async t => {
  const path = await newFile(t);
  const before = await readFile(path);
  const seen: string[] = [];
  const report = await verifyFile(path, (done, all) => seen.push(`${done}/${all}`));
  t.deepEqual(report.problems, []);
  t.like(report, { rows: ROWS + 3, keys: ROWS, values: ROWS, memory: { commits: 41, isFormed: true } });
  t.like(report.identity, OWNER);
  t.deepEqual(seen, ['16/2503', '516/2503', '1016/2503', '1516/2503', '2016/2503', '2503/2503']);
  t.deepEqual(await readFile(path), before);
});

test('verifyFile() names the damaged rows and goes on with the others (S1)', async t => {
  const path = await newFile(t);
  const bytes = await readFile(path);
  for (const key of ['k7', 'k2001']) {
    // A row that moved has left its bytes where it was.
    for (let at = 0; at >= 0; at = bytes.indexOf(`${VALUE} ${key}.`)) if (at > 0) bytes.write('X', at);
  }
  await writeFile(path, bytes);
  const { problems, rows } = await verifyFile(path, () => {});
  t.deepEqual(problems, [
    "Cannot load 'k7': its checksum does not match",
    "Cannot load 'k2001': its checksum does not match",
  ]);
  t.is(rows, ROWS + 3);
});

test('verifyFile() tells of a key with two rows (S5)', async t => {
  const path = await newFile(t);
  const connection = await openSqlite(path);
  await connection.exec("INSERT INTO slots SELECT 9999, key, slot FROM slots WHERE key = 'k7'");
  await connection.close();
  const { problems } = await verifyFile(path, () => {});
  t.deepEqual(problems, [
    'Cannot load the rows: 2502 were written, and 2503 are there',
    "The key 'k7' has several rows",
  ]);
});

test('verifyFile() tells of damaged pages', async t => {
  const path = await newFile(t);
  const bytes = await readFile(path);
  bytes.fill(0xa5, 20 * 4096, 21 * 4096);
  await writeFile(path, bytes);
  t.true((await verifyFile(path, () => {})).problems.length > 0);
});

test('verifyFile() refuses a file that is missing, or that an acceptor has open', async t => {
  await t.throwsAsync(
    verifyFile('/none/acceptor.db', () => {}),
    { instanceOf: StoreError },
  );
  const path = await newFile(t);
  const store = await openSqliteStore({ path, ...OWNER });
  await t.throwsAsync(
    verifyFile(path, () => {}),
    { instanceOf: StoreError, code: 'locked' },
  );
  await store.close();
});
