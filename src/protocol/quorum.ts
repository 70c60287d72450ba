// Quorums: which sets of acceptors decide. The one place that knows what a quorum is.

/** The acceptors of a cluster in one epoch. Every message carries the cluster and the epoch (P3). */
export interface Configuration {
  readonly cluster: string;
  readonly epoch: number;
  readonly acceptors: readonly string[];
}

/** The epoch of a cluster whose members never changed. */
export const FIRST_EPOCH = 1;

/** More than half of the acceptors, so that any two quorums share one (Paxos Made Simple, section 2.1). */
export function quorumSize(configuration: Configuration): number {
  return Math.floor(configuration.acceptors.length / 2) + 1;
}

/** Whether `voters`, distinct members of the configuration, are a quorum. */
export function isQuorum(configuration: Configuration, voters: readonly string[]): boolean {
  return voters.length >= quorumSize(configuration);
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
