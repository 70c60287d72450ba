// What E1 allows of variables that last for a time, and D3 of versions that jump, by histories whose verdict is plain.

import test from 'ava';
import fc from 'fast-check';
import { type ClockBounds, expiryModel, timedOperationsOf } from '../../src/history/expiry-model.ts';
import type { HistoryEvent } from '../../src/history/history.ts';
import { checkLinearizable } from '../../src/history/linearizability.ts';
import { synodModel } from '../../src/history/register-models.ts';
import type { Pending } from '../../src/protocol/batch.ts';
import { evaluate } from '../../src/protocol/batch.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { UNSET } from '../../src/protocol/state.ts';
import type { Value } from '../../src/protocol/value.ts';
import { choicesFrom } from './random-history.ts';
import { randomRuns } from './random-runs.ts';

const TTL_MS = 100;
/** All clocks are right. */
const RIGHT: ClockBounds = { slowest: timeMs => timeMs, fastest: timeMs => timeMs };
/** Some are 20 ms behind, and some 30 ms ahead. */
const APART: ClockBounds = { slowest: timeMs => timeMs - 20, fastest: timeMs => timeMs + 30 };

interface Options {
  readonly clocks?: ClockBounds;
  readonly jumps?: boolean;
}

function verdictOf(
  events: readonly HistoryEvent[],
  { clocks = RIGHT, jumps = false }: Options = {},
): boolean {
  const operations = timedOperationsOf(events);
  const model = expiryModel(synodModel(BUILT_IN_CHANGES, { collects: jumps, jumps }), clocks, operations);
  return checkLinearizable(model, operations).kind === 'linearizable';
}

type Call = Extract<HistoryEvent, { type: 'invoke' }>;
type Asked = Pick<Call, 'operation'> & {
  value?: Value;
  ttlMs?: number;
  change?: string;
  args?: Value[];
  version?: number;
};

let lastProcess = 0;

/** Asked at a time and answered 2 ms later, by a process of its own. `version` 0 is unset, and undefined is no answer. */
function asked(atMs: number, call: Asked, version?: number, value?: Value, error?: string): HistoryEvent[] {
  lastProcess += 1;
  const common = { key: 'k', process: lastProcess };
  const invoked = { ...common, ...call, type: 'invoke', time: atMs } as HistoryEvent;
  const told = { ...common, operation: call.operation, time: atMs + 2 };
  if (version === undefined) return [invoked, { ...told, type: 'info' }];
  const shown = { set: version > 0, version, ...(value === undefined ? {} : { value }) };
  if (error !== undefined) return [invoked, { ...told, ...shown, type: 'fail', error }];
  return [invoked, { ...told, ...shown, type: 'ok' }];
}

const write = (value: Value, ttlMs?: number): Asked => {
  return ttlMs === undefined
    ? { operation: 'variable.write', value }
    : { operation: 'variable.write', value, ttlMs };
};
const READ: Asked = { operation: 'variable.read' };
const DELETE: Asked = { operation: 'variable.delete' };
const append = (value: Value): Asked => ({ operation: 'variable.change', change: 'append', args: [value] });

const WRITTEN = asked(0, write('A', TTL_MS), 1, 'A');

test('a variable is there until its time is over, and then it is not', t => {
  t.true(verdictOf([...WRITTEN, ...asked(98, READ, 1, 'A'), ...asked(102, READ, 0)]));
  // It was written between 0 and 2, so that it is over between 100 and 102, or 103 as ends are rounded up.
  t.true(verdictOf([...WRITTEN, ...asked(101, READ, 1, 'A')]));
  t.false(verdictOf([...WRITTEN, ...asked(104, READ, 1, 'A')]));
  t.true(verdictOf([...WRITTEN, ...asked(99, READ, 0)]));
  t.false(verdictOf([...WRITTEN, ...asked(97, READ, 0)]));
});

test('clocks that are apart shift when it is over, by no more than they are apart', t => {
  const apart = { clocks: APART };
  t.true(verdictOf([...WRITTEN, ...asked(152, READ, 1, 'A')], apart));
  t.false(verdictOf([...WRITTEN, ...asked(154, READ, 1, 'A')], apart));
  t.true(verdictOf([...WRITTEN, ...asked(48, READ, 0)], apart));
  t.false(verdictOf([...WRITTEN, ...asked(47, READ, 0)], apart));
});

test('what was seen to be over does not come back, whatever the clocks', t => {
  const gone = [...WRITTEN, ...asked(90, READ, 0)];
  t.true(verdictOf([...gone, ...asked(93, READ, 0)], { clocks: APART }));
  t.false(verdictOf([...gone, ...asked(93, READ, 1, 'A')], { clocks: APART }));
});

test('the end is a change with a version of its own, which no other change has', t => {
  const next = (version: number): HistoryEvent[] => [...WRITTEN, ...asked(110, write('B'), version, 'B')];
  t.true(verdictOf(next(3)));
  t.false(verdictOf(next(2)));
  t.false(verdictOf(next(1)));
  t.false(verdictOf(next(4)));
  // In time it is no end.
  t.true(verdictOf([...WRITTEN, ...asked(50, write('B'), 2, 'B')]));
  t.false(verdictOf([...WRITTEN, ...asked(50, write('B'), 3, 'B')]));
});

test('a named change leaves it its time, a write gives it another or none, a delete ends it in any case', t => {
  const changed = [...asked(0, write([1], TTL_MS), 1, [1]), ...asked(50, append(2), 2, [1, 2])];
  t.true(verdictOf([...changed, ...asked(90, READ, 2, [1, 2]), ...asked(110, READ, 0)]));
  t.false(verdictOf([...changed, ...asked(110, READ, 2, [1, 2])]));
  const rewritten = (ttlMs?: number): HistoryEvent[] => [...WRITTEN, ...asked(50, write('B', ttlMs), 2, 'B')];
  t.true(verdictOf([...rewritten(), ...asked(1000, READ, 2, 'B')]));
  t.false(verdictOf([...rewritten(), ...asked(1000, READ, 0)]));
  t.true(verdictOf([...rewritten(TTL_MS), ...asked(140, READ, 2, 'B'), ...asked(152, READ, 0)]));
  t.false(verdictOf([...rewritten(TTL_MS), ...asked(140, READ, 0)]));
  t.true(verdictOf([...WRITTEN, ...asked(50, DELETE, 0), ...asked(60, write('B'), 3, 'B')]));
  t.true(verdictOf([...WRITTEN, ...asked(500, DELETE, 0), ...asked(510, write('B'), 3, 'B')]));
});

test('a refusal shows what there is by then, and no more', t => {
  const create: Asked = { operation: 'variable.create', value: 'B' };
  t.true(verdictOf([...WRITTEN, ...asked(50, create, 1, 'A', 'conflict')]));
  t.false(verdictOf([...WRITTEN, ...asked(150, create, 1, 'A', 'conflict')]));
  t.true(verdictOf([...WRITTEN, ...asked(150, create, 3, 'B')]));
  const cas: Asked = { operation: 'variable.cas', value: 'B', version: 1 };
  t.true(verdictOf([...WRITTEN, ...asked(150, cas, 0, undefined, 'conflict')]));
  t.false(verdictOf([...WRITTEN, ...asked(150, cas, 2, 'B')]));
});

test('a write of unknown outcome has its time from when it is applied, which was by the first that shows it', t => {
  const unknown = asked(0, write('A', TTL_MS));
  t.true(verdictOf([...unknown, ...asked(500, READ, 1, 'A'), ...asked(590, READ, 1, 'A')]));
  t.false(verdictOf([...unknown, ...asked(500, READ, 1, 'A'), ...asked(610, READ, 1, 'A')]));
  t.true(verdictOf([...unknown, ...asked(500, READ, 1, 'A'), ...asked(520, READ, 0)]));
  t.false(verdictOf([...unknown, ...asked(50, READ, 1, 'A'), ...asked(60, READ, 0)]));
});

test('where others in its partition were collected, a version may jump when it is set anew, and never comes again', t => {
  const jumps = { jumps: true };
  const set = asked(0, write('A'), 8, 'A');
  t.true(verdictOf(set, jumps));
  t.false(verdictOf(set));
  t.true(verdictOf([...set, ...asked(10, write('B'), 9, 'B')], jumps));
  t.false(verdictOf([...set, ...asked(10, write('B'), 12, 'B')], jumps));
  const deleted = [...set, ...asked(10, DELETE, 0)];
  t.true(verdictOf([...deleted, ...asked(20, write('B'), 10, 'B')], jumps));
  t.true(verdictOf([...deleted, ...asked(20, write('B'), 31, 'B')], jumps));
  for (const again of [1, 7, 8, 9])
    t.false(verdictOf([...deleted, ...asked(20, write('B'), again, 'B')], jumps));
  // Of a write that nobody was told of, the first that shows it tells the version.
  const unknown = [...deleted, ...asked(20, write('B'))];
  t.true(verdictOf([...unknown, ...asked(30, READ, 31, 'B'), ...asked(40, write('C'), 32, 'C')], jumps));
  t.false(verdictOf([...unknown, ...asked(30, READ, 31, 'B'), ...asked(40, READ, 32, 'B')], jumps));
  t.false(verdictOf([...unknown, ...asked(30, READ, 8, 'B')], jumps));
  const cas: Asked = { operation: 'variable.cas', value: 'C', version: 31 };
  t.true(verdictOf([...unknown, ...asked(30, cas), ...asked(40, READ, 32, 'C')], jumps));
  t.false(verdictOf([...unknown, ...asked(30, cas), ...asked(40, READ, 33, 'C')], jumps));
});

const CONTEXT = {
  changes: BUILT_IN_CHANGES,
  valueBytesMax: 1000,
  rememberedMax: REMEMBERED_MAX,
  proposer: 'p',
};

test('expiryModel() agrees with the register of the product, when calls come one after another at times of right clocks', t => {
  let ends = 0;
  const property = fc.property(fc.array(fc.nat(999), { maxLength: 100, size: 'max' }), list => {
    const choose = choicesFrom(list);
    const events: HistoryEvent[] = [];
    let state = UNSET;
    for (let n = 0, nowMs = 0; n < 12; n++, nowMs += 10 * choose(12)) {
      const { call, operation } = someCall(choose);
      const request = { token: 1, request: { operation, id: undefined }, deadlineMs: 0, attempts: [] };
      const { state: next, outcomes } = evaluate([request satisfies Pending], state, {
        ...CONTEXT,
        nowSeconds: nowMs / 1000,
      });
      const [outcome] = outcomes;
      if (outcome === undefined || outcome.kind === 'unknown') throw new TypeError('It has a known outcome');
      if (state.set && state.untilMs !== undefined && state.untilMs <= nowMs) ends += 1;
      state = next;
      const error = outcome.kind === 'refused' ? outcome.code : undefined;
      const [invoked, told] = asked(nowMs, call, outcome.view.version, outcome.view.value, error);
      if (invoked !== undefined && told !== undefined) events.push(invoked, { ...told, time: nowMs });
    }
    return verdictOf(events);
  });
  fc.assert(property, randomRuns(t, 1000));
  t.true(ends > 100);
});

function someCall(choose: (bound: number) => number): { call: Asked; operation: Operation } {
  const value = choose(3);
  const ttlMs = choose(3) === 0 ? undefined : 10 * (1 + choose(10));
  const lasting = ttlMs === undefined ? { value } : { value, ttlMs };
  const version = choose(8);
  switch (choose(6)) {
    case 0:
      return {
        call: { operation: 'variable.write', ...lasting },
        operation: { type: 'variable.write', value, ttlMs },
      };
    case 1:
      return {
        call: { operation: 'variable.create', ...lasting },
        operation: { type: 'variable.create', value, ttlMs },
      };
    case 2:
      return {
        call: { operation: 'variable.cas', ...lasting, version },
        operation: { type: 'variable.cas', value, expect: { by: 'version', version }, ttlMs },
      };
    case 3:
      return {
        call: { operation: 'variable.delete' },
        operation: { type: 'variable.delete', version: undefined },
      };
    case 4:
      return {
        call: { operation: 'variable.change', change: 'add', args: [value] },
        operation: { type: 'variable.change', change: 'add', args: [value] },
      };
    default:
      return { call: READ, operation: { type: 'variable.read' } };
  }
}
