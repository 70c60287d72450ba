// What registers do, written a second time and apart from src/protocol/register.ts: a mistake there must not
// be a mistake of the judge as well. One model for the single register of Jepsen's recorded histories, one
// for the registers of Synod.

import type { Change } from '../protocol/changes.ts';
import { OPERATION_KINDS } from '../protocol/operation.ts';
import type { Kind } from '../protocol/state.ts';
import { isPlainObject, sameValue, type Value } from '../protocol/value.ts';
import type { SynodCall, SynodOutcome } from './history.ts';
import type { Model } from './model.ts';

export type JepsenCall =
  | { readonly operation: 'read' }
  | { readonly operation: 'write'; readonly value: number }
  | { readonly operation: 'cas'; readonly expect: number; readonly value: number };

/** `value` is what a read returned, null while the register is unset. A failed cas found another value. */
export type JepsenOutcome =
  | { readonly kind: 'ok'; readonly value: number | null }
  | { readonly kind: 'fail' };

export const jepsenModel: Model<number | null, JepsenCall, JepsenOutcome> = {
  initial: null,
  step(state, call, outcome) {
    const failed = outcome !== 'unknown' && outcome.kind === 'fail';
    switch (call.operation) {
      case 'read':
        return outcome === 'unknown' || failed || outcome.value === state ? state : undefined;
      case 'write':
        return failed ? state : call.value;
      case 'cas': {
        const holds = state === call.expect;
        if (outcome === 'unknown') return holds ? call.value : state;
        if (failed) return holds ? undefined : state;
        return holds ? call.value : undefined;
      }
    }
  },
  key: state => String(state),
  isRead: (call, outcome) => call.operation === 'read' || (outcome !== 'unknown' && outcome.kind === 'fail'),
};

/** The state of one Synod register. `version` counts the changes; it is shown only while the register is set. */
export interface SynodState {
  readonly kind: Kind | undefined;
  readonly set: boolean;
  readonly value: Value | undefined;
  readonly version: number;
  /** No answer has told the version yet, which is this one or a later one. */
  readonly isLeast?: boolean;
}

type Refusal = 'conflict' | 'already_written' | 'wrong_kind' | 'rejected';
type ChangeTable = ReadonlyMap<string, Change>;

interface SynodModelOptions {
  /**
   * Whether deleted variables were collected meanwhile, so that their keys were free for registers of another kind again; off
   * by default.
   */
  readonly collects: boolean;
  /**
   * Whether others in the partition of the key were collected, so that its version may be any later one when it is set anew (D3); off by
   * default.
   */
  readonly jumps?: boolean;
}

/**
 * The registers of Synod, with the named changes that the proposers of the recorded cluster had. Where variables last for a time,
 * expiryModel() is around it.
 */
export function synodModel(
  changes: ChangeTable,
  { collects, jumps = false }: SynodModelOptions = { collects: false },
): Model<SynodState, SynodCall, SynodOutcome> {
  const applied = (state: SynodState, call: SynodCall): SynodState | Refusal => {
    const result = apply(state, call, changes);
    if (result !== 'wrong_kind' || !collects || state.set) return result;
    const free = { ...state, kind: undefined };
    const next = apply(free, call, changes);
    return next === free ? state : next;
  };
  const step = (
    told: SynodState,
    call: SynodCall,
    outcome: SynodOutcome | 'unknown',
  ): SynodState | undefined => {
    if (outcome === 'unknown') return jumps ? jumped(told, call) : unknown(told, call);
    const state = jumps ? withVersion(told, call, outcome) : told;
    switch (outcome.kind) {
      case 'failed':
        return state;
      case 'refused-before':
        return shows(state, outcome) ? state : undefined;
      case 'refused': {
        // How large a value may be is configuration, so whether that refusal was due is not judged here.
        const isDue = outcome.code === 'too_large' || outcome.code === apply(state, call, changes);
        return isDue && shows(state, outcome) ? state : undefined;
      }
      case 'ok':
      case 'ok-before': {
        const result = applied(state, call);
        return typeof result !== 'string' && shows(result, outcome) ? result : undefined;
      }
    }
  };
  return {
    initial: { kind: undefined, set: false, value: undefined, version: 0 },
    step,
    key,
    // Where versions jump, an answer may tell which one the state has.
    isRead: (call, outcome) => isRead(call, outcome) && !(jumps && tellsVersion(outcome)),
    hopeless,
  };

  function unknown(state: SynodState, call: SynodCall): SynodState {
    const result = applied(state, call);
    return typeof result === 'string' ? state : result;
  }

  /** After an unknown outcome, where what is set anew, or has a version that nobody told, has any later one. */
  function jumped(state: SynodState, call: SynodCall): SynodState {
    const asked = 'version' in call ? call.version : undefined;
    const isTold = !state.isLeast || asked === undefined || asked < state.version;
    const result = unknown(isTold ? state : { ...state, version: asked, isLeast: false }, call);
    if (result === state || !result.set) return result;
    return { ...result, isLeast: !state.set || (state.isLeast === true && isTold) };
  }

  function hopeless(state: SynodState, call: SynodCall, outcome: SynodOutcome): boolean {
    if (outcome.kind === 'failed') return false;
    const { set, version } = outcome.shown;
    if (!set) return state.set && state.kind !== 'variable';
    // Versions only grow, so a version that is gone is gone, and of the present one there is only this state.
    return version < state.version || (version === state.version && step(state, call, outcome) === undefined);
  }
}

function isRead({ operation }: SynodCall, outcome: SynodOutcome | 'unknown'): boolean {
  if (outcome !== 'unknown' && outcome.kind !== 'ok' && outcome.kind !== 'ok-before') return true;
  return operation === 'switch.read' || operation === 'register.read' || operation === 'variable.read';
}

function tellsVersion(outcome: SynodOutcome | 'unknown'): boolean {
  return outcome !== 'unknown' && outcome.kind !== 'failed' && outcome.shown.set;
}

/** The state with the version that the answer tells it to have had, where that can be. */
function withVersion(state: SynodState, call: SynodCall, outcome: SynodOutcome): SynodState {
  if (outcome.kind === 'failed' || !outcome.shown.set || (state.set && !state.isLeast)) return state;
  const version = versionBefore(call, outcome);
  return version < state.version ? state : { ...state, version, isLeast: false };
}

/** The version that a register had, by an answer that shows it set. */
export function versionBefore(
  call: SynodCall,
  outcome: Exclude<SynodOutcome, { readonly kind: 'failed' }>,
): number {
  return outcome.shown.version - (isRead(call, outcome) ? 0 : 1);
}

function shows(state: SynodState, { kind, shown }: Exclude<SynodOutcome, { kind: 'failed' }>): boolean {
  const version = state.set ? state.version : 0;
  if (shown.set !== state.set || shown.version !== version) return false;
  // The answer to a retry leaves out a value that was too large to be remembered.
  if (kind === 'ok-before' && shown.value === undefined) return true;
  return sameValue(shown.value, state.value);
}

function key({ kind, set, value, version, isLeast }: SynodState): string {
  return JSON.stringify({ kind, set, version, isLeast, value }, (_, part: unknown) => {
    return isPlainObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  });
}

/** The next state, the same one when the call leaves it as it is, or why it is refused. */
function apply(state: SynodState, call: SynodCall, changes: ChangeTable): SynodState | Refusal {
  const kind = OPERATION_KINDS[call.operation];
  if (state.kind !== undefined && state.kind !== kind) return 'wrong_kind';
  if (isOfTransactions(state, call)) return 'rejected';
  const become = (set: boolean, value: Value | undefined): SynodState => {
    return { kind, set, value, version: state.version + 1 };
  };
  switch (call.operation) {
    case 'switch.read':
    case 'register.read':
    case 'variable.read':
      return state;
    case 'switch.set':
      return state.set ? 'already_written' : become(true, undefined);
    case 'register.write':
      return state.set ? 'already_written' : become(true, call.value);
    case 'variable.write':
      return become(true, call.value);
    case 'variable.create':
      return state.set ? 'conflict' : become(true, call.value);
    case 'variable.cas':
      return isExpected(state, call) ? become(true, call.value) : 'conflict';
    case 'variable.delete':
      if (call.version !== undefined && !(state.set && state.version === call.version)) return 'conflict';
      return state.set ? become(false, undefined) : state;
    case 'variable.change': {
      const result = changed(state, call, changes);
      return result === undefined ? 'rejected' : become(true, result);
    }
  }
}

/** Only transactions change what they have under way. */
function isOfTransactions({ value }: SynodState, call: SynodCall): boolean {
  const isTheirs = call.operation === 'variable.change' && call.change.startsWith('transaction.');
  return isPlainObject(value) && '$transaction' in value && !isTheirs && call.operation !== 'variable.read';
}

type Cas = Extract<SynodCall, { operation: 'variable.cas' }>;
type NamedChange = Extract<SynodCall, { operation: 'variable.change' }>;

/** Version 0 stands for unset, also after a delete. */
function isExpected(state: SynodState, { version, expect }: Cas): boolean {
  if (version === 0) return !state.set;
  if (version !== undefined) return state.set && state.version === version;
  return state.set && sameValue(state.value, expect);
}

/** Undefined when the change refuses, which it does by throwing. What depends on the time cannot be judged. */
function changed(state: SynodState, { change, args }: NamedChange, changes: ChangeTable): Value | undefined {
  try {
    return changes.get(change)?.(state.value, args ?? [], { nowMs: 0, version: state.version + 1 });
  } catch {
    return undefined;
  }
}
