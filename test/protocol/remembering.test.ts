// R1: ids of the last requests travel with the register's state.

import test from 'ava';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import {
  apply,
  type Outcome,
  REMEMBERED_MAX,
  REMEMBERED_RESULT_BYTES_MAX,
  REMEMBERED_SECONDS,
} from '../../src/protocol/register.ts';
import { numberedId } from '../../src/protocol/sessions.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { casVersion, create, read, remove, set, write } from './group.ts';

/** Applies requests one after another, each given as an operation and an id. */
function run(requests: readonly (readonly [Operation, string])[], from = UNSET, nowSeconds = 1000) {
  const outcomes: Outcome[] = [];
  let state: RegisterState = from;
  for (const [operation, id] of requests) {
    const context = {
      changes: BUILT_IN_CHANGES,
      valueBytesMax: 1000,
      rememberedMax: REMEMBERED_MAX,
      nowSeconds,
    };
    const applied = apply(state, { operation, id }, context);
    state = applied.state;
    outcomes.push(applied.outcome);
  }
  const views = outcomes.map(outcome => ('view' in outcome ? outcome.view : undefined));
  return { state, outcomes, views, last: outcomes.at(-1) };
}

const append: Operation = { type: 'variable.change', change: 'append', args: ['x'] };
const add = (amount: number): Operation => ({ type: 'variable.change', change: 'add', args: [amount] });

for (const operation of [write('A'), create('A'), casVersion(0, 'A'), add(5), append]) {
  const what = operation.type === 'variable.change' ? operation.change : operation.type;
  test(`apply() answers a retry of ${what} with its first outcome, after others (R1)`, t => {
    const { outcomes, state } = run([
      [operation, 'x'],
      [write('B'), 'y'],
      [operation, 'x'],
    ]);
    t.deepEqual(outcomes[2], { ...outcomes[0], duplicate: true });
    t.is(state.version, 2);
    t.is(state.value, 'B');
  });
}

test('apply() answers a retry of switch.set and of register.write with its first outcome (R1)', t => {
  for (const operation of [set, { type: 'register.write', value: 'A' } as const]) {
    const { outcomes, state } = run([
      [operation, 'x'],
      [operation, 'x'],
      [operation, 'y'],
    ]);
    t.deepEqual(outcomes[1], { ...outcomes[0], duplicate: true });
    t.is(outcomes[2]?.kind === 'refused' && outcomes[2].code, 'already_written');
    t.is(state.version, 1);
  }
});

test('apply() answers a retry of variable.delete with its first outcome (R1)', t => {
  const { outcomes, views, state } = run([
    [write('A'), 'w'],
    [remove, 'x'],
    [write('B'), 'y'],
    [remove, 'x'],
  ]);
  t.deepEqual(outcomes[3], { ...outcomes[1], duplicate: true });
  t.deepEqual(views[3], { set: false, value: undefined, version: 0 });
  t.is(state.value, 'B');
});

test('apply() refuses a retry of what was refused, though it would fit now (R1)', t => {
  const { outcomes, views, state } = run([
    [write('A'), 'w'],
    [create('B'), 'x'],
    [remove, 'd'],
    [create('B'), 'x'],
  ]);
  t.is(outcomes[1]?.kind, 'refused');
  t.is(outcomes[3]?.kind === 'refused' && outcomes[3].code, 'conflict');
  t.deepEqual(views[3], { set: false, value: undefined, version: 0 });
  t.false(state.set);
});

test('apply() changes the state without a new version, when it remembers a refusal (R1)', t => {
  const { state: before } = run([[write('A'), 'w']]);
  const { state } = run([[create('B'), 'x']], before);
  t.not(state, before);
  t.deepEqual({ ...state, remembered: [] }, { ...before, remembered: [] });
  t.deepEqual(state.remembered.at(-1), {
    id: 'x',
    atSeconds: 1000,
    ended: { kind: 'refused', code: 'conflict' },
  });
});

test('apply() does not remember refusals that no later state takes back', t => {
  const { state: before } = run([[set, 'w']]);
  t.is(run([[set, 'x']], before).state, before);
  t.is(run([[write('A'), 'x']], before).state, before);
});

test('apply() does not remember reads: a read with the id of a write reads', t => {
  const { state, last } = run([
    [write('A'), 'w'],
    [write('B'), 'x'],
    [read, 'w'],
  ]);
  t.deepEqual(last, { kind: 'done', view: { set: true, value: 'B', version: 2 }, duplicate: false });
  t.is(state.remembered.length, 2);
});

test('apply() remembers nothing of a request without an id', t => {
  const context = {
    changes: BUILT_IN_CHANGES,
    valueBytesMax: 1000,
    rememberedMax: REMEMBERED_MAX,
    nowSeconds: 1,
  };
  t.deepEqual(apply(UNSET, { operation: write('A'), id: undefined }, context).state.remembered, []);
});

test(`apply() remembers ${REMEMBERED_MAX} ids, and forgets the oldest first (R1)`, t => {
  const ids = Array.from({ length: REMEMBERED_MAX + 1 }, (_, i) => [write('A'), `id-${i}`] as const);
  const { state } = run(ids);
  t.is(state.remembered.length, REMEMBERED_MAX);
  t.true(isDuplicate(run([[write('A'), 'id-1']], state).last));
  t.false(isDuplicate(run([[write('A'), 'id-0']], state).last));
});

test(`apply() forgets ids after ${REMEMBERED_SECONDS} seconds, once something else is remembered (R1)`, t => {
  const { state } = run([[write('A'), 'x']]);
  const young = run([[write('B'), 'y']], state, 1000 + REMEMBERED_SECONDS - 1);
  const old = run([[write('B'), 'y']], state, 1000 + REMEMBERED_SECONDS);
  t.deepEqual(
    young.state.remembered.map(entry => entry.id),
    ['x', 'y'],
  );
  t.deepEqual(
    old.state.remembered.map(entry => entry.id),
    ['y'],
  );
});

test('apply() keeps ids, when the clock of the next proposer is behind', t => {
  const { state } = run([[write('A'), 'x']]);
  t.deepEqual(
    run([[write('B'), 'y']], state, 5).state.remembered.map(entry => entry.id),
    ['x', 'y'],
  );
});

test('apply() answers a retry without the value, when a change came to a large one', t => {
  const large: Operation = {
    type: 'variable.change',
    change: 'append',
    args: ['x'.repeat(REMEMBERED_RESULT_BYTES_MAX)],
  };
  const { last } = run([
    [large, 'x'],
    [large, 'x'],
  ]);
  t.deepEqual(last, { kind: 'done', view: { set: true, value: undefined, version: 1 }, duplicate: true });
});

function isDuplicate(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'done' && outcome.duplicate;
}

const numbered = (number: number): string => numberedId({ session: 's', number });

test('apply() does not apply a numbered request again when its id is remembered no longer (R4)', t => {
  const { state } = run([[add(5), numbered(1)]]);
  const ids = Array.from({ length: REMEMBERED_MAX }, (_, i) => [add(1), `id-${i}`] as const);
  const later = run(ids, state).state;
  t.false(later.remembered.some(({ id }) => id === numbered(1)));
  const retry = run([[add(5), numbered(1)]], later);
  t.is(retry.last?.kind, 'unknown');
  t.is(retry.state, later);
  t.is(run([[add(5), numbered(2)]], later).last?.kind, 'done', 'A number that never came is no retry');
});

test('apply() does not apply a numbered request again that was refused, when that is forgotten (R4)', t => {
  const { state } = run([
    [write('A'), 'w'],
    [create('B'), numbered(1)],
    [remove, 'd'],
  ]);
  const old = run([[remove, 'x']], state, 1000 + REMEMBERED_SECONDS).state;
  const retry = run([[create('B'), numbered(1)]], old);
  t.is(retry.last?.kind, 'unknown');
  t.false(retry.state.set);
});

test('apply() marks what is forgotten out of turn, when a clock is behind (R4)', t => {
  const { state } = run([[add(1), numbered(1)]], UNSET, 5000);
  const behind = run([[add(1), numbered(2)]], state, 1000).state;
  const young = run([[add(1), numbered(3)]], behind, 5000).state;
  t.deepEqual(
    young.remembered.map(({ id }) => id),
    [numbered(1), numbered(3)],
  );
  t.is(run([[add(1), numbered(2)]], young).last?.kind, 'unknown');
});
