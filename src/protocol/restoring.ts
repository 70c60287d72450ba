// Whole states: read from one cluster and restored in another by backups, and brought from one group of acceptors to
// another by moves. Asked by our own programs, never by clients.

import type { StateOperation } from './operation.ts';
import type { Applied } from './register.ts';
import { withSessions } from './sessions.ts';
import { type RegisterState, viewOf } from './state.ts';
import { sameValue } from './value.ts';

export function applyWhole(state: RegisterState, operation: StateOperation): Applied {
  switch (operation.type) {
    case 'state.read':
    case 'state.fetch':
    case 'stay.begin':
      return done(state);
    case 'state.rewrite':
      return done({ ...state });
    case 'state.restore':
      if (isUntouched(state)) return done(inPlaceOf(state, operation.state));
      return isLike(state, operation.state) ? done(state) : refused(state);
    case 'state.bring':
      // G6: in a stay in which something was collected everything had been brought before.
      return isFresh(state) && state.collectedStay < operation.stay
        ? done(broughtInto(state, operation.state))
        : refused(state);
  }
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
  const { rounds, passes, collected, collectedStay, version, forgotten } = state;
  return {
    ...restored,
    rounds,
    passes,
    collected,
    collectedStay,
    version: collected === 0 ? restored.version : Math.max(restored.version, version + 1),
    forgotten: withSessions(restored.forgotten, forgotten),
  };
}

/** Nor was any request let through that was passed on (R3): there is nothing to bring, or nothing was brought. */
export function isFresh(state: RegisterState): boolean {
  const { latest, dropped } = state.passes;
  return isUntouched(state) && latest.length === 0 && (dropped === 0 || state.collected > 0);
}

/**
 * G3: passes are numbered by the same routers in all groups, and come along; rounds, and the ballot of a collection, are
 * those of a group's own acceptors. What is left of registers that were collected there before binds this one, too (D3):
 * a delete of an earlier life, which a copy that came late can have put in the place of nothing, has no higher version.
 */
function broughtInto(state: RegisterState, brought: RegisterState): RegisterState {
  return {
    ...brought,
    rounds: state.rounds,
    collected: state.collected,
    collectedStay: state.collectedStay,
    version: brought.set ? brought.version : Math.max(brought.version, state.version),
    forgotten: withSessions(brought.forgotten, state.forgotten),
    passes: { ...brought.passes, dropped: Math.max(brought.passes.dropped, state.passes.dropped) },
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

function refused(state: RegisterState): Applied {
  const why = `there is something already (version ${state.version})`;
  return { state, outcome: { kind: 'refused', code: 'conflict', why, view: viewOf(state) } };
}
