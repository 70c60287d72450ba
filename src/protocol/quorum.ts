// Quorums: which sets of acceptors decide. The one place that knows what a quorum is.

/** The acceptors of a cluster in one epoch. Every message carries the cluster and the epoch (P3). */
export interface Configuration {
  readonly cluster: string;
  /** Tells it from any other cluster of its name; undefined until that is known (S6). */
  readonly founder?: string | undefined;
  readonly epoch: number;
  /** All members. */
  readonly acceptors: readonly string[];
  /** While members are changed: those before and those after it, each of whom decides with the other (C1). */
  readonly joint?: Joint | undefined;
}

export interface Joint {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The epoch of a cluster whose members never changed. */
export const FIRST_EPOCH = 1;

/** More than half of the acceptors, so that any two quorums share one (Paxos Made Simple, section 2.1). */
export function quorumSize({ acceptors }: Pick<Configuration, 'acceptors'>): number {
  return Math.floor(acceptors.length / 2) + 1;
}

/** Whether `voters`, distinct members, are a quorum; of a joint configuration they must be one of either set (C1). */
export function isQuorum(configuration: Configuration, voters: readonly string[]): boolean {
  const { joint } = configuration;
  if (joint === undefined) return voters.length >= quorumSize(configuration);
  return [joint.before, joint.after].every(acceptors => {
    return voters.filter(voter => acceptors.includes(voter)).length >= quorumSize({ acceptors });
  });
}

export function isMember(configuration: Configuration, acceptor: string): boolean {
  return configuration.acceptors.includes(acceptor);
}

/** How a vote stands: not decided yet, decided for it, or impossible to decide for it any more. */
export type Tally = 'pending' | 'won' | 'lost';

export function tally(configuration: Configuration, ayes: readonly string[], noes: readonly string[]): Tally {
  if (isQuorum(configuration, ayes)) return 'won';
  const possible = configuration.acceptors.filter(
    acceptor => ayes.includes(acceptor) || !noes.includes(acceptor),
  );
  return isQuorum(configuration, possible) ? 'pending' : 'lost';
}

/** `voters` with `voter` in it: a second vote of the same acceptor counts for nothing (P3). */
export function withVoter(voters: readonly string[], voter: string): readonly string[] {
  return voters.includes(voter) ? voters : [...voters, voter];
}
