// Histories as long as a chaos run records. The checker has to take about one configuration a change, which
// unlike seconds is the same on every machine.

import test, { type ExecutionContext } from 'ava';
import { type HistoryEvent, operationsOf } from '../../src/history/history.ts';
import { checkLinearizable, type Verdict } from '../../src/history/linearizability.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import { choicesFromSeed, type HistoryPlan, randomHistory, variableCall } from './random-history.ts';

const KEYS = Array.from({ length: 10 }, (_, n) => `orders.${n}`);
const PLAN: HistoryPlan = {
  processes: 20,
  calls: 50_000,
  steps: 200_000,
  keys: KEYS,
  lossOneIn: 1000,
  call: choose => variableCall(choose, { value: choose(1000), version: choose(4) }),
};
const CONFIGURATIONS_MAX = 100_000;
/** One answer in twenty is lost, and values repeat: many unknown operations could explain the same thing. */
const HARD_PLAN: HistoryPlan = {
  ...PLAN,
  lossOneIn: 20,
  call: choose => variableCall(choose, { value: choose(3), version: choose(4) }),
};

const model = synodModel(BUILT_IN_CHANGES);

for (const [what, plan] of Object.entries({ few: PLAN, many: HARD_PLAN })) {
  const events = randomHistory(choicesFromSeed(7), plan);

  test(`checkLinearizable() takes about one configuration a change, when ${what} of 50,000 outcomes are unknown`, t => {
    t.is(measured(t, events).kind, 'linearizable');
  });

  test(`checkLinearizable() finds a stale read near the end, when ${what} of 50,000 outcomes are unknown`, t => {
    t.is(measured(t, withStaleRead(events)).kind, 'not-linearizable');
  });
}

/** The last read that shows a value shows the version of five changes before. */
function withStaleRead(events: readonly HistoryEvent[]): HistoryEvent[] {
  const at = events.findLastIndex(
    event => event.type === 'ok' && event.operation === 'variable.read' && event.set,
  );
  const read = events[at];
  if (read?.type !== 'ok') throw new Error('There is no read');
  return events.with(at, { ...read, version: read.version - 5 });
}

function measured(t: ExecutionContext, events: readonly HistoryEvent[]): Verdict<unknown, unknown> {
  const operations = operationsOf(events);
  const unknown = operations.filter(operation => operation.outcome === 'unknown').length;
  t.is(operations.length, PLAN.calls);
  t.true(unknown > 50);
  const start = performance.now();
  const verdict = checkLinearizable(model, operations, { configurationsPerKeyMax: CONFIGURATIONS_MAX });
  const ms = Math.round(performance.now() - start);
  t.log(
    `${operations.length} operations, ${unknown} unknown: ${verdict.configurations} configurations, ${ms} ms`,
  );
  t.true(verdict.configurations < CONFIGURATIONS_MAX);
  return verdict;
}
