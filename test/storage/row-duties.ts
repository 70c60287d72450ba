// What a store owes to a key that has a row of its own, as checks that throw (S1, S5). The tests run them on the product, and the
// mutants' test on products that are broken. The files are real ones.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY_SLOT, type Slot } from '../../src/protocol/acceptor.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import { RowIndex } from '../../src/storage/row-index.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { openDurably } from '../../src/storage/sqlite-open.ts';
import { openSqliteStore, SqliteStore } from '../../src/storage/sqlite-store.ts';
import type { Duty } from '../actors/runtime-duties.ts';
import { Dice } from '../simulation/dice.ts';
import { OWNER, slotOf } from './slots.ts';

/** Every key is taken for every other of its partition until the key in the row is looked at. */
const ALIKE = { first: () => 7, second: () => 1 };
const PAGES_BYTES = 2 ** 20;

const PARTITION = 7;
/** Of one partition, in order. */
const KEYS = Array.from({ length: 50_000 }, (_, i) => `key.${i}`)
  .filter(key => partitionOf(key) === PARTITION)
  .sort((a, b) => (a < b ? -1 : 1));

/** The rows of a file may be tampered with while its store has it open. */
interface Scene {
  readonly store: SqliteStore;
  readonly tamper: (sql: string) => Promise<void>;
}

async function withPath(check: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-rows-'));
  try {
    await check(join(directory, 'a1.db'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function withScene(check: (scene: Scene) => Promise<void>): Promise<void> {
  await withPath(async path => {
    const file = await openDurably({ path, ...OWNER }, PAGES_BYTES);
    const store = new SqliteStore(path, file);
    await check({ store, tamper: sql => file.connection.exec(sql) });
    await store.close();
  });
}

/** A file with slots of a and b is refused at its next start, once this was done to it. */
async function refusedOnce(sql: string, message: RegExp): Promise<void> {
  await withPath(async path => {
    const file = await openDurably({ path, ...OWNER }, PAGES_BYTES);
    const store = new SqliteStore(path, file);
    await store.commit(slots('a', 'b'));
    await file.connection.exec(sql);
    await store.close();
    await assert.rejects(openSqliteStore({ path, ...OWNER }), message);
  });
}

function slots(...keys: readonly string[]): ReadonlyMap<string, Slot> {
  return new Map(keys.map((key, i) => [key, slotOf(i + 1, `value of ${key}`)]));
}

export const ROW_DUTIES: readonly Duty[] = [
  {
    title: 'no key overwrites the row of another, whose hashes are its own (S5)',
    check: () =>
      withPath(async path => {
        const open = () => openSqliteStore({ path, ...OWNER, hash: ALIKE });
        const [a = '', b = '', c = '', d = '', e = '', f = '', never = ''] = KEYS;
        const durable = new Map<string, Slot>();
        let store = await open();
        const put = async (...keys: readonly string[]): Promise<void> => {
          const turn = keys.map(key => [key, slotOf(durable.size + 1, `${key} ${durable.size}`)] as const);
          await store.commit(new Map(turn));
          for (const [key, slot] of turn) durable.set(key, slot);
          assert.deepEqual(await store.load([...durable.keys(), never]), durable);
        };
        await put(a);
        await put(b, a);
        await put(c, d, a);
        await store.commit(
          new Map([
            [a, EMPTY_SLOT],
            [never, EMPTY_SLOT],
            [e, slotOf(9, 'e')],
          ]),
        );
        durable.delete(a);
        durable.set(e, slotOf(9, 'e'));
        await put(b);
        await put(a, 'e');
        await store.close();
        store = await open();
        assert.deepEqual(await store.load([...durable.keys()]), durable);
        await put(d, f);
        await store.close();
      }),
  },
  {
    title: 'a new key has a row of its own, also after a restart (S5)',
    check: () =>
      withPath(async path => {
        for (const [i, key] of ['a', 'b', 'c'].entries()) {
          const store = await openSqliteStore({ path, ...OWNER });
          await store.commit(slots(key));
          assert.equal((await store.load(['a', 'b', 'c'])).size, i + 1);
          await store.close();
        }
      }),
  },
  {
    title: 'a key with two rows is refused at the start: nobody knows which is its own (S5)',
    check: () =>
      refusedOnce(
        "INSERT INTO slots SELECT 9, key, slot FROM slots WHERE key = 'a'",
        /Cannot load 'a': it has two rows/,
      ),
  },
  {
    title: 'a damaged row is refused at the start, whoever asks for it later (S1)',
    check: () => refusedOnce("UPDATE slots SET key = 'c' WHERE key = 'a'", /Cannot load 'c': its checksum/),
  },
  {
    title: 'a file that has lost a row is refused at the start: its key would be one without a vote (S5)',
    check: async () => {
      for (const loss of ['DELETE FROM slots WHERE key = ', 'UPDATE slots SET number = 0 WHERE key = ']) {
        await withPath(async path => {
          const file = await openDurably({ path, ...OWNER }, PAGES_BYTES);
          const store = new SqliteStore(path, file);
          await store.commit(slots('a', 'b'));
          await store.commit(slots('b', 'c', 'd'));
          await store.commit(new Map([['d', EMPTY_SLOT]]));
          await store.commit(
            new Map([
              ['c', EMPTY_SLOT],
              ['e', slotOf(1, 'e')],
            ]),
          );
          await store.close();
          await (await openSqliteStore({ path, ...OWNER })).close();
          const connection = await openSqlite(path);
          await connection.exec(`${loss} 'a'`);
          await connection.close();
          await assert.rejects(openSqliteStore({ path, ...OWNER }), { code: 'corrupt' });
        });
      }
    },
  },
  {
    title:
      'a row that is gone, or says that it is of another key, is damage, and no key without a slot (S1, S5)',
    check: () =>
      withScene(async ({ store, tamper }) => {
        await store.commit(slots('a', 'b', 'c'));
        await tamper("UPDATE slots SET key = 'x' WHERE key = 'b'");
        await assert.rejects(store.load(['b']), { code: 'corrupt' });
        assert.deepEqual(await store.load(['c']), new Map([['c', slots('a', 'b', 'c').get('c')]]));
        await tamper("DELETE FROM slots WHERE key = 'a'");
        await assert.rejects(store.load(['a']), { code: 'corrupt' });
      }),
  },
  {
    title: 'a key whose slot went has no row, and gets a new one when it comes again (S5, D2)',
    check: () =>
      withScene(async ({ store }) => {
        await store.commit(slots('a', 'b'));
        await store.commit(new Map([['a', EMPTY_SLOT]]));
        assert.deepEqual([...(await store.load(['a', 'b'])).keys()], ['b']);
        await store.commit(new Map([['a', slotOf(7, 'again')]]));
        assert.deepEqual(await store.load(['a']), new Map([['a', slotOf(7, 'again')]]));
      }),
  },
  {
    title:
      'who goes through a partition is told of what came since the page before, and not of what went (C3)',
    check: () =>
      withScene(async ({ store }) => {
        const [first = '', second = '', third = ''] = KEYS;
        await store.commit(slots(second));
        assert.deepEqual(await store.keysAfter(PARTITION, '', 10), [second]);
        await store.commit(slots(third, first));
        assert.deepEqual(await store.keysAfter(PARTITION, '', 10), [first, second, third]);
        await store.commit(new Map([[second, EMPTY_SLOT]]));
        assert.deepEqual(await store.keysAfter(PARTITION, '', 10), [first, third]);
        // Other partitions, until that one is forgotten.
        for (let partition = 0; partition < PARTITION; partition++) await store.keysAfter(partition, '', 10);
        await store.commit(slots(second));
        assert.deepEqual(await store.keysAfter(PARTITION, first, 10), [second, third]);
        // More at the same time than are kept.
        const before = store.keysAfter(PARTITION - 1, '', 10);
        // It has its turn before the commit, and ends before that does.
        await Promise.resolve();
        const committed = store.commit(new Map([[third, EMPTY_SLOT]]));
        const pages = [PARTITION, 8, 9, 10, 11, 12].map(partition => store.keysAfter(partition, '', 10));
        assert.deepEqual((await Promise.all(pages))[0], [first, second]);
        await Promise.all([before, committed]);
      }),
  },
  {
    title: 'RowIndex finds the row of every key, whatever came and went (S5)',
    check: async () => {
      const dice = new Dice(7);
      // Few hashes for many keys, so that most do not stand where they want to.
      const numberIn = (key: string): number => Number(key.slice(4));
      const index = new RowIndex({
        first: key => 256 * (numberIn(key) % 50),
        second: key => numberIn(key) % 3,
      });
      const rows = new Map<string, number>();
      for (let number = 1; number <= 2000; number++) {
        const key = dice.pick(KEYS);
        const had = rows.get(key);
        if (had === undefined) {
          index.add(key, number);
          rows.set(key, number);
        } else {
          index.remove(key, had);
          rows.delete(key);
        }
        for (const [other, place] of rows) assert(index.candidates(other).includes(place), other);
      }
      assert.deepEqual(
        index.numbersOf(PARTITION),
        [...rows.values()].sort((a, b) => a - b),
      );
      assert.equal(index.sizeOf(PARTITION), rows.size);
    },
  },
];
