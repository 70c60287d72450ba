import test from 'ava';
import {
  evaluate,
  mayBeFound,
  type Pending,
  resolveAttempts,
  withAttempt,
} from '../../src/protocol/batch.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { ROUND_MARKS_MAX, withRound } from '../../src/protocol/lineage.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { type Outcome, REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { create, DEADLINE_MS, read, shown, UNSET_SHOWN, write } from './group.ts';

const CONTEXT = {
  changes: BUILT_IN_CHANGES,
  valueBytesMax: 1000,
  rememberedMax: REMEMBERED_MAX,
  nowSeconds: 0,
  proposer: 'p1',
};

function batchOf(...operations: readonly Operation[]): readonly Pending[] {
  return operations.map((operation, token) => {
    return { token, request: { operation, id: undefined }, deadlineMs: DEADLINE_MS, attempts: [] };
  });
}

const A: Outcome = { kind: 'done', view: { set: true, value: 'A', version: 1 }, duplicate: false };
const LATER: Outcome = { kind: 'done', view: { set: true, value: 'A', version: 7 }, duplicate: false };
/** A write that was carried by the rounds with these counters. */
const carried = (...counters: readonly number[]): readonly Pending[] => {
  return counters.reduce((batch, counter) => withAttempt(batch, counter, [A]), batchOf(write('A')));
};
const historyOf = (...rounds: readonly (readonly [number, string])[]): RegisterState => {
  return rounds.reduce((state, [counter, proposer]) => withRound(state, { counter, proposer }), UNSET);
};

test('evaluate() applies a batch in order, and answers each from its own place', t => {
  const { outcomes, state, changed } = evaluate(
    batchOf(read, write('A'), create('B'), write('C'), read),
    UNSET,
    CONTEXT,
  );
  t.deepEqual(outcomes.toSpliced(2, 1), [UNSET_SHOWN, shown('A', 1), shown('C', 2), shown('C', 2)]);
  t.is(outcomes[2]?.kind === 'refused' && outcomes[2].why, 'it is set (version 1)');
  t.is(state.version, 2);
  t.true(changed);
});

test('evaluate() keeps the state itself, when nothing in the batch changes it', t => {
  const { state, changed } = evaluate(batchOf(read, read), UNSET, CONTEXT);
  t.is(state, UNSET);
  t.false(changed);
});

test('evaluate() applies a request no second time, when an attempt brought it into the state (R2)', t => {
  const { outcomes, changed } = evaluate(carried(3), historyOf([3, 'p1'], [5, 'p2']), CONTEXT);
  t.deepEqual(outcomes, [A]);
  t.false(changed);
});

test('evaluate() applies a request, when no attempt is in the history (R2)', t => {
  t.true(evaluate(carried(3), UNSET, CONTEXT).changed);
  t.true(evaluate(carried(3), historyOf([5, 'p2']), CONTEXT).changed);
});

test('evaluate() applies a request, when an earlier round of this proposer is the latest there (R2)', t => {
  t.true(evaluate(carried(7), historyOf([3, 'p1'], [5, 'p2']), CONTEXT).changed);
});

test('evaluate() takes the round of another proposer with the same counter for another (R2)', t => {
  t.true(evaluate(carried(3), historyOf([3, 'p2']), CONTEXT).changed);
});

test('evaluate() finds any of several attempts, also one that an earlier phase 1 did not find (R2)', t => {
  for (const found of [3, 6, 9]) {
    t.false(evaluate(carried(3, 6, 9), historyOf([found, 'p1'], [10, 'p2']), CONTEXT).changed);
  }
});

test('evaluate() keeps the outcome of the attempt that it finds, not of another (R2)', t => {
  const batch = withAttempt(withAttempt(batchOf(write('A')), 3, [A]), 6, [LATER]);
  t.deepEqual(evaluate(batch, historyOf([3, 'p1']), CONTEXT).outcomes, [A]);
  t.deepEqual(evaluate(batch, historyOf([6, 'p1']), CONTEXT).outcomes, [LATER]);
});

test('withAttempt() notes the round for every request of the batch', t => {
  const batch = withAttempt(batchOf(write('A'), read), 7, [A, A]);
  t.deepEqual(
    batch.map(({ attempts }) => attempts),
    [[{ counter: 7, outcome: A }], [{ counter: 7, outcome: A }]],
  );
});

test('withAttempt() refuses to carry a request without an outcome', t => {
  t.throws(() => withAttempt(batchOf(write('A'), read), 7, [A]), { instanceOf: RangeError });
});

const others = Array.from({ length: ROUND_MARKS_MAX }, (_, i) => [10 + i, `other-${i}`] as const);

test('resolveAttempts() keeps all attempts, whether the history has them or not (R2)', t => {
  for (const history of [UNSET, historyOf([3, 'p1']), historyOf([5, 'p2'])]) {
    const batch = carried(3, 6);
    t.deepEqual(resolveAttempts(batch, history, 'p1'), { batch, unknowable: [] });
  }
});

test('resolveAttempts() gives up what was carried, when the history may have forgotten it (R2)', t => {
  const { batch, unknowable } = resolveAttempts(carried(3), historyOf([3, 'p1'], ...others), 'p1');
  t.deepEqual(batch, []);
  t.deepEqual(
    unknowable.map(({ token }) => token),
    [0],
  );
});

test('resolveAttempts() keeps what was never carried, whatever the history', t => {
  const batch = batchOf(write('A'), read);
  t.deepEqual(resolveAttempts(batch, historyOf(...others), 'p1'), { batch, unknowable: [] });
});

test('mayBeFound() holds while an attempt is above the chosen ballot (R2)', t => {
  const attempted = carried(3, 6);
  t.true(mayBeFound(attempted, { counter: 5, proposer: 'p9' }, 'p1'));
  t.true(mayBeFound(attempted, { counter: 6, proposer: 'p0' }, 'p1'));
  t.false(mayBeFound(attempted, { counter: 6, proposer: 'p1' }, 'p1'));
  t.false(mayBeFound(attempted, { counter: 6, proposer: 'p2' }, 'p1'));
  t.false(mayBeFound(batchOf(write('A')), { counter: 0, proposer: '' }, 'p1'));
});
