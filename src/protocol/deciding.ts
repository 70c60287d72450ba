// What an operation asks for, by the state of the register: that it stays as it is, becomes something else, or a refusal. Pure.

import { ChangeRejected, type ChangeTable } from './changes.ts';
import { type Expectation, isRead, type Operation } from './operation.ts';
import type { RefusalCode, RegisterState } from './state.ts';
import { isEnvelope, isTransactionChange } from './transaction-changes.ts';
import { checkValue, sameValue, type Value } from './value.ts';

export interface Circumstances {
  readonly changes: ChangeTable;
  readonly valueBytesMax: number;
  /** With fractions. */
  readonly nowSeconds: number;
}

export interface Becoming {
  readonly kind: 'become';
  readonly set: boolean;
  readonly value: Value | undefined;
  /** When its time is over (E1). */
  readonly untilMs?: number | undefined;
}

type Decision =
  | { readonly kind: 'keep' }
  | Becoming
  | { readonly kind: 'refuse'; readonly code: RefusalCode; readonly why: string };

const KEEP: Decision = { kind: 'keep' };

export function decide(state: RegisterState, operation: Operation, context: Circumstances): Decision {
  return ownedByTransactions(state, operation) ?? decideFreely(state, operation, context);
}

function decideFreely(state: RegisterState, operation: Operation, context: Circumstances): Decision {
  switch (operation.type) {
    case 'switch.read':
    case 'register.read':
    case 'variable.read':
      return KEEP;
    case 'switch.set':
      return state.set ? alreadyWritten(state) : { kind: 'become', set: true, value: undefined };
    case 'register.write':
      return state.set ? alreadyWritten(state) : becomeValue(operation.value);
    case 'variable.write':
      return becomeValue(operation.value, untilOf(operation.ttlMs, context));
    case 'variable.create':
      if (state.set) return conflict(`it is set (version ${state.version})`);
      return becomeValue(operation.value, untilOf(operation.ttlMs, context));
    case 'variable.cas':
      return compareAndSet(
        state,
        operation.expect,
        becomeValue(operation.value, untilOf(operation.ttlMs, context)),
      );
    case 'variable.delete':
      return remove(state, operation.version);
    case 'variable.change':
      return change(state, operation.change, operation.args, context);
  }
}

/** T1: what transactions have under way in a variable is theirs. Nobody else changes it, or makes something that looks like it. */
function ownedByTransactions({ value }: RegisterState, operation: Operation): Decision | undefined {
  const isTheirs = operation.type === 'variable.change' && isTransactionChange(operation.change);
  if (isTheirs || isRead(operation)) return undefined;
  if (isEnvelope(value))
    return { kind: 'refuse', code: 'rejected', why: 'it belongs to transactions, and only they change it' };
  if ('value' in operation && isEnvelope(operation.value))
    return { kind: 'refuse', code: 'rejected', why: 'only transactions write such a value' };
  return undefined;
}

function becomeValue(value: Value, untilMs?: number): Becoming {
  return { kind: 'become', set: true, value, untilMs };
}

/** By the clock of the proposer that applies it. */
function untilOf(ttlMs: number | undefined, { nowSeconds }: Circumstances): number | undefined {
  return ttlMs === undefined ? undefined : Math.ceil(1000 * nowSeconds + ttlMs);
}

function conflict(why: string): Decision {
  return { kind: 'refuse', code: 'conflict', why };
}

function alreadyWritten(state: RegisterState): Decision {
  return {
    kind: 'refuse',
    code: 'already_written',
    why: `it was already written (version ${state.version})`,
  };
}

function compareAndSet(state: RegisterState, expect: Expectation, becoming: Becoming): Decision {
  if (expect.by === 'version') {
    // Version 0 stands for unset, so that a variable can be created and created anew after a delete.
    const holds = expect.version === 0 ? !state.set : state.set && state.version === expect.version;
    if (holds) return becoming;
    return conflict(state.set ? `its version is ${state.version}, not ${expect.version}` : 'it is unset');
  }
  if (!state.set) return conflict('it is unset');
  if (sameValue(state.value, expect.value)) return becoming;
  return conflict(`its value is another (version ${state.version})`);
}

function remove(state: RegisterState, version: number | undefined): Decision {
  if (version !== undefined && !(state.set && state.version === version)) {
    return conflict(state.set ? `its version is ${state.version}, not ${version}` : 'it is unset');
  }
  return state.set ? { kind: 'become', set: false, value: undefined } : KEEP;
}

function change(
  state: RegisterState,
  name: string,
  args: readonly Value[],
  context: Circumstances,
): Decision {
  const rejected = (why: string): Decision => ({ kind: 'refuse', code: 'rejected', why });
  const apply = context.changes.get(name);
  if (apply === undefined) return rejected(`this proposer has no change '${name}'`);
  let result: Value;
  try {
    const occasion = { nowMs: context.nowSeconds * 1000, version: state.version + 1 };
    result = apply(state.set ? state.value : undefined, args, occasion);
  } catch (error) {
    // A change is somebody else's code: whatever it throws refuses this request and harms no other.
    const why = error instanceof ChangeRejected ? error.message : `it failed: ${String(error)}`;
    return rejected(`the change '${name}' rejected it: ${why}`);
  }
  if (isEnvelope(result) && !isTransactionChange(name))
    return rejected(`only transactions make what the change '${name}' did`);
  const check = checkValue(result);
  if (check.kind === 'refused') return rejected(`the result of the change '${name}' ${check.why}`);
  if (check.bytes > context.valueBytesMax) {
    const why = `the result of the change '${name}' has ${check.bytes} bytes, more than ${context.valueBytesMax}`;
    return { kind: 'refuse', code: 'too_large', why };
  }
  // What it was written to last for stays, but nothing that a transaction has under way may go by itself (T1).
  const lasts = state.set && !isTransactionChange(name);
  return becomeValue(check.value, lasts ? state.untilMs : undefined);
}
