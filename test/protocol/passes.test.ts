import test from 'ava';
import fc from 'fast-check';
import { isAhead, NO_PASSES, PASS_MARKS_MAX, type Pass, withPass } from '../../src/protocol/passes.ts';
import { randomRuns } from '../history/random-runs.ts';

const after = (passes: readonly Pass[]) => {
  return passes.reduce((marks, pass) => withPass(marks, pass), NO_PASSES);
};
const others = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => ({ router: `other-${i}`, number: from + i }));

test('isAhead() lets through what is above the mark of its router, and nothing else (R3)', t => {
  const marks = after([{ router: 'r', number: 5 }]);
  t.false(isAhead(marks, { router: 'r', number: 4 }));
  t.false(isAhead(marks, { router: 'r', number: 5 }));
  t.true(isAhead(marks, { router: 'r', number: 6 }));
});

test('isAhead() lets any number of a router through, of which nothing was (R3)', t => {
  t.true(isAhead(NO_PASSES, { router: 'r', number: 1 }));
  t.true(isAhead(after([{ router: 'r', number: 5 }]), { router: 's', number: 1 }));
});

test('isAhead() stops what a dropped mark may have been for, and lets later numbers through (R3)', t => {
  const marks = after([{ router: 'r', number: 5 }, ...others(PASS_MARKS_MAX, 10)]);
  t.is(marks.latest.length, PASS_MARKS_MAX);
  t.false(isAhead(marks, { router: 'r', number: 5 }));
  t.true(isAhead(marks, { router: 'r', number: 6 }));
  t.false(isAhead(marks, { router: 'never seen', number: 5 }));
});

test('withPass() drops the mark that was used longest ago', t => {
  const marks = after([
    { router: 'r', number: 5 },
    ...others(PASS_MARKS_MAX - 1, 10),
    { router: 'r', number: 20 },
    { router: 'last', number: 21 },
  ]);
  t.is(marks.dropped, 10);
  t.false(isAhead(marks, { router: 'r', number: 20 }));
  t.true(isAhead(marks, { router: 'r', number: 21 }));
});

test('isAhead() never lets a pass through twice, whatever the order, and lets most through once (R3)', t => {
  const passes = fc.array(
    fc.record({ router: fc.constantFrom(...'abcdefghijkl'), number: fc.integer({ min: 1, max: 40 }) }),
    { maxLength: 80, size: 'max' },
  );
  let through = 0;
  let stopped = 0;
  const property = fc.property(passes, all => {
    let marks = NO_PASSES;
    const applied = new Set<string>();
    for (const pass of all) {
      const name = `${pass.router} ${pass.number}`;
      if (!isAhead(marks, pass)) {
        stopped += 1;
        continue;
      }
      if (applied.has(name)) return false;
      applied.add(name);
      through += 1;
      marks = withPass(marks, pass);
    }
    return true;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
  t.true(through > 1000 && stopped > 1000, `${through} let through, ${stopped} stopped`);
});
