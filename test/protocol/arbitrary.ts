// Random ballots, values and states for property tests. Few different parts, so that equal ones are common.

import fc from 'fast-check';
import type { Ballot } from '../../src/protocol/ballot.ts';
import type { RegisterState } from '../../src/protocol/state.ts';
import type { Value } from '../../src/protocol/value.ts';

export const ballots: fc.Arbitrary<Ballot> = fc.record({
  counter: fc.nat(4),
  proposer: fc.constantFrom('', 'p1', 'p2', 'p3'),
});

/** Ballots as proposers use them. */
export const usedBallots: fc.Arbitrary<Ballot> = fc.record({
  counter: fc.integer({ min: 1, max: 4 }),
  proposer: fc.constantFrom('p1', 'p2', 'p3'),
});

const numbers = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isExact),
);
const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
const names = fc.oneof(
  fc.string({ maxLength: 8, unit: 'binary' }),
  fc.constantFrom(
    '',
    'a__proto__',
    '__proto__b',
    'constructor',
    'toString',
    'hasOwnProperty',
    'x'.repeat(300),
  ),
);

/** Whatever clients may store. */
export const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    numbers,
    texts,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

function isExact(number: number): boolean {
  return !Object.is(number, -0) && (!Number.isInteger(number) || Number.isSafeInteger(number));
}

const counters = fc.integer({ min: 1, max: 2 ** 52 - 1 });

export const states: fc.Arbitrary<RegisterState> = fc
  .record({
    kind: fc.constantFrom('switch', 'register', 'variable', undefined),
    version: fc.nat(),
    set: fc.boolean(),
    value: values,
    remembered: fc.array(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 64 }),
        atSeconds: fc.nat(),
        ended: fc.oneof(
          fc.record({
            kind: fc.constant('done' as const),
            version: fc.nat(),
            result: fc.option(values, { nil: undefined }),
          }),
          fc.record({
            kind: fc.constant('refused' as const),
            code: fc.constantFrom('conflict' as const, 'rejected' as const, 'too_large' as const),
          }),
        ),
      }),
      { maxLength: 3 },
    ),
    forgotten: fc.array(
      fc.record({
        session: fc.string({ maxLength: 22 }),
        ranges: fc
          .uniqueArray(fc.nat(), { maxLength: 6 })
          .map(ends => ends.sort((a, b) => a - b))
          .map(ends =>
            ends.flatMap((first, i) => (i % 2 === 0 ? [{ first, last: ends[i + 1] ?? first }] : [])),
          ),
      }),
      { maxLength: 3 },
    ),
    rounds: fc.array(fc.record({ proposer: fc.string({ maxLength: 24 }), counter: counters }), {
      maxLength: 8,
    }),
    passes: fc.record({
      latest: fc.array(fc.record({ router: fc.string({ maxLength: 24 }), number: counters }), {
        maxLength: 8,
      }),
      dropped: fc.nat(),
    }),
    untilMs: fc.option(fc.nat(), { nil: undefined }),
    collected: fc.nat(),
    collectedStay: fc.oneof(fc.constant(0), fc.nat()),
  })
  .map(state => {
    const set = state.kind !== undefined && state.set;
    return { ...state, set, value: set && state.kind !== 'switch' ? state.value : undefined };
  });
