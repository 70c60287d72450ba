// Lineage: which rounds a state descends from. A proposer whose accept met a conflict does not know whether
// that round was chosen. The state itself tells: every accepted value carries, for each of its last
// proposers, the counter of that proposer's latest round in the value's history (R2).

import type { Ballot } from './ballot.ts';
import type { RegisterState, RoundMark } from './state.ts';

/** Marks of so many proposers are kept. With more taking turns the oldest is forgotten, and `unknown` is the answer. */
export const ROUND_MARKS_MAX = 8;

/** `state` as the value of round `ballot`. */
export function withRound(state: RegisterState, ballot: Ballot): RegisterState {
  const mark: RoundMark = { proposer: ballot.proposer, counter: ballot.counter };
  const others = state.rounds.filter(other => other.proposer !== ballot.proposer);
  return { ...state, rounds: [...others.slice(1 - ROUND_MARKS_MAX), mark] };
}

/** The counter of the proposer's latest round in the history of `state`; what is forgotten is not guessed. */
export function latestRound(state: RegisterState, proposer: string): number | 'none' | 'forgotten' {
  const mark = state.rounds.find(candidate => candidate.proposer === proposer);
  if (mark !== undefined) return mark.counter;
  return state.rounds.length < ROUND_MARKS_MAX ? 'none' : 'forgotten';
}
