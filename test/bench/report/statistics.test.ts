import test from 'ava';
import { grouped, spreadOf } from './statistics.ts';

test('spreadOf() takes the middle, or the mean of the two middle ones', t => {
  t.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  t.deepEqual(spreadOf([4, 1, 2, 10]), { median: 3, min: 1, max: 10 });
  t.deepEqual(spreadOf([5]), { median: 5, min: 5, max: 5 });
});

test('spreadOf() does not know what a run did not know', t => {
  t.is(spreadOf([]), null);
  t.is(spreadOf([1, null, 3]), null);
});

test('grouped() keeps the order of first appearance', t => {
  t.deepEqual(
    grouped(['b1', 'a1', 'b2'], item => item.slice(0, 1)),
    [['b1', 'b2'], ['a1']],
  );
});
