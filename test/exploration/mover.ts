// Whoever moves the partition, as a value: has the move decided, the stay closed, its keys told and brought, and the arrival
// decided (G1 to G4), as src/node/proposer/group-desk.ts does it, through the proposer that its desk is at. It may stop at any point,
// since nothing makes it go on; another one begins again from what is decided, at another proposer.

import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Told } from '../../src/protocol/carrying.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import { nameIn } from '../../src/protocol/stays.ts';
import { isMoving } from './places.ts';
import type { Rename } from './renaming.ts';
import { type Acceptor, KEY, type Move, type Rules } from './scope.ts';

export interface MoverState {
  /** How many moves are over. */
  readonly moves: number;
  readonly phase: 'deciding' | 'closing' | 'listing' | 'bringing' | 'arriving' | 'over';
  /** It waits for the proposer of its desk. */
  readonly isWaiting: boolean;
  /** So often it was begun again. */
  readonly again: number;
  /** What acceptors told, each at a time of its own. */
  readonly told: readonly { readonly acceptor: string; readonly what: Told }[];
}

export const FRESH_MOVER: MoverState = { moves: 0, phase: 'deciding', isWaiting: false, again: 0, told: [] };

/** The number of the map that is decided. */
export function mapDecidedBy({ moves, phase }: MoverState): number {
  return 2 * moves + (phase === 'deciding' || phase === 'over' ? 0 : 1);
}

/** Decides what is its own to decide. */
export function decide(state: MoverState, { returns }: Move): MoverState | undefined {
  if (state.phase === 'deciding') return { ...state, phase: 'closing' };
  if (state.phase !== 'arriving') return undefined;
  const moves = state.moves + 1;
  return { ...FRESH_MOVER, moves, phase: returns && moves === 1 ? 'deciding' : 'over' };
}

/** What it has the proposer of its desk do now. */
export function orderOf({ phase, isWaiting }: MoverState): 'mover begins' | 'mover brings' | undefined {
  if (isWaiting) return undefined;
  if (phase === 'closing') return 'mover begins';
  return phase === 'bringing' ? 'mover brings' : undefined;
}

/** What came of that. Where it failed, it is for another to begin again. */
export function hearMoved(state: MoverState, isDone: boolean): MoverState {
  if (!isDone || !state.isWaiting) return state;
  return { ...state, isWaiting: false, phase: state.phase === 'closing' ? 'listing' : 'arriving' };
}

/** An acceptor tells which keys it has; it need not have closed the stay (G4). */
export function hearKeys(
  rules: Rules,
  group: Configuration,
  state: MoverState,
  { acceptor, slot }: { readonly acceptor: string; readonly slot: Acceptor },
): MoverState {
  const others = state.told.filter(one => one.acceptor !== acceptor);
  const told = inOrder([...others, { acceptor, what: toldBy(slot, state.moves) }]);
  const keys = rules.keysOfStay(group, new Map(told.map(one => [one.acceptor, one.what])), state.moves);
  if (keys === undefined) return { ...state, told };
  return { ...state, phase: keys.includes(KEY) ? 'bringing' : 'arriving', told: [] };
}

export function beginAgain(state: MoverState): MoverState | undefined {
  const { moves, again } = state;
  return isMoving(mapDecidedBy(state))
    ? { ...FRESH_MOVER, moves, phase: 'closing', again: again + 1 }
    : undefined;
}

/** Of a promise alone nothing is told, as if it were one of the whole partition (F1). */
function toldBy({ promised, accepted, value, closedTo = -1 }: Acceptor, stay: number): Told {
  const holdings = accepted.counter === 0 ? [] : [{ key: nameIn(stay, KEY), promised, accepted, value }];
  return { floor: ZERO_BALLOT, closedTo, holdings };
}

export function renamedMover(state: MoverState, rename: Rename): MoverState {
  const told = state.told.map(({ acceptor, what }) => ({ acceptor: rename(acceptor), what }));
  return { ...state, told: inOrder(told) };
}

function inOrder(told: MoverState['told']): MoverState['told'] {
  return told.toSorted((a, b) => (a.acceptor < b.acceptor ? -1 : 1));
}
