// A batch: the requests for one register that share a round. They are applied in order as one change, and
// each gets the answer of its own place in that order. Reads come last: who reads to compare and set wants the latest.

import { type Ballot, compareBallots } from './ballot.ts';
import { expired, keptFor } from './collected.ts';
import { latestRound } from './lineage.ts';
import { isRead, type Request } from './operation.ts';
import { type ApplyContext, apply, type Outcome } from './register.ts';
import type { RegisterState } from './state.ts';

/** A request that is being worked on. */
export interface Pending {
  /** By which the proposer actor finds the client again. */
  readonly token: number;
  readonly request: Request;
  readonly deadlineMs: number;
  /** The rounds that carried it to acceptors, burnt but for the last: while there are any, its fate is unknown (P2). */
  readonly attempts: readonly Attempt[];
}

export interface Attempt {
  readonly counter: number;
  readonly outcome: Outcome;
}

export interface Evaluated {
  readonly state: RegisterState;
  /** One for each request of the batch, in order. */
  readonly outcomes: readonly Outcome[];
  readonly changed: boolean;
}

interface EvaluateContext extends ApplyContext {
  /** The incarnation whose rounds the attempts are. */
  readonly proposer: string;
}

/** Applies the batch to a state. A request that an attempt brought into this state keeps its outcome (R2). */
export function evaluate(
  batch: readonly Pending[],
  base: RegisterState,
  context: EvaluateContext,
): Evaluated {
  const latest = latestRound(base, context.proposer);
  // E1: it is a change like any other, so that who is told of it is told of a chosen state.
  let state = expired(base, context.nowSeconds);
  const outcomes: Outcome[] = [];
  for (const { request, attempts } of batch) {
    const attempt = attempts.find(candidate => candidate.counter === latest);
    const applied =
      attempt === undefined ? apply(state, request, context) : { state, outcome: attempt.outcome };
    state = applied.state;
    outcomes.push(applied.outcome);
  }
  return { state: keptFor(state, base, context.nowSeconds), outcomes, changed: state !== base };
}

/**
 * The reads behind all others, which keep their order. All of them are under way at once, so each may take effect before or
 * after any other: a read that stands first shows a version that is gone when its client hears of it.
 */
export function readsLast(batch: readonly Pending[]): readonly Pending[] {
  const reads = batch.filter(isOfRead);
  return reads.length === 0 || reads.length === batch.length
    ? batch
    : [...batch.filter(pending => !isOfRead(pending)), ...reads];
}

export function isOfRead({ request }: Pending): boolean {
  return isRead(request.operation);
}

interface Resolved {
  readonly batch: readonly Pending[];
  /** Requests of which nobody can tell any more whether they were applied. */
  readonly unknowable: readonly Pending[];
}

/**
 * Separates what the state that phase 1 found can tell from what it cannot (R2). A quorum has promised a higher
 * ballot, so an earlier round of this proposer that is not in the history of this state was not chosen. It
 * may still be found by another proposer, as long as nothing above it is chosen: so attempts are kept.
 */
export function resolveAttempts(batch: readonly Pending[], base: RegisterState, proposer: string): Resolved {
  const latest = latestRound(base, proposer);
  if (typeof latest === 'number' || batch.every(({ attempts }) => attempts.length === 0))
    return { batch, unknowable: [] };
  // D3: with an earlier life of the register its marks were collected.
  const forgottenTo = latest === 'forgotten' ? Number.POSITIVE_INFINITY : base.collected;
  const isUnknowable = ({ attempts }: Pending): boolean =>
    attempts.some(({ counter }) => counter <= forgottenTo);
  return {
    batch: batch.filter(pending => !isUnknowable(pending)),
    unknowable: batch.filter(isUnknowable),
  };
}

/**
 * Whether a round that carried the batch is above `chosen`, the ballot of a chosen state: another proposer may
 * then still find that round at a few acceptors and build on it (R2).
 */
export function mayBeFound(batch: readonly Pending[], chosen: Ballot, proposer: string): boolean {
  return batch.some(({ attempts }) =>
    attempts.some(({ counter }) => compareBallots({ counter, proposer }, chosen) > 0),
  );
}

/** The batch as carried by one more round. */
export function withAttempt(
  batch: readonly Pending[],
  counter: number,
  outcomes: readonly Outcome[],
): readonly Pending[] {
  return batch.map((pending, i) => {
    const outcome = outcomes[i];
    if (outcome === undefined) throw new RangeError(`Request ${pending.token} has no outcome`);
    return { ...pending, attempts: [...pending.attempts, { counter, outcome }] };
  });
}

/** What the batch came to in the round that carried it last. */
export function lastOutcomes(batch: readonly Pending[]): readonly Outcome[] {
  return batch.map(({ token, attempts }) => {
    const attempt = attempts.at(-1);
    if (attempt === undefined) throw new RangeError(`Request ${token} was carried by no round`);
    return attempt.outcome;
  });
}
