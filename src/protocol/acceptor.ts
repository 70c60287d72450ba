// The acceptor's half of the protocol for one register: what it remembers and how it votes.
// Pure: takes a slot, returns a slot and a reply. A changed slot must be durable before the reply
// leaves (A3); the same slot reference means that nothing changed and nothing needs to be written.

import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from './ballot.ts';

/**
 * All that an acceptor remembers of one register. `value` is opaque bytes, empty while nothing is accepted. The floor of a
 * partition is a slot as well, whose value is what is left of collected registers.
 */
export interface Slot {
  readonly promised: Ballot;
  readonly accepted: Ballot;
  readonly value: Uint8Array;
}

export const EMPTY_SLOT: Slot = { promised: ZERO_BALLOT, accepted: ZERO_BALLOT, value: new Uint8Array(0) };

interface Promised {
  readonly kind: 'promised';
  readonly accepted: Ballot;
  readonly value: Uint8Array;
}
interface Accepted {
  readonly kind: 'accepted';
}
interface Conflict {
  readonly kind: 'conflict';
  /** The ballot that stands in the way; the next attempt must be above it. */
  readonly seen: Ballot;
}
export interface Report {
  readonly kind: 'report';
  readonly accepted: Ballot;
  readonly value: Uint8Array;
}

export interface Step<Reply> {
  readonly slot: Slot;
  readonly reply: Reply;
}

/** Two values came under one ballot: a rule of the protocol is broken somewhere, and going on would lose data. */
export class TwoValuesError extends Error {
  readonly ballot: Ballot;
  constructor(ballot: Ballot) {
    super(`Ballot ${ballot.counter} of '${ballot.proposer}' came with two different values (A2)`);
    this.name = 'TwoValuesError';
    this.ballot = ballot;
  }
}

/**
 * Phase 1b (Paxos Made Simple, section 2.2): promise to take part in nothing below `ballot`.
 * A ballot equal to the promise is a retransmission and is answered again (A1).
 */
export function prepare(slot: Slot, ballot: Ballot): Step<Promised | Conflict> {
  if (compareBallots(ballot, slot.promised) < 0 || compareBallots(ballot, slot.accepted) <= 0) {
    return { slot, reply: { kind: 'conflict', seen: maxBallot(slot.promised, slot.accepted) } };
  }
  const reply: Promised = { kind: 'promised', accepted: slot.accepted, value: slot.value };
  if (compareBallots(ballot, slot.promised) === 0) return { slot, reply };
  return { slot: { ...slot, promised: ballot }, reply };
}

/**
 * Phase 2b: accept `value` at `ballot`, and promise `next`, the proposer's ballot for its following
 * round, in the same write (CASPaxos, section 2.2.1, the one-round-trip optimisation).
 * @throws TwoValuesError when the ballot was accepted here with another value (A2).
 */
export function accept(
  slot: Slot,
  ballot: Ballot,
  value: Uint8Array,
  next: Ballot,
): Step<Accepted | Conflict> {
  if (compareBallots(ballot, slot.accepted) === 0) {
    if (!sameBytes(value, slot.value)) throw new TwoValuesError(ballot);
    return { slot, reply: { kind: 'accepted' } };
  }
  if (compareBallots(ballot, slot.promised) < 0 || compareBallots(ballot, slot.accepted) < 0) {
    return { slot, reply: { kind: 'conflict', seen: maxBallot(slot.promised, slot.accepted) } };
  }
  return {
    slot: { promised: maxBallot(ballot, next), accepted: ballot, value },
    reply: { kind: 'accepted' },
  };
}

/** The slot as the floor of its partition makes it: a promise for the partition is one for each of its keys (F1). */
export function underFloor(slot: Slot, floor: Ballot): Slot {
  return compareBallots(floor, slot.promised) > 0 ? { ...slot, promised: floor } : slot;
}

interface Collected {
  readonly slot: Slot;
  readonly floor: Slot;
}

/**
 * D2: drops the slot of a key, for a promise for its whole partition that is not below any that the slot held; if it is
 * still as all acceptors have told. Both must be durable together.
 * @param remains what is left of all that was collected in the partition, this key included.
 */
export function collect(
  slot: Slot,
  floor: Slot,
  { accepted, ballot, remains }: { accepted: Ballot; ballot: Ballot; remains: Uint8Array },
): Collected {
  const promised = maxBallot(floor.promised, ballot);
  const isAsTold = slot.accepted.counter > 0 && compareBallots(slot.accepted, accepted) === 0;
  // What was left tells of rounds up to `ballot` that they are over: those of this life are, only if it is above (D3).
  if (!isAsTold || compareBallots(ballot, accepted) <= 0) return { slot, floor };
  if (compareBallots(slot.promised, promised) > 0) return { slot, floor };
  return { slot: EMPTY_SLOT, floor: { ...floor, promised, value: remains } };
}

/** Whether that slot is none: kept as no row at all. */
export function isEmpty({ promised, accepted, value }: Slot): boolean {
  return promised.counter === 0 && accepted.counter === 0 && value.length === 0;
}

/** What is accepted here now. Changes nothing, promises nothing. */
export function read(slot: Slot): Report {
  return { kind: 'report', accepted: slot.accepted, value: slot.value };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
