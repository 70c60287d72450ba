// Whoever moves the partition, as a value: has the move decided, the stay closed, its keys told and brought, and the arrival
// decided (G1 to G4), as src/node/group-desk.ts does it, through the proposer that its desk is at. It may stop at any point,
// since nothing makes it go on; another one begins again from what is decided, at another proposer.

import { ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import type { Told } from '../../src/protocol/carrying.ts';
import type { Configuration } from '../../src/protocol/quorum.ts';
import type { MapNumber } from './places.ts';
import type { Rename } from './renaming.ts';
import { type Acceptor, KEY, type Rules } from './scope.ts';

export interface MoverState {
  readonly phase: 'deciding' | 'closing' | 'listing' | 'bringing' | 'arriving' | 'over';
  /** It waits for the proposer of its desk. */
  readonly isWaiting: boolean;
  /** So often it was begun again. */
  readonly again: number;
  /** What acceptors told, each at a time of its own. */
  readonly told: readonly { readonly acceptor: string; readonly what: Told }[];
}

export const FRESH_MOVER: MoverState = { phase: 'deciding', isWaiting: false, again: 0, told: [] };

/** The map that is decided. */
export function mapDecidedBy({ phase }: MoverState): MapNumber {
  if (phase === 'deciding') return 0;
  return phase === 'over' ? 2 : 1;
}

/** Decides what is its own to decide. */
export function decide(state: MoverState): MoverState | undefined {
  if (state.phase === 'deciding') return { ...state, phase: 'closing' };
  return state.phase === 'arriving' ? { ...state, phase: 'over', told: [] } : undefined;
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
  const told = inOrder([...others, { acceptor, what: toldBy(slot) }]);
  const keys = rules.keysOfStay(group, new Map(told.map(one => [one.acceptor, one.what])), 0);
  if (keys === undefined) return { ...state, told };
  return { ...state, phase: keys.includes(KEY) ? 'bringing' : 'arriving', told: [] };
}

export function beginAgain(state: MoverState): MoverState | undefined {
  const isUnderWay = mapDecidedBy(state) === 1;
  return isUnderWay ? { ...FRESH_MOVER, phase: 'closing', again: state.again + 1 } : undefined;
}

/** Of a promise alone nothing is told, as if it were one of the whole partition (F1). */
function toldBy({ promised, accepted, value, isClosed }: Acceptor): Told {
  const holdings = accepted.counter === 0 ? [] : [{ key: KEY, promised, accepted, value }];
  return { floor: ZERO_BALLOT, closedTo: isClosed === true ? 0 : -1, holdings };
}

export function renamedMover(state: MoverState, rename: Rename): MoverState {
  const told = state.told.map(({ acceptor, what }) => ({ acceptor: rename(acceptor), what }));
  return { ...state, told: inOrder(told) };
}

function inOrder(told: MoverState['told']): MoverState['told'] {
  return told.toSorted((a, b) => (a.acceptor < b.acceptor ? -1 : 1));
}
