// The judge and the judged are written apart. One after another, without any faults, they must agree.

import test from 'ava';
import fc from 'fast-check';
import type { SynodCall, SynodOutcome } from '../../src/history/history.ts';
import { synodModel } from '../../src/history/register-models.ts';
import { BUILT_IN_CHANGES } from '../../src/protocol/changes.ts';
import type { Operation } from '../../src/protocol/operation.ts';
import { apply, type Outcome, REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { UNSET } from '../../src/protocol/state.ts';
import { choicesFrom, mixedCall } from './random-history.ts';
import { randomRuns } from './random-runs.ts';

const CONTEXT = {
  changes: BUILT_IN_CHANGES,
  valueBytesMax: 1000,
  rememberedMax: REMEMBERED_MAX,
  nowSeconds: 0,
};
const model = synodModel(BUILT_IN_CHANGES);

test('synodModel() agrees with the register of the product, when calls come one after another', t => {
  const kinds = new Set<string>();
  const property = fc.property(fc.array(fc.nat(999), { maxLength: 100, size: 'max' }), list => {
    const choose = choicesFrom(list);
    const key = ['a.variable', 'b.register', 'c.switch'][choose(3)] ?? '';
    let product = UNSET;
    let judged = model.initial;
    for (let n = 0; n < 20; n++) {
      const call = mixedCall(choose, key);
      const applied = apply(product, { operation: operationOf(call), id: undefined }, CONTEXT);
      const outcome = outcomeOf(applied.outcome);
      const next = model.step(judged, call, outcome);
      if (next === undefined) {
        throw new Error(
          `${model.key(judged)} cannot answer ${JSON.stringify(call)} with ${JSON.stringify(outcome)}`,
        );
      }
      kinds.add(`${call.operation} ${applied.outcome.kind}`);
      product = applied.state;
      judged = next;
    }
  });
  fc.assert(property, randomRuns(t, 2000));
  // Every operation done and refused; `variable.write` and the reads are refused for their kind alone.
  t.is(kinds.size, 20, [...kinds].sort().join(', '));
});

function operationOf(call: SynodCall): Operation {
  switch (call.operation) {
    case 'variable.cas': {
      const { value, version, expect = null } = call;
      const expected =
        version === undefined ? { by: 'value' as const, value: expect } : { by: 'version' as const, version };
      return { type: 'variable.cas', value, expect: expected };
    }
    case 'variable.delete':
      return { type: 'variable.delete', version: call.version };
    case 'variable.change':
      return { type: 'variable.change', change: call.change, args: call.args ?? [] };
    case 'register.write':
    case 'variable.write':
    case 'variable.create':
      return { type: call.operation, value: call.value };
    case 'switch.set':
    case 'switch.read':
    case 'register.read':
    case 'variable.read':
      return { type: call.operation };
  }
}

function outcomeOf(outcome: Outcome): SynodOutcome {
  if (outcome.kind === 'unknown') throw new TypeError('A request that nobody passed on has a known outcome');
  const shown = outcome.view;
  return outcome.kind === 'done' ? { kind: 'ok', shown } : { kind: 'refused', code: outcome.code, shown };
}
