// Whole states, for backups: read from one cluster and restored in another. Asked by programs of the operator, never
// by clients.

import type { StateOperation } from './operation.ts';
import type { Applied } from './register.ts';
import { withSessions } from './sessions.ts';
import { type RegisterState, viewOf } from './state.ts';
import { sameValue } from './value.ts';

export function applyWhole(state: RegisterState, operation: StateOperation): Applied {
  if (operation.type === 'state.read') return done(state);
  if (operation.type === 'state.rewrite') return done({ ...state });
  const { state: restored } = operation;
  if (isUntouched(state)) return done(inPlaceOf(state, restored));
  if (isLike(state, restored)) return done(state);
  const why = `there is something already (version ${state.version})`;
  return { state, outcome: { kind: 'refused', code: 'conflict', why, view: viewOf(state) } };
}

/** Nothing was changed in this life of the register, and no request is remembered: a refused one is, too (R1). */
export function isUntouched({ kind, version, remembered, forgotten, collected }: RegisterState): boolean {
  if (kind !== undefined || remembered.length > 0) return false;
  return collected > 0 || (version === 0 && forgotten.length === 0);
}

/**
 * Rounds, passes and what was collected tell the history of this cluster's state, not of the other's (R2, R3). No version
 * comes back that was there before (D3).
 */
function inPlaceOf(state: RegisterState, restored: RegisterState): RegisterState {
  const { rounds, passes, collected, version, forgotten } = state;
  return {
    ...restored,
    rounds,
    passes,
    collected,
    version: collected === 0 ? restored.version : Math.max(restored.version, version + 1),
    forgotten: withSessions(restored.forgotten, forgotten),
  };
}

/** Restored before, as far as anybody can see. */
function isLike(state: RegisterState, other: RegisterState): boolean {
  return (
    state.kind === other.kind &&
    (state.version === other.version || (state.collected > 0 && state.version > other.version)) &&
    state.set === other.set &&
    sameValue(state.value, other.value)
  );
}

function done(state: RegisterState): Applied {
  return { state, outcome: { kind: 'done', view: viewOf(state), duplicate: false, whole: state } };
}
