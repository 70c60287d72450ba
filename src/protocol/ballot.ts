// Ballots: the totally ordered numbers that rounds of one register carry.
// Owns the order and the allotment; which ballot is used for what is the caller's business.

/** The number of one round: a counter, and the incarnation of the proposer that chose it to break ties. */
export interface Ballot {
  readonly counter: number;
  readonly proposer: string;
}

/** Below every ballot a proposer can choose: "nothing yet". */
export const ZERO_BALLOT: Ballot = { counter: 0, proposer: '' };

/**
 * The largest counter that is believed. A proposer that ran for a hundred years at a million rounds a
 * second would not reach it, so a larger one is a damaged or forged message, and following it would burn
 * the numbers that are left.
 */
export const COUNTER_MAX = 2 ** 52;

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.counter !== b.counter) return a.counter - b.counter;
  if (a.proposer === b.proposer) return 0;
  return a.proposer < b.proposer ? -1 : 1;
}

export function maxBallot(a: Ballot, b: Ballot): Ballot {
  return compareBallots(a, b) >= 0 ? a : b;
}

/**
 * Allots the ballots of one proposer incarnation. One source serves all of its registers, so that
 * forgetting a register can never bring back a ballot that was used there (P1), and the counter only
 * grows, whatever the replies or their absence.
 */
export class BallotSource {
  readonly proposer: string;
  #counter: number;

  constructor(proposer: string, counter = 0) {
    this.proposer = proposer;
    this.#counter = counter;
  }

  /** The counter of the last ballot that was allotted or seen. */
  get counter(): number {
    return this.#counter;
  }

  /** A ballot above all that were allotted here or observed. */
  next(): Ballot {
    this.#counter += 1;
    return { counter: this.#counter, proposer: this.proposer };
  }

  /** Lifts the counter to one that another proposer used, so that the next ballot is above it. */
  observe(seen: Ballot): void {
    if (seen.counter > this.#counter && seen.counter < COUNTER_MAX) this.#counter = seen.counter;
  }
}
