// What every Store must do, run once for each implementation.

import test, { type ExecutionContext } from 'ava';
import { EMPTY_SLOT, type Slot } from '../../src/protocol/acceptor.ts';
import { filterOf, printsOf } from '../../src/protocol/filter.ts';
import { partitionOf } from '../../src/protocol/partition.ts';
import type { Store } from '../../src/storage/store.ts';
import { slotOf } from './slots.ts';

/** Opens the same memory again each time it is called: what was committed before is still there. */
export type Opener = () => Promise<Store>;

export function storeContract(name: string, newMemory: (t: ExecutionContext) => Promise<Opener>): void {
  const contract = (title: string, body: (t: ExecutionContext, store: Store) => Promise<void>) =>
    test(`${name}: ${title}`, async t => {
      const store = await (await newMemory(t))();
      await body(t, store);
      await store.close();
    });

  contract('load() leaves out a key, when it has no slot', async (t, store) => {
    await store.commit(new Map([['a', slotOf(1, 'one')]]));
    t.deepEqual(await store.load(['a', 'b']), new Map([['a', slotOf(1, 'one')]]));
  });

  contract('mayHave() tells keys with a slot from those without', async (t, store) => {
    t.false(store.mayHave('a'));
    await store.commit(new Map([['a', slotOf(1, 'one')]]));
    t.true(store.mayHave('a'));
    t.false(store.mayHave('b'));
    await store.commit(new Map([['a', EMPTY_SLOT]]));
    t.false(store.mayHave('a'));
  });

  contract('load() gives an empty map, when no key is asked for', async (t, store) => {
    t.deepEqual(await store.load([]), new Map());
  });

  contract('load() gives a slot once, when its key is asked for twice', async (t, store) => {
    await store.commit(new Map([['a', slotOf(1, 'one')]]));
    t.deepEqual(await store.load(['a', 'a']), new Map([['a', slotOf(1, 'one')]]));
  });

  contract('load() keeps keys apart, when they differ in case or by a prefix', async (t, store) => {
    const slots = new Map(['a', 'A', 'a.b', 'a.b.c', 'ä', '"', '€{}'].map((key, i) => [key, slotOf(i, key)]));
    await store.commit(slots);
    t.deepEqual(await store.load([...slots.keys()]), slots);
  });

  contract('commit() replaces a slot, when the key has one', async (t, store) => {
    await store.commit(new Map([['a', slotOf(1, 'a long first value')]]));
    await store.commit(new Map([['a', slotOf(2, 'short')]]));
    t.deepEqual(await store.load(['a']), new Map([['a', slotOf(2, 'short')]]));
  });

  contract('commit() keeps a slot that only promised, when nothing was accepted', async (t, store) => {
    const slot: Slot = { ...EMPTY_SLOT, promised: { counter: 7, proposer: 'p2' } };
    await store.commit(new Map([['a', slot]]));
    t.deepEqual(await store.load(['a']), new Map([['a', slot]]));
  });

  contract(
    'commit() leaves a key without a slot, when that is empty, beside others that come (D2)',
    async (t, store) => {
      await store.commit(
        new Map([
          ['a', slotOf(1, 'one')],
          ['b', slotOf(1, 'two')],
        ]),
      );
      await store.commit(
        new Map([
          ['a', EMPTY_SLOT],
          ['c', slotOf(1, 'three')],
          ['never', EMPTY_SLOT],
        ]),
      );
      t.deepEqual([...(await store.load(['a', 'b', 'c', 'never'])).keys()].toSorted(), ['b', 'c']);
      for (const key of ['a', 'never']) t.deepEqual(await store.keysAfter(partitionOf(key), '', 10), []);
      await store.commit(new Map([['a', slotOf(2, 'again')]]));
      t.deepEqual(await store.load(['a']), new Map([['a', slotOf(2, 'again')]]));
    },
  );

  contract('commit() changes nothing, when the map is empty', async (t, store) => {
    await store.commit(new Map());
    t.deepEqual(await store.load(['a']), new Map());
  });

  contract('commit() takes any number of slots, when a turn is large', async (t, store) => {
    for (const count of [2, 16, 17, 511, 512, 513, 2000]) {
      const slots = manySlots(count);
      await store.commit(slots);
      t.deepEqual(inOrder(await store.load([...slots.keys()])), inOrder(slots));
    }
  });

  contract('commit() takes a value of a megabyte, when it is the only one', async (t, store) => {
    const slot: Slot = { ...slotOf(1, ''), value: new Uint8Array(2 ** 20).fill(0xa5) };
    await store.commit(new Map([['large', slot]]));
    t.deepEqual(await store.load(['large']), new Map([['large', slot]]));
  });

  contract(
    'load() shows the commits called before it and none after, when calls overlap (A3)',
    async (t, store) => {
      const key = ['a'];
      const calls = [];
      for (let i = 0; i < 50; i++) {
        calls.push(store.commit(new Map([...manySlots(20), ['a', slotOf(i, `turn ${i}`)]])));
        calls.push(store.load(key).then(found => t.deepEqual(found.get('a'), slotOf(i, `turn ${i}`))));
      }
      await Promise.all(calls);
    },
  );

  contract(
    'load() resolves after the commits called before it, when calls overlap (A3)',
    async (t, store) => {
      const order: string[] = [];
      const commit = store.commit(manySlots(100)).then(() => order.push('commit'));
      const load = store.load(['key.1']).then(() => order.push('load'));
      await Promise.all([load, commit]);
      t.deepEqual(order, ['commit', 'load']);
    },
  );

  contract('keysAfter() goes through a partition in pages, each key once and no other', async (t, store) => {
    const keys = Array.from({ length: 2000 }, (_, i) => `key.${i}`);
    const partition = partitionOf('key.1');
    const own = keys.filter(key => partitionOf(key) === partition).sort((a, b) => (a < b ? -1 : 1));
    t.true(own.length > 4);
    await store.commit(new Map(keys.map(key => [key, slotOf(1, key)])));
    for (const max of [1, 2, own.length, own.length + 1]) {
      const listed: string[] = [];
      for (let page = await store.keysAfter(partition, '', max); page.length > 0; ) {
        t.true(page.length <= max);
        listed.push(...page);
        page = await store.keysAfter(partition, page.at(-1) ?? '', max);
      }
      t.deepEqual(listed, own);
    }
  });

  contract('keysAfter() shows what came and went since the page before', async (t, store) => {
    const [first = '', second = '', third = ''] = Array.from({ length: 5000 }, (_, i) => `key.${i}`)
      .filter(key => partitionOf(key) === 7)
      .sort((a, b) => (a < b ? -1 : 1));
    const all = async () => store.keysAfter(7, '', 10);
    await store.commit(new Map([[second, slotOf(1, '')]]));
    t.deepEqual(await all(), [second]);
    await store.commit(new Map([third, first].map(key => [key, slotOf(1, '')])));
    t.deepEqual(await all(), [first, second, third]);
    await store.commit(new Map([second, third].map(key => [key, EMPTY_SLOT])));
    t.deepEqual(await all(), [first]);
    await store.commit(new Map([[first, slotOf(2, '')]]));
    for (let partition = 0; partition < 7; partition++)
      t.deepEqual(await store.keysAfter(partition, '', 10), []);
    t.deepEqual(await all(), [first]);
  });

  contract('commit() stores the map as it was, when the caller goes on to change it', async (t, store) => {
    const slots = new Map([['a', slotOf(1, 'one')]]);
    const committed = store.commit(slots);
    slots.set('a', slotOf(2, 'two'));
    await committed;
    t.deepEqual(await store.load(['a']), new Map([['a', slotOf(1, 'one')]]));
  });

  test(`${name}: load() shows what was committed, when the store was closed and opened again (S3)`, async t => {
    const open = await newMemory(t);
    const first = await open();
    await first.commit(manySlots(300));
    await first.close();
    const second = await open();
    t.deepEqual(inOrder(await second.load([...manySlots(300).keys()])), inOrder(manySlots(300)));
    await second.close();
  });
}

function manySlots(count: number): ReadonlyMap<string, Slot> {
  return new Map(Array.from({ length: count }, (_, i) => [`key.${i}`, slotOf(i, `value ${i} of ${count}`)]));
}

/** A load gives slots in any order. */
function inOrder(slots: ReadonlyMap<string, Slot>): readonly (readonly [string, Slot])[] {
  return [...slots].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Of a Store whose hashes of keys are those of filters. */
export function printsContract(name: string, newMemory: (t: ExecutionContext) => Promise<Opener>): void {
  test(`${name}: printsOf() is what the filter of all keys of a partition is made of`, async t => {
    const store = await (await newMemory(t))();
    const keys = Array.from({ length: 3000 }, (_, i) => `key.${i}`);
    const own = keys.filter(key => partitionOf(key) === 7);
    await store.commit(new Map([...keys, '#7', '#memory'].map(key => [key, slotOf(1, key)])));
    t.is(await store.printsOf(7, own.length - 1), undefined);
    const prints = await store.printsOf(7, own.length);
    t.deepEqual(prints && filterOf(prints), filterOf(printsOf(own)));
    t.is(prints?.length, 2 * own.length);
    const [gone = '', ...left] = own;
    await store.commit(new Map([[gone, EMPTY_SLOT]]));
    const after = await store.printsOf(7, own.length);
    t.deepEqual(after && filterOf(after), filterOf(printsOf(left)));
    await store.close();
  });
}
