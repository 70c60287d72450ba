// How many registers wait to be collected, by the pages that collectors are told.

import test from 'ava';
import { Uncollected } from '../../src/node/acceptor/uncollected.ts';

/** 26 names. */
const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz'];

const PAGE = { collector: 'p1', partition: 7, after: '', end: 'h', isLast: false };

test('a partition counts once it was gone through, and until then as it was before', t => {
  const counted = new Uncollected();
  counted.passed({ ...PAGE, unset: ['a', 'b'] });
  t.is(counted.registers, 0);
  counted.passed({ ...PAGE, after: 'h', end: 'p', isLast: true, unset: ['k'] });
  t.is(counted.registers, 3);
  counted.passed({ ...PAGE, unset: [] });
  t.is(counted.registers, 3);
  counted.passed({ ...PAGE, after: 'h', end: 'p', isLast: true, unset: ['k'] });
  t.is(counted.registers, 1);
  counted.passed({ ...PAGE, partition: 8, isLast: true, unset: ['a'] });
  t.is(counted.registers, 2);
});

test('what comes again, as another acceptor told less or the answer was lost, is not counted twice', t => {
  const counted = new Uncollected();
  for (const after of ['', '', 'c', 'f'])
    counted.passed({ ...PAGE, after, end: 'z', isLast: true, unset: ALPHABET.filter(name => name > after) });
  t.is(counted.registers, ALPHABET.length);
});

test('what a collector went through without this acceptor, or beside another collector, is not counted', t => {
  const counted = new Uncollected();
  counted.passed({ ...PAGE, unset: ['a'] });
  counted.passed({ ...PAGE, after: 'k', end: 'z', isLast: true, unset: ['y'] });
  t.is(counted.registers, 0, 'i and j were not told');
  counted.passed({ ...PAGE, unset: ['a'] });
  counted.passed({ ...PAGE, collector: 'p2', unset: ['a', 'b'] });
  counted.passed({ ...PAGE, after: 'h', isLast: true, unset: ['k'] });
  t.is(counted.registers, 0);
  counted.passed({ ...PAGE, collector: 'p2', after: 'h', isLast: true, unset: ['k'] });
  t.is(counted.registers, 3);
});

test('what was dropped since is not counted', t => {
  const counted = new Uncollected();
  counted.passed({ ...PAGE, isLast: true, unset: ['a', 'b'] });
  for (const name of ['a', 'a', 'not there']) counted.collected(7, name);
  t.is(counted.registers, 1);
});

test('of a stay that is over, or another one than was asked for, nothing is counted', t => {
  const counted = new Uncollected();
  counted.passed({ ...PAGE, isLast: true, unset: ['a', '$2$b'] });
  t.is(counted.registers, 1);
  counted.closed(new Map([[7, 0]]));
  t.is(counted.registers, 0, 'It was moved away');
  counted.passed({ ...PAGE, after: '$2$', end: 'a', unset: ['$2$b', '$2$c', 'a'] });
  t.is(counted.registers, 2, 'It is back, and the names of its stay end before a');
});
