// What the register of a lock does, for the checker. When a lease ends is between the proposers and their clocks: the model
// takes the times that answers show, and asks only that nobody was granted before the end that was shown of another.

import type { Holder, LockValue } from '../protocol/lock-changes.ts';
import { lockIn } from '../protocol/lock-changes.ts';
import { isPlainObject, type Value } from '../protocol/value.ts';
import type { Shown, SynodCall, SynodOutcome } from './history.ts';
import type { Model } from './model.ts';
import type { SynodState } from './register-models.ts';

type SynodModel = Model<SynodState, SynodCall, SynodOutcome>;
type LockCall = Extract<SynodCall, { operation: 'variable.change' }>;

/** In the place of a time in ms that no answer showed: no lease ends in 1970. */
const UNTOLD = 0;

/** Locks of one permit. Whatever is no change of a lock is judged by `registers`. */
export function lockModel(registers: SynodModel): SynodModel {
  const step: SynodModel['step'] = (state, call, outcome) => {
    if (isLockCall(call)) return lockStep(state, call, outcome);
    const known = withTimes(state, outcome);
    const next = registers.step(known, call, outcome);
    return next === known ? state : next;
  };
  return {
    initial: registers.initial,
    key: registers.key,
    isRead: registers.isRead,
    step,
    // A lock is never unset again, and versions only grow.
    hopeless(state, call, outcome) {
      if (outcome.kind === 'failed') return false;
      const { set, version } = outcome.shown;
      if (!set) return state.set;
      return (
        version < state.version || (version === state.version && step(state, call, outcome) === undefined)
      );
    },
  };
}

function isLockCall(call: SynodCall): call is LockCall {
  return call.operation === 'variable.change' && call.change.startsWith('lock.');
}

function lockStep(
  state: SynodState,
  call: LockCall,
  outcome: SynodOutcome | 'unknown',
): SynodState | undefined {
  if (outcome === 'unknown') return changed(state, call, undefined) ?? state;
  switch (outcome.kind) {
    case 'failed':
      return state;
    case 'refused-before':
      return shows(state, outcome.shown) ? state : undefined;
    case 'refused': {
      // How large a value may be is configuration.
      const isDue = outcome.code === 'too_large' || (outcome.code === 'rejected' && mayRefuse(state, call));
      return isDue && shows(state, outcome.shown) ? state : undefined;
    }
    case 'ok':
    case 'ok-before': {
      const { shown } = outcome;
      const next = changed(state, call, shown);
      if (next === undefined || next.version !== shown.version) return undefined;
      // The answer to a retry leaves out a value that was too large to be remembered.
      if (shown.value === undefined) return outcome.kind === 'ok-before' ? next : undefined;
      return shows(next, shown) ? next : undefined;
    }
  }
}

/** The state after it, with the times that are shown; undefined when it cannot have been done. */
function changed(state: SynodState, call: LockCall, shown: Shown | undefined): SynodState | undefined {
  if (state.kind !== undefined && state.kind !== 'variable') return undefined;
  const before = lockIn(state.value);
  const holders = before && heldAfter(before.holders, call, state.version + 1, shown);
  if (holders === undefined) return undefined;
  return { kind: 'variable', set: true, value: { limit: 1, holders }, version: state.version + 1 };
}

function heldAfter(
  holders: readonly Holder[],
  { change, args: [first = null, options] = [] }: LockCall,
  version: number,
  shown: Shown | undefined,
): readonly Holder[] | undefined {
  const untilMs = lockIn(shown?.value)?.holders[0]?.untilMs ?? UNTOLD;
  if (change === 'lock.acquire') {
    const ttlMs = ttlOf(options);
    const others = holders.filter(({ owner }) => owner !== first);
    const isTooEarly = untilMs !== UNTOLD && others.some(other => (other.untilMs ?? 0) > untilMs - ttlMs);
    return isTooEarly ? undefined : [{ owner: String(first), token: version, permits: 1, ttlMs, untilMs }];
  }
  const held = holders.find(({ token }) => token === first);
  if (held === undefined) return undefined;
  if (change === 'lock.release') return [];
  const isShorter = untilMs !== UNTOLD && untilMs < (held.untilMs ?? 0);
  return isShorter ? undefined : [{ ...held, untilMs }];
}

function mayRefuse({ value }: SynodState, { change, args: [first] = [] }: LockCall): boolean {
  const holders = lockIn(value)?.holders ?? [];
  return change === 'lock.acquire'
    ? holders.some(({ owner }) => owner !== first)
    : !holders.some(({ token }) => token === first);
}

function ttlOf(options: Value | undefined): number {
  if (isPlainObject(options) && typeof options.ttlMs === 'number') return options.ttlMs;
  throw new RangeError('The model knows locks with a time and one permit only');
}

function shows(state: SynodState, { set, version, value }: Shown): boolean {
  if (set !== state.set || version !== (state.set ? state.version : 0)) return false;
  return state.set ? isSameLock(state.value, value) : value === undefined;
}

function isSameLock(own: Value | undefined, shown: Value | undefined): boolean {
  const [one, other] = [lockIn(own), lockIn(shown)];
  return (
    one !== undefined &&
    other !== undefined &&
    one.limit === other.limit &&
    one.holders.length === other.holders.length &&
    one.holders.every((holder, i) => isSameHolder(holder, other.holders[i]))
  );
}

function isSameHolder(own: Holder, shown: Holder | undefined): boolean {
  return (
    own.owner === shown?.owner &&
    own.token === shown.token &&
    own.permits === shown.permits &&
    own.ttlMs === shown.ttlMs &&
    (own.untilMs === UNTOLD || own.untilMs === shown.untilMs)
  );
}

/** The state with the times that the answer shows in the place of those that nobody was told. */
function withTimes(state: SynodState, outcome: SynodOutcome | 'unknown'): SynodState {
  if (outcome === 'unknown' || outcome.kind === 'failed') return state;
  const { value } = outcome.shown;
  return isSameLock(state.value, value) ? { ...state, value: value as LockValue } : state;
}
