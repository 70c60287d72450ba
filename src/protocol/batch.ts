// A batch: the requests for one register that share a round. They are applied in order as one change, and
// each gets the answer of its own place in that order.

import { latestRound } from './lineage.ts';
import type { Request } from './operation.ts';
import { type ApplyContext, apply, type Outcome, type RegisterState } from './register.ts';

/** A request that is being worked on. */
export interface Pending {
  /** By which the proposer actor finds the client again. */
  readonly token: number;
  readonly request: Request;
  readonly deadlineMs: number;
  /** The rounds that carried it to acceptors and were burnt: while there are any, its fate is unknown (P2). */
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

/** Applies the batch to a state. A request that an attempt brought into this state keeps its outcome. */
export function evaluate(batch: readonly Pending[], base: RegisterState, context: ApplyContext): Evaluated {
  let state = base;
  const outcomes: Outcome[] = [];
  for (const { request, attempts } of batch) {
    const [attempt] = attempts;
    const applied =
      attempt === undefined ? apply(state, request, context) : { state, outcome: attempt.outcome };
    state = applied.state;
    outcomes.push(applied.outcome);
  }
  return { state, outcomes, changed: state !== base };
}

export interface Resolved {
  readonly batch: readonly Pending[];
  /** Requests of which nobody can tell any more whether they were applied. */
  readonly unknowable: readonly Pending[];
}

/**
 * Settles the attempts of a batch by the state that phase 1 found (R2). A quorum has promised a higher
 * ballot, so an earlier round of this proposer that is not in the history of the highest accepted value was
 * not chosen and never will be: its requests are as good as new. One that is there has been applied.
 */
export function resolveAttempts(batch: readonly Pending[], base: RegisterState, proposer: string): Resolved {
  if (batch.every(pending => pending.attempts.length === 0)) return { batch, unknowable: [] };
  const latest = latestRound(base, proposer);
  if (latest === 'forgotten') {
    return {
      batch: batch.filter(pending => pending.attempts.length === 0),
      unknowable: batch.filter(pending => pending.attempts.length > 0),
    };
  }
  const settled = batch.map(pending => ({
    ...pending,
    attempts: pending.attempts.filter(attempt => attempt.counter === latest),
  }));
  return { batch: settled, unknowable: [] };
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
