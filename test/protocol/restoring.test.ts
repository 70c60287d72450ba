import test from 'ava';
import fc from 'fast-check';
import type { Operation, Request } from '../../src/protocol/operation.ts';
import { apply, REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { isUntouched } from '../../src/protocol/restoring.ts';
import { type RegisterState, UNSET } from '../../src/protocol/state.ts';
import { states } from './arbitrary.ts';

const CONTEXT = { changes: new Map(), valueBytesMax: 1000, nowSeconds: 1, rememberedMax: REMEMBERED_MAX };

const asked = (operation: Operation, id?: string): Request => ({ operation, id });
const restoring = (state: RegisterState): Request => ({
  operation: { type: 'state.restore', state },
  id: undefined,
});
const after = (state: RegisterState, ...requests: readonly Request[]): RegisterState =>
  requests.reduce((before, request) => apply(before, request, CONTEXT).state, state);

test('a whole state is read as it is', t => {
  fc.assert(
    fc.property(states, state => {
      const read = apply(state, { operation: { type: 'state.read' }, id: undefined }, CONTEXT);
      t.is(read.state, state);
      t.like(read.outcome, { kind: 'done', whole: state });
    }),
  );
});

test('a restored register has everything but the history of its rounds, and is restored once', t => {
  fc.assert(
    fc.property(states, state => {
      const restored = apply(UNSET, restoring(state), CONTEXT);
      const { rounds, passes, collected, collectedStay } = UNSET;
      t.deepEqual(restored.state, { ...state, rounds, passes, collected, collectedStay });
      const again = apply(restored.state, restoring(state), CONTEXT);
      // Of nothing there is nothing to find again.
      if (isUntouched(restored.state)) t.deepEqual(again.state, restored.state);
      else t.is(again.state, restored.state);
      t.is(again.outcome.kind, 'done');
    }),
  );
});

test('a retry of what the other cluster applied is recognised in the restored one', t => {
  const add = asked({ type: 'variable.write', value: 7 }, 'w-1');
  const restored = after(UNSET, restoring(after(UNSET, add)));
  t.like(apply(restored, add, CONTEXT), { state: restored, outcome: { duplicate: true } });
});

test('a deleted variable goes on with its versions', t => {
  const gone = after(
    UNSET,
    asked({ type: 'variable.write', value: 1 }),
    asked({ type: 'variable.delete', version: undefined }),
  );
  const created = after(UNSET, restoring(gone), asked({ type: 'variable.create', value: 2 }));
  t.is(created.version, 3);
});

test('nothing is restored over what is there', t => {
  const there = after(UNSET, asked({ type: 'switch.set' }));
  const other = after(UNSET, asked({ type: 'variable.write', value: 1 }));
  t.like(apply(there, restoring(other), CONTEXT), {
    state: there,
    outcome: { kind: 'refused', code: 'conflict' },
  });
});
