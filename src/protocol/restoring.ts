// Whole states: read from one cluster and restored in another by backups, and brought from one group of acceptors to
// another by moves. Asked by our own programs, never by clients.

import type { StateOperation } from './operation.ts';
import type { Applied } from './register.ts';
import { type RegisterState, viewOf } from './state.ts';
import { sameValue } from './value.ts';

export function applyWhole(state: RegisterState, operation: StateOperation): Applied {
  switch (operation.type) {
    case 'state.read':
    case 'state.fetch':
      return done(state);
    case 'state.restore': {
      const { state: restored } = operation;
      // Rounds and passes tell the history of this cluster's state, not of the other's (R2, R3).
      if (isUntouched(state)) return done({ ...restored, rounds: state.rounds, passes: state.passes });
      return isLike(state, restored) ? done(state) : refused(state);
    }
    case 'state.bring': {
      const { state: brought } = operation;
      // G3: passes are numbered by the same routers in all groups; rounds are those of the other group's acceptors.
      return isFresh(state) ? done({ ...brought, rounds: state.rounds }) : refused(state);
    }
  }
}

/** Nothing was changed, and no request is remembered: a refused one is, too (R1). */
export function isUntouched({ version, remembered, forgotten }: RegisterState): boolean {
  return version === 0 && remembered.length === 0 && forgotten.length === 0;
}

/** Nor was any request let through that was passed on (R3): there is nothing to bring, or nothing was brought. */
export function isFresh(state: RegisterState): boolean {
  const { latest, dropped } = state.passes;
  return isUntouched(state) && latest.length === 0 && dropped === 0;
}

/** Restored before, as far as anybody can see. */
function isLike(state: RegisterState, other: RegisterState): boolean {
  return (
    state.kind === other.kind &&
    state.version === other.version &&
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
