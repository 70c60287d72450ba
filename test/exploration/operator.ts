// Who changes the members, as a value: in the joint epoch it has acceptors tell what they have of the key, sends copies,
// raises the floor, and decides the last epoch (C3, C5), as src/node/scan/carrier.ts does it. That the joint epoch is decided is
// where it begins: until somebody adopts it, that changes nothing. Where the product reads a key that is at no quorum, it
// begins again.

import type { Ballot } from '../../src/protocol/ballot.ts';
import { bindsFloor, type Told } from '../../src/protocol/carrying.ts';
import type { Command, Reply } from '../../src/protocol/messages.ts';
import { floorName, partitionOf } from '../../src/protocol/partition.ts';
import { type Configuration, isQuorum } from '../../src/protocol/quorum.ts';
import { JOINT_EPOCH, LAST_EPOCH } from './epochs.ts';
import type { Rename } from './renaming.ts';
import { type Acceptor, KEY, type Rules } from './scope.ts';

type By<What> = readonly { readonly acceptor: string; readonly what: What }[];

export interface OperatorState {
  readonly phase: 'telling' | 'copying' | 'raising' | 'over';
  /** So often it has begun again. */
  readonly again: number;
  readonly told: By<Told>;
  /** The answers to copies, then those to the floor. */
  readonly replies: By<Reply>;
}

export interface Operator {
  readonly rules: Rules;
  readonly joint: Configuration;
}

export interface OperatorStep {
  readonly state: OperatorState;
  readonly sent: readonly Command[];
}

/** As the sender of a command: no proposer's number. */
export const OPERATOR = -1;
export const OPERATOR_NAME = 'operator';
export const FRESH_OPERATOR: OperatorState = { phase: 'telling', again: 0, told: [], replies: [] };
const FLOOR = floorName(partitionOf(KEY));

export function decidedBy({ phase }: OperatorState): number {
  return phase === 'over' ? LAST_EPOCH : JOINT_EPOCH;
}

/** An acceptor, which has adopted the joint epoch durably, tells what it has. */
export function hearTold(
  operator: Operator,
  state: OperatorState,
  acceptor: string,
  slot: Acceptor,
): OperatorStep {
  const told = withOne(state.told, acceptor, toldBy(slot));
  const names = told.map(({ acceptor: name }) => name);
  if (!isQuorum(operator.joint, names)) return { state: { ...state, told }, sent: [] };
  const copying: OperatorState = { ...state, phase: 'copying', told };
  const carrying = carryingOf(operator, copying);
  // The same copy for all who lack it; here it may reach the others as well.
  const [copy] = names.flatMap(name => carrying.copiesFor(name));
  const step = goOn(operator, copying);
  return { ...step, sent: [...(copy === undefined ? [] : [copy]), ...step.sent] };
}

/** The answer to a copy or to the floor. What it can prove it proves at once: whoever waits only knows less. */
export function hearReply(
  operator: Operator,
  state: OperatorState,
  acceptor: string,
  reply: Reply,
): OperatorStep {
  const isAwaited =
    (state.phase === 'copying' && reply.kind === 'copied') ||
    (state.phase === 'raising' && bindsFloor(reply, floorOf(operator, state)));
  if (!isAwaited) return { state, sent: [] };
  return goOn(operator, { ...state, replies: withOne(state.replies, acceptor, reply) });
}

export function beginAgain({ phase, again }: OperatorState): OperatorState | undefined {
  return phase === 'copying' || phase === 'raising' ? { ...FRESH_OPERATOR, again: again + 1 } : undefined;
}

function goOn(operator: Operator, state: OperatorState): OperatorStep {
  if (state.phase === 'copying') {
    if (carryingOf(operator, state).missing.length > 0) return { state, sent: [] };
    const raising: OperatorState = { ...state, phase: 'raising', replies: [] };
    const floor = floorOf(operator, raising);
    // Nothing was ever promised.
    if (floor.ballot.counter === 1) return { state: over(state), sent: [] };
    return { state: raising, sent: [floor] };
  }
  const bound = state.replies.map(({ acceptor }) => acceptor);
  return { state: isQuorum(operator.joint, bound) ? over(state) : state, sent: [] };
}

function over({ again }: OperatorState): OperatorState {
  return { ...FRESH_OPERATOR, phase: 'over', again };
}

function carryingOf({ rules, joint }: Operator, { told, replies }: OperatorState) {
  const carrying = rules.carrying(joint, new Map(told.map(({ acceptor, what }) => [acceptor, what])));
  for (const { acceptor, what } of replies) carrying.receive(acceptor, what);
  return carrying;
}

function floorOf(operator: Operator, { told }: Pick<OperatorState, 'told'>) {
  const { counter } = carryingOf(operator, { ...FRESH_OPERATOR, told }).highest;
  const ballot: Ballot = { counter: counter + 1, proposer: OPERATOR_NAME };
  return { kind: 'floor', key: FLOOR, ballot } as const;
}

function toldBy({ floor, promised, accepted, value }: Acceptor): Told {
  if (promised.counter === 0) return { floor, holdings: [] };
  const shown = accepted.counter > 0 ? value : undefined;
  return { floor, holdings: [{ key: KEY, promised, accepted, value: shown }] };
}

function withOne<What>(some: By<What>, acceptor: string, what: What): By<What> {
  return inOrder([...some.filter(one => one.acceptor !== acceptor), { acceptor, what }]);
}

export function renamedOperator(state: OperatorState, rename: Rename): OperatorState {
  const renamedAll = <What>(some: By<What>): By<What> =>
    inOrder(some.map(({ acceptor, what }) => ({ acceptor: rename(acceptor), what })));
  return { ...state, told: renamedAll(state.told), replies: renamedAll(state.replies) };
}

function inOrder<What>(some: By<What>): By<What> {
  return some.toSorted((a, b) => (a.acceptor < b.acceptor ? -1 : 1));
}
