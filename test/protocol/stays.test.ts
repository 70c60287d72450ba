import test from 'ava';
import fc from 'fast-check';
import { PARTITIONS, partitionOf } from '../../src/protocol/partition.ts';
import {
  isClosed,
  isOwn,
  keyIn,
  NOTHING_CLOSED,
  nameIn,
  partitionKey,
  prefixOfStay,
  stayOf,
  withClosed,
} from '../../src/protocol/stays.ts';

const keys = fc.stringMatching(/^[A-Za-z0-9_/=-]{1,20}(\.[A-Za-z0-9_/=-]{1,9}){0,3}$/);
const stays = fc.nat(1_000_000);

test('a key has another name in each stay, which tells the key and the stay, and is of the same partition', t => {
  const property = fc.property(keys, stays, stays, (key, stay, other) => {
    const name = nameIn(stay, key);
    t.is(keyIn(name), key);
    t.is(stayOf(name), stay);
    t.is(partitionOf(name), partitionOf(key));
    t.true(name.startsWith(prefixOfStay(stay)));
    t.is(name === nameIn(other, key), stay === other);
    t.false(isOwn(name));
  });
  t.notThrows(() => fc.assert(property));
});

test('in the first stay a key has its own name: files of before are as they were', t => {
  t.is(nameIn(0, 'orders.42'), 'orders.42');
});

test('a partition has a name in each stay, which is no key', t => {
  for (const partition of [0, 7, PARTITIONS - 1]) {
    for (const stay of [0, 3]) {
      const name = nameIn(stay, partitionKey(partition));
      t.is(partitionOf(name), partition);
      t.is(stayOf(name), stay);
    }
  }
});

test("the cluster's own registers are of no stay", t => {
  for (const name of ['$members', '$groups']) {
    t.true(isOwn(name));
    t.is(stayOf(name), undefined);
    t.is(keyIn(name), name);
  }
});

test('a stay that is closed closes those before it in its partition, and nothing else', t => {
  const closed = withClosed(NOTHING_CLOSED, 7, 3);
  t.deepEqual(
    [0, 3, 4].map(stay => isClosed(closed, 7, stay)),
    [true, true, false],
  );
  t.false(isClosed(closed, 8, 0));
  t.is(withClosed(closed, 7, 2), closed);
  t.is(withClosed(closed, 7, 3), closed);
  t.true(isClosed(withClosed(closed, 7, 5), 7, 5));
});
