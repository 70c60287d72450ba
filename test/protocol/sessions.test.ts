import test from 'ava';
import fc from 'fast-check';
import {
  isForgotten,
  numberedId,
  RANGES_MAX,
  readNumberedId,
  SESSION_MARKS_MAX,
  type SessionMark,
  withForgotten,
} from '../../src/protocol/sessions.ts';
import { randomRuns } from '../history/random-runs.ts';

const idOf = (number: number, session = 's'): string => numberedId({ session, number });
const after = (ids: readonly string[]): readonly SessionMark[] => {
  return ids.reduce<readonly SessionMark[]>(withForgotten, []);
};
const rangesOf = (marks: readonly SessionMark[]) => marks[0]?.ranges.map(({ first, last }) => [first, last]);

test('readNumberedId() reads what numberedId() made', t => {
  for (const number of [0, 1, 35, 36, 36 ** 10 - 1]) {
    t.deepEqual(readNumberedId(idOf(number, 'aZ0-_')), { session: 'aZ0-_', number });
  }
});

test('readNumberedId() leaves ids of any other form to their clients, and takes one spelling of a number', t => {
  for (const id of [
    'order.42',
    's.1',
    '~s',
    '~s.',
    '~.1',
    '~s.01',
    '~s.A',
    '~s.1.2',
    '~s.-1',
    ' ~s.1',
    '~s.1\n',
  ]) {
    t.is(readNumberedId(id), undefined, id);
  }
  t.is(readNumberedId(`~s.${'z'.repeat(11)}`), undefined, 'beyond 2^53');
});

test('isForgotten() knows every number that was forgotten, and none besides, while ranges are few (R4)', t => {
  const numbers = fc.array(fc.nat(2 * RANGES_MAX), { maxLength: 3 * RANGES_MAX });
  const property = fc.property(numbers, gone => {
    const marks = after(gone.map(number => idOf(number)));
    for (let number = 0; number <= 2 * RANGES_MAX + 1; number++) {
      if (isForgotten(marks, idOf(number)) !== gone.includes(number)) return false;
    }
    return true;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 300)));
});

test('isForgotten() never misses a number, however many ranges there would be (R4)', t => {
  const property = fc.property(fc.array(fc.nat(100_000), { minLength: 200, maxLength: 400 }), gone => {
    const marks = after(gone.map(number => idOf(number)));
    const isBounded = marks.every(({ ranges }) => ranges.length <= RANGES_MAX);
    return isBounded && gone.every(number => isForgotten(marks, idOf(number)));
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 100)));
});

test('withForgotten() keeps numbers in ascending ranges that do not touch', t => {
  t.deepEqual(rangesOf(after([5, 7, 6, 1, 9, 5].map(number => idOf(number)))), [
    [1, 1],
    [5, 7],
    [9, 9],
  ]);
});

test('withForgotten() makes the lowest ranges one when there are too many, so that late numbers stay exact', t => {
  const marks = after(Array.from({ length: RANGES_MAX + 1 }, (_, i) => idOf(2 * i)));
  t.true(isForgotten(marks, idOf(1)));
  t.false(isForgotten(marks, idOf(3)));
  t.false(isForgotten(marks, idOf(2 * RANGES_MAX - 1)));
});

test('isForgotten() tells sessions apart', t => {
  const marks = after([idOf(1, 'a'), idOf(2, 'b')]);
  t.true(isForgotten(marks, idOf(1, 'a')));
  t.false(isForgotten(marks, idOf(2, 'a')));
  t.false(isForgotten(marks, idOf(1, 'b')));
  t.false(isForgotten(marks, idOf(1, 'c')));
});

test('withForgotten() drops the session of which nothing was forgotten for longest', t => {
  const others = Array.from({ length: SESSION_MARKS_MAX - 1 }, (_, i) => idOf(1, `other-${i}`));
  const marks = after([idOf(1, 'a'), ...others, idOf(2, 'a'), idOf(1, 'last')]);
  t.is(marks.length, SESSION_MARKS_MAX);
  t.true(isForgotten(marks, idOf(1, 'a')));
  t.false(isForgotten(marks, idOf(1, 'other-0')));
});

test('withForgotten() changes nothing for an id that is not numbered', t => {
  const marks = after([idOf(1)]);
  t.is(withForgotten(marks, 'order.42'), marks);
});
