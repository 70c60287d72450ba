// Variables that last for a time (E1), for the checker. Which proposer wrote and which one looked is not in a history, so
// the model knows of their clocks only where the slowest and the fastest of them were: a variable may be over as soon as one
// of them can have had it so, it must be over as soon as none can have it otherwise, and once it was seen to be over it
// is. Its end is a change like any other, with a version of its own, though nobody asked for it.

import { type HistoryEvent, operationsOf, type SynodCall, type SynodOutcome } from './history.ts';
import type { Model } from './model.ts';
import type { Operation } from './operations.ts';
import { type SynodState, versionBefore } from './register-models.ts';

/** What any of the proposers' clocks can have shown at a moment of the history, in ms. Neither ever goes backwards. */
export interface ClockBounds {
  readonly slowest: (timeMs: number) => number;
  readonly fastest: (timeMs: number) => number;
}

/** A call with the times between which it was served: of the history's events, Infinity where it has no end. */
export type TimedCall = SynodCall & { readonly fromMs: number; readonly toMs: number };

/** A register that may have an end. */
export interface LastingState {
  readonly register: SynodState;
  readonly lasts: Lasts | undefined;
  /** A proposer's clock showed this before whatever is to come. */
  readonly sinceMs: number;
}

interface Lasts {
  readonly ttlMs: number;
  /** The times, as those of a call, between which a proposer applied the write that said so. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Ends are rounded up to whole ms, and clocks are fractions. */
const ROUNDING_MS = 1 + 1e-3;

type Timed = Operation<TimedCall, SynodOutcome>;
type LastingModel = Model<LastingState, TimedCall, SynodOutcome>;

/**
 * The operations of a history with their times.
 * @throws HistoryError code `bad_order` when the events of a process do not fit together.
 */
export function timedOperationsOf(events: readonly HistoryEvent[]): Timed[] {
  return operationsOf(events).map(operation => {
    const fromMs = events[operation.invokedAt]?.time ?? 0;
    const toMs = events[operation.completedAt]?.time ?? Number.POSITIVE_INFINITY;
    return { ...operation, call: { ...operation.call, fromMs, toMs } };
  });
}

/**
 * Registers of one key that may have an end.
 * @param operations all those of the key: what shows a version tells until when it was there at the latest.
 */
export function expiryModel(
  registers: Model<SynodState, SynodCall, SynodOutcome>,
  { slowest, fastest }: ClockBounds,
  operations: readonly Timed[],
): LastingModel {
  const seen = firstSeen(operations);
  const writtenBy = ({ toMs }: Lasts, version: number | undefined): number => {
    const seenAtMs = version === undefined ? undefined : seen.get(version);
    return seenAtMs === undefined ? toMs : Math.min(toMs, seenAtMs);
  };
  /** Whether no clock can have it otherwise for a call that came then and found that version. */
  const isOver = (lasts: Lasts | undefined, version: number | undefined, fromMs: number): boolean => {
    if (lasts === undefined) return false;
    return slowest(fromMs) >= fastest(writtenBy(lasts, version)) + lasts.ttlMs + ROUNDING_MS;
  };
  const step = (
    state: LastingState,
    call: TimedCall,
    outcome: SynodOutcome | 'unknown',
  ): LastingState | undefined => {
    const { register, lasts, sinceMs } = state;
    const isShown = outcome !== 'unknown' && outcome.kind !== 'failed';
    if (isShown && fastest(call.toMs) < sinceMs) return undefined;
    const next = registers.step(register, call, outcome);
    if (next === undefined || (next === register && !isShown)) return next && state;
    const found = isShown && outcome.shown.set ? versionBefore(call, outcome) : versionOf(register);
    // A delete of what is there, and one of what is over, come to the same.
    if (register.set && next.set && isOver(lasts, found, call.fromMs)) return isShown ? undefined : state;
    if (next === register) return state;
    const keeps = next.version === found || call.operation === 'variable.change';
    const kept = lasts && { ...lasts, toMs: writtenBy(lasts, found) };
    return { register: next, lasts: next.set ? (keeps ? kept : lastsBy(call)) : undefined, sinceMs };
  };
  return {
    initial: { register: registers.initial, lasts: undefined, sinceMs: Number.NEGATIVE_INFINITY },
    step,
    key: ({ register, lasts, sinceMs }) => `${registers.key(register)} ${JSON.stringify([lasts, sinceMs])}`,
    isRead: registers.isRead,
    untold: ({ register, lasts, sinceMs }) => {
      if (!register.set || lasts === undefined) return undefined;
      const ended = { ...register, set: false, value: undefined, version: register.version + 1 };
      const endsMs = slowest(lasts.fromMs) + lasts.ttlMs;
      return { register: ended, lasts: undefined, sinceMs: Math.max(sinceMs, endsMs) };
    },
    hopeless(state, call, outcome) {
      if (outcome.kind === 'failed') return false;
      const { set, version } = outcome.shown;
      if (fastest(call.toMs) < state.sinceMs) return true;
      if (registers.hopeless?.(state.register, call, outcome) === true) return true;
      return set && version === state.register.version && step(state, call, outcome) === undefined;
    },
  };
}

/** Undefined while nobody told it. */
function versionOf({ version, isLeast }: SynodState): number | undefined {
  return isLeast ? undefined : version;
}

function lastsBy(call: TimedCall): Lasts | undefined {
  const { fromMs, toMs } = call;
  const ttlMs = 'ttlMs' in call ? call.ttlMs : undefined;
  return ttlMs === undefined ? undefined : { ttlMs, fromMs, toMs };
}

/** When the first of the calls ended that show a version: by then it was written. */
function firstSeen(operations: readonly Timed[]): ReadonlyMap<number, number> {
  const seen = new Map<number, number>();
  for (const { call, outcome } of operations) {
    if (outcome === 'unknown' || outcome.kind === 'failed' || !outcome.shown.set) continue;
    const { version } = outcome.shown;
    seen.set(version, Math.min(call.toMs, seen.get(version) ?? call.toMs));
  }
  return seen;
}
