import test from 'ava';
import fc from 'fast-check';
import { BUILT_IN_CHANGES, ChangeRejected } from '../../src/protocol/changes.ts';
import { checkValue, type Value } from '../../src/protocol/value.ts';
import { randomRuns } from '../history/random-runs.ts';
import { values } from './arbitrary.ts';

function apply(name: string, value: Value | undefined, args: readonly Value[]): Value {
  const change = BUILT_IN_CHANGES.get(name);
  if (change === undefined) throw new Error(`There is no change '${name}'`);
  return change(value, args, { nowMs: 0, version: 1 });
}

const MAX = Number.MAX_SAFE_INTEGER;

/** Change, value, arguments, result. */
const RESULTS: readonly (readonly [string, Value | undefined, readonly Value[], Value])[] = [
  ['add', undefined, [5], 5],
  ['add', 2, [-3], -1],
  ['add', 0.5, [0.25], 0.75],
  ['add', MAX - 1, [1], MAX],
  ['max', undefined, [3], 3],
  ['max', 2, [3], 3],
  ['max', 4, [3], 4],
  ['min', undefined, [3], 3],
  ['min', 2, [3], 2],
  ['min', 4, [3], 3],
  ['append', undefined, ['a'], ['a']],
  ['append', ['a'], ['b', ['c']], ['a', 'b', ['c']]],
  ['append', ['a'], [], ['a']],
  ['addToSet', undefined, ['a', 'a'], ['a']],
  ['addToSet', [{ x: 1, y: 2 }], [{ y: 2, x: 1 }, 'b'], [{ x: 1, y: 2 }, 'b']],
  ['removeFromSet', undefined, ['a'], []],
  ['removeFromSet', ['a', 'b', 'a'], ['a'], ['b']],
  ['removeFromSet', [[1], [2]], [[2]], [[1]]],
  ['merge', undefined, [{ a: 1 }], { a: 1 }],
  ['merge', { a: 1, b: 2 }, [{ b: 3, c: 4 }], { a: 1, b: 3, c: 4 }],
  ['setField', undefined, ['a', 1], { a: 1 }],
  ['setField', { a: 1, b: 2 }, ['a', null], { a: null, b: 2 }],
  ['setField', {}, ['constructor', 1], { constructor: 1 }],
];

for (const [name, value, args, result] of RESULTS) {
  test(`${name} makes ${JSON.stringify(result)} of ${JSON.stringify(value)} and ${JSON.stringify(args)}`, t => {
    t.deepEqual(apply(name, value, args), result);
  });
}

/** Change, value, arguments, what the refusal says. */
const REFUSALS: readonly (readonly [string, Value | undefined, readonly Value[], RegExp])[] = [
  ['add', 'text', [1], /needs a number, and the value is a text$/],
  ['add', null, ['1'], /the argument is a text$/],
  ['add', [], [1], /needs a number, and the value is an array$/],
  ['add', 1, [], /takes 1 argument and got 0/],
  ['add', 1, [1, 2], /takes 1 argument and got 2/],
  ['add', MAX, [1], /beyond 2\^53 - 1/],
  ['add', -MAX, [-1], /beyond 2\^53 - 1/],
  ['add', 1.7e308, [1.7e308], /beyond/],
  ['max', 'a', [1], /the value is a text$/],
  ['max', 1, ['b'], /the argument is a text$/],
  ['max', 1, [], /takes 1 argument/],
  ['min', true, [1], /the value is true$/],
  ['min', undefined, ['b'], /needs a number/],
  ['append', 'text', ['a'], /needs an array/],
  ['append', { 0: 'a' }, ['a'], /needs an array/],
  ['addToSet', 1, ['a'], /needs an array/],
  ['removeFromSet', 'a', ['a'], /needs an array/],
  ['merge', [], [{}], /needs an object, and the value is an array$/],
  ['merge', {}, [[]], /needs an object, and the argument is an array$/],
  ['merge', {}, [null], /the argument is null$/],
  ['merge', {}, [], /takes 1 argument/],
  ['setField', 1, ['a', 1], /needs an object/],
  ['setField', {}, ['a'], /takes 2 arguments/],
  ['setField', {}, [1, 2], /takes 2 arguments/],
  ['setField', {}, ['__proto__', {}], /cannot be named '__proto__'/],
];

for (const [name, value, args, why] of REFUSALS) {
  test(`${name} refuses ${JSON.stringify(value)} with ${JSON.stringify(args)}`, t => {
    const error = t.throws(() => apply(name, value, args), { instanceOf: ChangeRejected });
    t.regex(error?.message ?? '', why);
  });
}

test('BUILT_IN_CHANGES makes values of values or refuses, and leaves what it was given as it was', t => {
  const given = fc.record({
    name: fc.constantFrom(...BUILT_IN_CHANGES.keys()),
    value: fc.option(values, { nil: undefined }),
    args: fc.array(values, { maxLength: 3 }),
  });
  let applied = 0;
  const property = fc.property(given, ({ name, value, args }) => {
    const before = JSON.stringify([value, args]);
    try {
      if (checkValue(apply(name, value, args)).kind !== 'value') return false;
      applied += 1;
    } catch (error) {
      if (!(error instanceof ChangeRejected)) throw error;
    }
    return JSON.stringify([value, args]) === before;
  });
  // Most changes take few of such arguments.
  t.notThrows(() => fc.assert(property, randomRuns(t, 5000)));
  t.true(applied > 300, `Only ${applied} were applied`);
});
