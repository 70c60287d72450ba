// The timeline of one key: its calls and returns in recorded order, and its unknown operations apart,
// because nothing ever waits for those.

import type { Model } from './model.ts';
import type { Operation } from './operations.ts';

/** An operation with a known outcome: it took effect once, between its call and its return. */
export interface Completed<Call, Outcome> {
  readonly id: number;
  readonly operation: Operation<Call, Outcome>;
  readonly outcome: Outcome;
  readonly isRead: boolean;
  /** The same number for the same call with the same outcome. */
  readonly likeness: number;
}

export interface Unknown<Call, Outcome> {
  readonly id: number;
  readonly operation: Operation<Call, Outcome>;
  /**
   * The last unknown operation before it with the same call. Whatever this one can do that one could have
   * done instead, being called earlier; so the search uses equal ones in the order of their calls only.
   */
  readonly earlierTwin: number | undefined;
}

export interface Moment<Call, Outcome> {
  readonly kind: 'call' | 'return';
  readonly at: number;
  readonly completed: Completed<Call, Outcome>;
}

export interface Timeline<Call, Outcome> {
  readonly moments: readonly Moment<Call, Outcome>[];
  /**
   * Those that may change something, latest call first: a request that timed out mostly took effect soon or
   * not at all.
   */
  readonly unknowns: readonly Unknown<Call, Outcome>[];
}

export function timelineOf<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  operations: readonly Operation<Call, Outcome>[],
): Timeline<Call, Outcome> {
  const moments: Moment<Call, Outcome>[] = [];
  const unknowns: Unknown<Call, Outcome>[] = [];
  const twins = new Map<string, number>();
  const likenesses = new Map<string, number>();
  let id = 0;
  for (const operation of operations.toSorted((a, b) => a.invokedAt - b.invokedAt)) {
    const { call, outcome } = operation;
    const isRead = model.isRead(call, outcome);
    if (outcome !== 'unknown') {
      const text = JSON.stringify([call, outcome]);
      const likeness = likenesses.get(text) ?? id;
      likenesses.set(text, likeness);
      const completed = { id, operation, outcome, isRead, likeness };
      moments.push({ kind: 'call', at: operation.invokedAt, completed });
      moments.push({ kind: 'return', at: operation.completedAt, completed });
    } else if (!isRead) {
      const twin = JSON.stringify(call);
      unknowns.push({ id, operation, earlierTwin: twins.get(twin) });
      twins.set(twin, id);
    }
    id += 1;
  }
  return { moments: moments.sort((a, b) => a.at - b.at), unknowns: unknowns.reverse() };
}
