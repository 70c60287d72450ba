// What the steps of a transaction owe where messages come late, as checks that throw: cases that request ids hide from the
// simulator. The registers are values in a map, and each request to them is done at once.

import assert from 'node:assert/strict';
import { type Ask, commit, look, type Steps, type Told } from '../../../src/client/transactions/steps.ts';
import { BUILT_IN_CHANGES } from '../../../src/protocol/changes.ts';
import { apply } from '../../../src/protocol/register.ts';
import { type RegisterState, UNSET } from '../../../src/protocol/state.ts';
import type { Value } from '../../../src/protocol/value.ts';
import type { Duty } from '../../actors/runtime-duties.ts';

const CONTEXT = { changes: BUILT_IN_CHANGES, valueBytesMax: 4096, nowSeconds: 0, rememberedMax: 128 };

class Registers {
  readonly #states = new Map<string, RegisterState>();

  ask({ key, change, args }: Ask): Told {
    const operation =
      change === undefined
        ? ({ type: 'variable.read' } as const)
        : ({ type: 'variable.change', change, args } as const);
    const state = this.#states.get(key) ?? UNSET;
    const applied = apply(state, { operation, id: undefined }, CONTEXT);
    this.#states.set(key, applied.state);
    assert(applied.outcome.kind !== 'unknown');
    const { kind, view } = applied.outcome;
    return { kind: kind === 'done' ? 'done' : 'rejected', state: view };
  }

  change(key: string, name: string, ...args: readonly Value[]): Told {
    return this.ask({ key, change: `transaction.${name}`, args });
  }

  /** @param before is called with each request, before it is done. */
  run<Result>(steps: Steps<Result>, before: (ask: Ask) => void = () => undefined): Result {
    let step = steps.next([]);
    while (step.done !== true) {
      step = steps.next(
        step.value.map(ask => {
          before(ask);
          return this.ask(ask);
        }),
      );
    }
    return step.value;
  }
}

function write(registers: Registers, id: string, values: Readonly<Record<string, Value>>) {
  const keys = Object.keys(values);
  const reads = new Map(keys.map(key => [key, registers.run(look(key))] as const));
  const writes = new Map(keys.map(key => [key, { value: values[key] ?? null }] as const));
  return commit({ id, reads, writes });
}

export const TRANSACTION_DUTIES: readonly Duty[] = [
  {
    title: 'a commit that was rejected for an intent in its way takes place by no late copy either',
    check: async () => {
      const registers = new Registers();
      registers.run(write(registers, 'first', { a: 1 }));
      registers.run(write(registers, 'second', { b: 2 }));
      const intent = { id: 'other', primary: 'b', since: registers.run(look('b')).since };
      const sinceA = registers.run(look('a')).since;
      let late: Ask | undefined;
      const outcome = registers.run(write(registers, 'third', { a: 11, b: 12 }), ask => {
        if (ask.change !== 'transaction.commit') return;
        late = ask;
        registers.change('a', 'prepare', sinceA, intent);
      });
      assert.deepEqual(outcome, { kind: 'conflict', key: 'a' });
      registers.change('a', 'finish', 'other', false);
      assert(late !== undefined);
      assert.equal(registers.ask(late).kind, 'rejected');
      const values = ['a', 'b'].map(key => registers.run(look(key)).value);
      assert.deepEqual(values, [1, 2]);
    },
  },
];
