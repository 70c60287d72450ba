import test from 'ava';
import { BUILT_IN_CHANGES, ChangeRejected } from '../../src/protocol/changes.ts';
import { OPERATION_KINDS, type Operation, type OperationType } from '../../src/protocol/operation.ts';
import { type ApplyContext, apply, REMEMBERED_MAX } from '../../src/protocol/register.ts';
import { type Kind, type RegisterState, UNSET, viewOf } from '../../src/protocol/state.ts';
import type { Value } from '../../src/protocol/value.ts';

const CONTEXT: ApplyContext = {
  changes: new Map([
    ...BUILT_IN_CHANGES,
    [
      'broken',
      () => {
        throw new TypeError('no such thing');
      },
    ],
    [
      'picky',
      () => {
        throw new ChangeRejected('It does not like it');
      },
    ],
    ['inexact', () => 2 ** 60],
    ['large', () => 'x'.repeat(200)],
  ]),
  valueBytesMax: 100,
  rememberedMax: REMEMBERED_MAX,
  nowSeconds: 1000,
};

function stateOf(kind: Kind, set: boolean, version: number, value?: Value): RegisterState {
  return { ...UNSET, kind, set, version, value };
}

type StateName = 'unset' | 'switch on' | 'register written' | 'variable set' | 'variable deleted';
const STATES: Readonly<Record<StateName, RegisterState>> = {
  unset: UNSET,
  'switch on': stateOf('switch', true, 1),
  'register written': stateOf('register', true, 1, 'old'),
  'variable set': stateOf('variable', true, 3, 'old'),
  'variable deleted': stateOf('variable', false, 4),
};
const NAMES = Object.keys(STATES).filter((name): name is StateName => Object.hasOwn(STATES, name));

const cas = (expect: { version: number } | { value: Value }): Operation => ({
  type: 'variable.cas',
  value: 'new',
  expect:
    'version' in expect ? { by: 'version', version: expect.version } : { by: 'value', value: expect.value },
});
const change = (name: string, ...args: readonly Value[]): Operation => {
  return { type: 'variable.change', change: name, args };
};
const remove = (version?: number): Operation => ({ type: 'variable.delete', version });

/** How each operation ends on each kind of state: `keeps`, `becomes`, or the code of the refusal. */
type Expected = Readonly<Record<StateName, string>>;
const onVariables = (unset: string, set: string, deleted: string): Expected => ({
  unset,
  'switch on': 'wrong_kind',
  'register written': 'wrong_kind',
  'variable set': set,
  'variable deleted': deleted,
});
const onSwitches = (unset: string, set: string): Expected => {
  return { ...onVariables(unset, 'wrong_kind', 'wrong_kind'), 'switch on': set };
};
const onRegisters = (unset: string, set: string): Expected => {
  return { ...onVariables(unset, 'wrong_kind', 'wrong_kind'), 'register written': set };
};

// Total over the operations: one without a line does not compile.
const TABLE: Readonly<Record<OperationType, readonly (readonly [string, Operation, Expected])[]>> = {
  'switch.set': [['set', { type: 'switch.set' }, onSwitches('becomes', 'already_written')]],
  'switch.read': [['read', { type: 'switch.read' }, onSwitches('keeps', 'keeps')]],
  'register.write': [
    ['write', { type: 'register.write', value: 'new' }, onRegisters('becomes', 'already_written')],
    [
      'write of the same value',
      { type: 'register.write', value: 'old' },
      onRegisters('becomes', 'already_written'),
    ],
  ],
  'register.read': [['read', { type: 'register.read' }, onRegisters('keeps', 'keeps')]],
  'variable.read': [['read', { type: 'variable.read' }, onVariables('keeps', 'keeps', 'keeps')]],
  'variable.write': [
    ['write', { type: 'variable.write', value: 'new' }, onVariables('becomes', 'becomes', 'becomes')],
    [
      'write of the same value',
      { type: 'variable.write', value: 'old' },
      onVariables('becomes', 'becomes', 'becomes'),
    ],
  ],
  'variable.create': [
    ['create', { type: 'variable.create', value: 'new' }, onVariables('becomes', 'conflict', 'becomes')],
  ],
  'variable.cas': [
    ['cas on version 3', cas({ version: 3 }), onVariables('conflict', 'becomes', 'conflict')],
    ['cas on version 2', cas({ version: 2 }), onVariables('conflict', 'conflict', 'conflict')],
    [
      'cas on version 4, that of the delete',
      cas({ version: 4 }),
      onVariables('conflict', 'conflict', 'conflict'),
    ],
    ['cas on version 0, for unset', cas({ version: 0 }), onVariables('becomes', 'conflict', 'becomes')],
    ['cas on the value', cas({ value: 'old' }), onVariables('conflict', 'becomes', 'conflict')],
    ['cas on another value', cas({ value: 'other' }), onVariables('conflict', 'conflict', 'conflict')],
    ['cas on null', cas({ value: null }), onVariables('conflict', 'conflict', 'conflict')],
  ],
  'variable.delete': [
    ['delete', remove(), onVariables('keeps', 'becomes', 'keeps')],
    ['delete of version 3', remove(3), onVariables('conflict', 'becomes', 'conflict')],
    ['delete of version 4', remove(4), onVariables('conflict', 'conflict', 'conflict')],
  ],
  'variable.change': [
    ['append', change('append', 'x'), onVariables('becomes', 'rejected', 'becomes')],
    ['change that nobody knows', change('nothing'), onVariables('rejected', 'rejected', 'rejected')],
    ['change that refuses', change('picky'), onVariables('rejected', 'rejected', 'rejected')],
    ['change that fails', change('broken'), onVariables('rejected', 'rejected', 'rejected')],
    ['change to what is no value', change('inexact'), onVariables('rejected', 'rejected', 'rejected')],
    ['change to a value too large', change('large'), onVariables('too_large', 'too_large', 'too_large')],
  ],
};

for (const [type, lines] of Object.entries(TABLE)) {
  for (const [what, operation, expected] of lines) {
    for (const name of NAMES) {
      test(`apply() of ${type}, a ${what}: ${expected[name]}, when the state is ${name}`, t => {
        const before = STATES[name];
        const { state, outcome } = apply(before, { operation, id: undefined }, CONTEXT);
        if (expected[name] === 'becomes') {
          t.is(state.version, before.version + 1);
          t.is(state.kind, OPERATION_KINDS[operation.type]);
          t.deepEqual(outcome, { kind: 'done', view: viewOf(state), duplicate: false });
          return;
        }
        t.is(state, before);
        t.is(outcome.kind === 'refused' ? outcome.code : 'keeps', expected[name]);
        t.deepEqual('view' in outcome && outcome.view, viewOf(before));
      });
    }
  }
}

test('apply() stores what was written and shows it', t => {
  const { state } = apply(
    UNSET,
    { operation: { type: 'variable.write', value: { a: [1] } }, id: undefined },
    CONTEXT,
  );
  t.deepEqual(viewOf(state), { set: true, value: { a: [1] }, version: 1 });
});

test('apply() leaves no value behind, when it deletes; the count goes on underneath', t => {
  const { state } = apply(STATES['variable set'], { operation: remove(), id: undefined }, CONTEXT);
  t.deepEqual(state, { ...STATES['variable set'], set: false, value: undefined, version: 4 });
  t.deepEqual(viewOf(state), { set: false, value: undefined, version: 0 });
});

test('apply() gives a change nothing, when the variable was deleted', t => {
  const { state } = apply(
    STATES['variable deleted'],
    { operation: change('add', 5), id: undefined },
    CONTEXT,
  );
  t.deepEqual(viewOf(state), { set: true, value: 5, version: 5 });
});

test('apply() compares objects by their fields in any order, when a cas expects a value', t => {
  const before = stateOf('variable', true, 1, { a: 1, b: 2 });
  t.is(
    apply(before, { operation: cas({ value: { b: 2, a: 1 } }), id: undefined }, CONTEXT).outcome.kind,
    'done',
  );
});

test('apply() says why it refuses, with the version or the kind', t => {
  const whyNot = (name: StateName, operation: Operation) => {
    const { outcome } = apply(STATES[name], { operation, id: undefined }, CONTEXT);
    return outcome.kind === 'refused' ? outcome.why : 'done';
  };
  t.is(whyNot('switch on', { type: 'switch.set' }), 'it was already written (version 1)');
  t.is(whyNot('variable set', cas({ version: 2 })), 'its version is 3, not 2');
  t.is(whyNot('variable deleted', cas({ version: 2 })), 'it is unset');
  t.is(whyNot('variable set', { type: 'switch.read' }), 'it is a variable, not a switch');
  t.regex(whyNot('variable set', change('nothing')), /'nothing'/);
  t.regex(
    whyNot('variable set', change('broken')),
    /'broken' rejected it: it failed: TypeError: no such thing/,
  );
  t.regex(whyNot('variable set', change('large')), /203 bytes|20\d bytes, more than 100/);
});
