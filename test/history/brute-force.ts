// Linearizability by definition: try every order. For histories of a few operations; shares nothing with the
// search that it checks.

import type { Model } from '../../src/history/model.ts';
import type { Operation } from '../../src/history/operations.ts';

export function isLinearizableByBruteForce<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  operations: readonly Operation<Call, Outcome>[],
): boolean {
  const keys = new Set(operations.map(operation => operation.key));
  return [...keys].every(key =>
    canFinish(
      model,
      model.initial,
      operations.filter(operation => operation.key === key),
    ),
  );
}

function canFinish<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  state: State,
  remaining: readonly Operation<Call, Outcome>[],
): boolean {
  if (remaining.every(operation => operation.outcome === 'unknown')) return true;
  return remaining.some(operation => {
    if (remaining.some(other => other.completedAt < operation.invokedAt)) return false;
    const next = model.step(state, operation.call, operation.outcome);
    if (next === undefined) return false;
    return canFinish(
      model,
      next,
      remaining.filter(other => other !== operation),
    );
  });
}
