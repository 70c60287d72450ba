// Random histories against the checker: true ones are accepted, falsified ones are not, and on small ones it
// agrees with trying every order.

import test from 'ava';
import fc from 'fast-check';
import { printExplanation } from '../../src/history/explanation.ts';
import {
  type HistoryEvent,
  operationsOf,
  type SynodCall,
  type SynodOutcome,
} from '../../src/history/history.ts';
import { type CheckOptions, checkLinearizable } from '../../src/history/linearizability.ts';
import type { Model } from '../../src/history/model.ts';
import type { Operation } from '../../src/history/operations.ts';
import {
  type JepsenCall,
  type JepsenOutcome,
  jepsenModel,
  synodModel,
} from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { isLinearizableByBruteForce } from './brute-force.ts';
import { FALSIFICATIONS, perturbed } from './falsify.ts';
import { choicesFrom, randomHistory, smallPlan } from './random-history.ts';
import { randomRuns } from './random-runs.ts';

/** Far more than six operations can need. */
const UNBOUNDED = 1_000_000;
const model = synodModel(BUILT_IN_CHANGES);
const choices = (maxLength: number) =>
  fc.array(fc.nat(9999), { minLength: maxLength / 2, maxLength, size: 'max' });
const perturbations = fc.array(fc.array(fc.nat(99), { minLength: 3, maxLength: 3 }), { maxLength: 6 });

test('checkLinearizable() accepts, when the answers came from real registers', t => {
  let unknown = 0;
  const property = fc.property(choices(400), list => {
    const operations = operationsOf(randomHistory(choicesFrom(list), smallPlan(40)));
    unknown += operations.filter(operation => operation.outcome === 'unknown').length;
    found(operations, 'linearizable');
  });
  fc.assert(property, randomRuns(t, 1000));
  t.true(unknown > 1000, `Only ${unknown} unknown outcomes`);
});

for (const [what, falsify] of Object.entries(FALSIFICATIONS)) {
  test(`checkLinearizable() refuses, when in a true history ${what}`, t => {
    let falsified = 0;
    const property = fc.property(choices(400), fc.nat(), (list, pick) => {
      const falsifiedEvents = falsify.from(randomHistory(choicesFrom(list), falsify.plan), pick);
      if (falsifiedEvents === undefined) return;
      falsified += 1;
      found(operationsOf(falsifiedEvents), 'not-linearizable');
    });
    fc.assert(property, randomRuns(t, 500));
    t.true(falsified > 200, `Only ${falsified} histories could be falsified`);
  });
}

test('checkLinearizable() agrees with trying every order, when few operations of Synod are perturbed', t => {
  const found = { good: 0, bad: 0, unknown: 0 };
  const property = fc.property(choices(80), perturbations, (list, lists) => {
    const choose = choicesFrom(list);
    const keys = choose(3) === 0 ? ['a.variable', 'c.switch'] : ['a.variable'];
    const events = randomHistory(choose, { ...smallPlan(6, keys), lossOneIn: 3 + choose(3) });
    const operations = operationsOf(perturbedBy(lists, events));
    if (operations.length > 6)
      throw new Error(`${operations.length} operations are too many to try every order`);
    found[agreed(model, operations) ? 'good' : 'bad'] += 1;
    if (operations.some(operation => operation.outcome === 'unknown')) found.unknown += 1;
  });
  fc.assert(property, randomRuns(t, 6000));
  t.log(found);
  t.true(found.good > 1000 && found.bad > 1000 && found.unknown > 1000, JSON.stringify(found));
});

test('checkLinearizable() agrees with trying every order, when answers of few operations are random', t => {
  const found = { good: 0, bad: 0 };
  const property = fc.property(fc.array(randomOperation, { maxLength: 6 }), operations => {
    const placed = operations.map((operation, n) => inDistinctPositions(operation, n));
    found[agreed(jepsenModel, placed) ? 'good' : 'bad'] += 1;
  });
  fc.assert(property, randomRuns(t, 6000));
  t.log(found);
  t.true(found.good > 1000 && found.bad > 1000, JSON.stringify(found));
});

test('checkLinearizable() explains with a legal order and what cannot follow it, when it refuses', t => {
  let refused = 0;
  const property = fc.property(choices(120), perturbations, (list, lists) => {
    const events = randomHistory(choicesFrom(list), { ...smallPlan(12, ['a.variable']), lossOneIn: 6 });
    const verdict = checkLinearizable(model, operationsOf(perturbedBy(lists, events)));
    if (verdict.kind === 'linearizable') return;
    refused += 1;
    const { linearized, stuck, state } = verdict.explanation;
    t.is(model.key(replayed(linearized)), state);
    t.true(stuck.length > 0);
    const last = replayed(linearized);
    for (const { call, outcome } of stuck) t.is(model.step(last, call, outcome), undefined);
  });
  fc.assert(property, randomRuns(t, 1000));
  t.true(refused > 200, `Only ${refused} histories were refused`);
});

/** Throws rather than asserts, so that fast-check can shrink. */
function found(operations: readonly Operation<SynodCall, SynodOutcome>[], expected: string): void {
  const verdict = checkLinearizable(model, operations);
  if (verdict.kind === expected) return;
  throw new Error(
    `It says ${verdict.kind}${'explanation' in verdict ? `: ${printExplanation(verdict.explanation)}` : ''}`,
  );
}

function perturbedBy(lists: readonly (readonly number[])[], events: readonly HistoryEvent[]): HistoryEvent[] {
  return lists.reduce<HistoryEvent[]>((before, list) => perturbed(before, choicesFrom(list)), [...events]);
}

/** All ways to check give the same verdict, which is returned, or give up when they are bounded. */
function agreed<State, Call, Outcome>(
  fast: Model<State, Call, Outcome>,
  operations: readonly Operation<Call, Outcome>[],
): boolean {
  const expected = isLinearizableByBruteForce(fast, operations);
  const right = expected ? 'linearizable' : 'not-linearizable';
  for (const candidate of [checkerOf(fast), checkerOf(withoutShortCuts(fast))]) {
    for (const configurationsPerKeyMax of [1, 5, 20, UNBOUNDED]) {
      const kind = candidate(operations, { configurationsPerKeyMax });
      if (kind === right || (kind === 'gave-up' && configurationsPerKeyMax !== UNBOUNDED)) continue;
      throw new Error(
        `It says ${kind} within ${configurationsPerKeyMax}, and trying every order says ${right}`,
      );
    }
  }
  return expected;
}

function checkerOf<State, Call, Outcome>(candidate: Model<State, Call, Outcome>) {
  return (operations: readonly Operation<Call, Outcome>[], options: CheckOptions) =>
    checkLinearizable(candidate, operations, options).kind;
}

/** The same model, but it never says that something is a read, unchanged or hopeless. */
function withoutShortCuts<State, Call, Outcome>({
  initial,
  step,
  key,
}: Model<State, Call, Outcome>): Model<{ state: State }, Call, Outcome> {
  return {
    initial: { state: initial },
    step({ state }, call, outcome) {
      const next = step(state, call, outcome);
      return next === undefined ? undefined : { state: next };
    },
    key: ({ state }) => key(state),
    isRead: () => false,
  };
}

const randomOperation = fc.record({
  call: fc.oneof(
    fc.constant<JepsenCall>({ operation: 'read' }),
    fc.record({ operation: fc.constant('write' as const), value: fc.nat(2) }),
    fc.record({ operation: fc.constant('cas' as const), expect: fc.nat(2), value: fc.nat(2) }),
  ),
  outcome: fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('ok' as const), value: fc.option(fc.nat(2)) }) },
    { weight: 1, arbitrary: fc.constant<JepsenOutcome>({ kind: 'fail' }) },
    { weight: 1, arbitrary: fc.constant('unknown' as const) },
  ),
  invokedAt: fc.nat(20),
  duration: fc.nat(12),
});

type RandomOperation = typeof randomOperation extends fc.Arbitrary<infer Record> ? Record : never;

function inDistinctPositions(
  { call, outcome, invokedAt, duration }: RandomOperation,
  n: number,
): Operation<JepsenCall, JepsenOutcome> {
  const start = invokedAt * 20 + 2 * n;
  const end = outcome === 'unknown' ? Number.POSITIVE_INFINITY : start + duration * 20 + 1;
  return { process: n, key: 'register', call, outcome, invokedAt: start, completedAt: end };
}

function replayed(operations: readonly Operation<SynodCall, SynodOutcome>[]): typeof model.initial {
  return operations.reduce((state, { call, outcome }) => {
    const next = model.step(state, call, outcome);
    if (next === undefined) throw new Error(`The order is not legal at ${JSON.stringify(call)}`);
    return next;
  }, model.initial);
}
