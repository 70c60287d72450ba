// Whether acceptors hold the same: what they accepted for one key, side by side. Pure; who asks them, and again, is
// node/operator/cluster-check.ts.

import { type Ballot, compareBallots, maxBallot, ZERO_BALLOT } from './ballot.ts';
import { type Configuration, isQuorum } from './quorum.ts';

/** What one acceptor has accepted for a key. */
export interface Holding {
  readonly accepted: Ballot;
  /** Of the value; two are the same when, and for all that matters only when, the values are. */
  readonly digest: string;
}

/** What each acceptor that was asked holds for one key; one that holds nothing is left out. */
export type Holdings = ReadonlyMap<string, Holding>;

export interface Comparison {
  /** The highest ballot that anybody accepted. */
  readonly newest: Ballot;
  /** The ballot that a quorum holds, so that its value is chosen; the zero ballot when nobody holds anything. */
  readonly standing: Ballot | undefined;
}

/** Where no ballot stands on a quorum, a round is under way, or nobody knows yet what becomes of one that was given up. */
export function compareHoldings(configuration: Configuration, holdings: Holdings): Comparison {
  const held = [...holdings.values()].map(({ accepted }) => accepted);
  const newest = held.reduce(maxBallot, ZERO_BALLOT);
  if (held.length === 0) return { newest, standing: ZERO_BALLOT };
  const standing = held.find(ballot => {
    const holders = [...holdings].filter(([, { accepted }]) => compareBallots(accepted, ballot) === 0);
    return isQuorum(
      configuration,
      holders.map(([name]) => name),
    );
  });
  return { newest, standing };
}

/**
 * The rule that these holdings of one key break, read one after another, in a sentence; undefined for none.
 * Two values under one ballot break A2 whenever they were read. An acceptor whose ballot went down breaks A1.
 */
export function ruleBroken(key: string, reads: readonly Holdings[]): string | undefined {
  const values = new Map<string, { readonly name: string; readonly digest: string }>();
  const highest = new Map<string, Ballot>();
  for (const holdings of reads) {
    for (const [name, { accepted, digest }] of holdings) {
      const title = titleOf(accepted);
      const other = values.get(title) ?? { name, digest };
      values.set(title, other);
      if (other.digest !== digest)
        return `'${key}': ${other.name} and ${name} hold two values under ballot ${title} (A2)`;
      const before = highest.get(name) ?? accepted;
      if (compareBallots(accepted, before) < 0)
        return `'${key}': ${name} went back from ballot ${titleOf(before)} to ${title} (A1)`;
      highest.set(name, accepted);
    }
  }
  return undefined;
}

function titleOf({ counter, proposer }: Ballot): string {
  return `${counter} of ${proposer}`;
}
