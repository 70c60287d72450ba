import test from 'ava';
import fc from 'fast-check';
import { UNSET } from '../../src/protocol/state.ts';
import { checkValue } from '../../src/protocol/value.ts';
import { pack } from '../../src/transport/msgpack.ts';
import { decodeState, encodeState, StateFormatError } from '../../src/transport/state-codec.ts';
import { randomRuns } from '../history/random-runs.ts';
import { states } from '../protocol/arbitrary.ts';
import { damaged, randomBytes } from './random-bytes.ts';

test('decodeState() gives back what encodeState() was given', t => {
  const property = fc.property(states, state => {
    t.deepEqual(decodeState(encodeState(state)), state);
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 1000)));
});

test('decodeState() gives back every value that clients may store', t => {
  const names = fc.string({ unit: 'binary' }).map(text => `${text}__proto__`);
  const property = fc.property(fc.dictionary(names, fc.nat(), { noNullPrototype: true }), value => {
    if (checkValue(value).kind === 'refused') return;
    t.deepEqual(
      decodeState(encodeState({ ...UNSET, kind: 'variable', version: 1, set: true, value })).value,
      value,
    );
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

test('decodeState() gives back the state that nobody changed', t => {
  t.deepEqual(decodeState(encodeState(UNSET)), UNSET);
});

test('decodeState() tells null from unset', t => {
  const written = { ...UNSET, kind: 'variable' as const, version: 1, set: true, value: null };
  t.deepEqual(decodeState(encodeState(written)), written);
  const deleted = { ...UNSET, kind: 'variable' as const, version: 2 };
  t.deepEqual(decodeState(encodeState(deleted)), deleted);
});

test('encodeState() gives equal bytes for equal states (A2)', t => {
  const property = fc.property(states, state => {
    const again = encodeState(decodeState(encodeState(state)));
    return Buffer.compare(encodeState(state), again) === 0;
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 500)));
});

test('decodeState() reads what earlier versions wrote', t => {
  const written = { ...UNSET, kind: 'variable' as const, version: 2, set: true, value: 'apples' };
  const remembered = [{ id: 'r1', atSeconds: 5, ended: { kind: 'done', version: 2, result: undefined } }];
  const state = { ...written, remembered, rounds: [{ proposer: 'p1-cafe', counter: 2 }] };
  const passes = { latest: [{ router: 'p2-beef', number: 4 }], dropped: 1 };
  const first = '97010202c3a66170706c65739193a2723105029192a770312d6361666502';
  const second = '99020202c3a66170706c65739193a2723105029192a770312d63616665029192a770322d626565660401';
  t.like(decodeState(Buffer.from(first, 'hex')), state);
  t.like(decodeState(Buffer.from(second, 'hex')), { ...state, passes });
  const third = '9a030202c3a66170706c65739193a2723105029192a770312d63616665029192a770322d62656566040190';
  t.deepEqual(decodeState(Buffer.from(third, 'hex')), { ...UNSET, ...state, passes });
});

test('what was collected in no stay but the first is written as it was before there were groups', t => {
  t.is(encodeState({ ...UNSET, version: 2, collected: 7 })[1], 4);
  t.is(encodeState({ ...UNSET, version: 2, collected: 7, collectedStay: 1 })[1], 5);
});

const GOOD: readonly unknown[] = [5, 2, 3, true, 'A', [], [], [], 0, [], null, 0, 0];

/** What stands where in the array, and what the refusal says. */
const BAD: readonly (readonly [number, unknown, RegExp])[] = [
  [0, 6, /format 6, this program reads up to 5/],
  [0, 2.5, /format 2.5/],
  [0, null, /format null/],
  [0, { toString: 1, valueOf: 1 }, /format a map/],
  [2, { toString: 1, valueOf: 1 }, /version is a map/],
  [1, -2, /kind is -2/],
  [1, 'variable', /kind is variable/],
  [2, -1, /version is -1/],
  [2, 1.5, /version is 1.5/],
  [2, 2 ** 60, /version is/],
  [4, 2 ** 60, /beyond 2\^53/],
  [4, new Uint8Array(3), /holds bytes/],
  [5, null, /the remembered ids is no array/],
  [5, [1], /a remembered id is no array/],
  [5, [[1, 2, 3]], /a remembered id is no string/],
  [5, [['x', -1, 3]], /the time of a remembered id is -1/],
  [5, [['x', 1, 'nonsense']], /the version of a remembered id is nonsense/],
  [6, {}, /the rounds is no array/],
  [6, [[7, 1]], /the proposer of a round is no string/],
  [6, [['p1', -1]], /the counter of a round is -1/],
  [7, null, /the passes is no array/],
  [7, [[7, 1]], /the router of a pass is no string/],
  [7, [['p1', 0.5]], /the number of a pass is 0.5/],
  [8, -1, /the dropped pass is -1/],
  [9, null, /the forgotten ids is no array/],
  [9, [[7, 1, 1]], /a session is no string/],
  [9, [['c', -1, 1]], /a step to forgotten ids is -1/],
  [9, [['c', 1]], /a range of forgotten ids is/],
  [10, 'x', /its time is x/],
  [11, -1, /what was collected is -1/],
  [12, 'x', /the stay of what was collected is x/],
];

for (const [place, wrong, why] of BAD) {
  test(`decodeState() refuses ${JSON.stringify(wrong)} at place ${place}`, t => {
    const error = t.throws(() => decodeState(pack(GOOD.with(place, wrong))), {
      instanceOf: StateFormatError,
    });
    t.regex(error?.message ?? '', why);
  });
}

test('decodeState() refuses what is no array and no msgpack', t => {
  t.throws(() => decodeState(pack({})), { instanceOf: StateFormatError, message: /the state is no array/ });
  t.throws(() => decodeState(new Uint8Array(0)), { instanceOf: StateFormatError, message: /ends too early/ });
});

test('decodeState() throws StateFormatError and nothing else, when the bytes are damaged', t => {
  let refused = 0;
  const property = fc.property(fc.oneof(damaged(states.map(encodeState)), randomBytes), given => {
    try {
      decodeState(given);
    } catch (error) {
      if (!(error instanceof StateFormatError)) throw error;
      refused += 1;
    }
  });
  t.notThrows(() => fc.assert(property, randomRuns(t, 5_000)));
  t.true(refused > 1_000 && refused < 4_900, `${refused} were refused`);
});
