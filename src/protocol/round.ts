// One round of one register, as the proposer sees it: phase 1 (prepare) and phase 2 (accept) as values.
// Counts votes by the identity of the acceptor (P3); what to do with the outcome is instance.ts.

import type { Report } from './acceptor.ts';
import { type Ballot, compareBallots, ZERO_BALLOT } from './ballot.ts';
import { type Configuration, isQuorum, type Tally, tally, withVoter } from './quorum.ts';

/** What an acceptor had accepted when it promised or was read. */
export interface Vote extends Pick<Report, 'accepted' | 'value'> {
  readonly acceptor: string;
}

export interface Preparing {
  readonly ballot: Ballot;
  readonly promises: readonly Vote[];
  readonly refusals: readonly string[];
  /** Those that had no space for their vote; one that has it later votes after all. */
  readonly full: readonly string[];
}

export interface Accepting {
  readonly ballot: Ballot;
  readonly next: Ballot;
  readonly value: Uint8Array;
  readonly accepted: readonly string[];
  readonly refusals: readonly string[];
  readonly full: readonly string[];
}

export function startPreparing(ballot: Ballot): Preparing {
  return { ballot, promises: [], refusals: [], full: [] };
}

export function startAccepting(ballot: Ballot, next: Ballot, value: Uint8Array): Accepting {
  return { ballot, next, value, accepted: [], refusals: [], full: [] };
}

export function withPromise(round: Preparing, vote: Vote): Preparing {
  return { ...round, promises: withVote(round.promises, vote) };
}

export function withAccepted(round: Accepting, acceptor: string): Accepting {
  return { ...round, accepted: withVoter(round.accepted, acceptor) };
}

export function withRefusal<Round extends Preparing | Accepting>(round: Round, acceptor: string): Round {
  return { ...round, refusals: withVoter(round.refusals, acceptor) };
}

export function withFull<Round extends Preparing | Accepting>(round: Round, acceptor: string): Round {
  return { ...round, full: withVoter(round.full, acceptor) };
}

export function tallyPromises(configuration: Configuration, round: Preparing): Tally {
  return tally(configuration, acceptorsOf(round.promises), noes(round));
}

export function tallyAccepted(configuration: Configuration, round: Accepting): Tally {
  return tally(configuration, round.accepted, noes(round));
}

function noes({ refusals, full }: Preparing | Accepting): readonly string[] {
  return full.length === 0 ? refusals : [...refusals, ...full];
}

/** Whether the lack of space alone makes a quorum impossible. */
export function isOutOfSpace(configuration: Configuration, round: Preparing): boolean {
  return tally(configuration, acceptorsOf(round.promises), round.full) === 'lost';
}

/**
 * The value that a round must build on: that of the highest ballot accepted among a quorum of promises
 * (Paxos Made Simple, section 2.2, rule P2c).
 */
export function highestAccepted(votes: readonly Vote[]): Pick<Vote, 'accepted' | 'value'> {
  let highest: Pick<Vote, 'accepted' | 'value'> = { accepted: ZERO_BALLOT, value: new Uint8Array(0) };
  for (const vote of votes) if (compareBallots(vote.accepted, highest.accepted) > 0) highest = vote;
  return highest;
}

/**
 * The vote whose ballot a quorum reports, if there is one. A quorum that accepted one ballot has chosen its
 * value, and nothing above it was chosen before the first of them was asked: a newer choice would have left
 * a newer ballot at one of them. A quorum of empty slots likewise: nothing was chosen.
 */
export function chosenAmong(configuration: Configuration, votes: readonly Vote[]): Vote | undefined {
  return votes.find(vote => isQuorum(configuration, acceptorsOf(votes.filter(sameBallotAs(vote)))));
}

/** Whether the acceptors not heard yet could still complete a quorum for one ballot. */
export function couldBeChosen(configuration: Configuration, votes: readonly Vote[]): boolean {
  const heard = acceptorsOf(votes);
  const silent = configuration.acceptors.filter(acceptor => !heard.includes(acceptor));
  if (isQuorum(configuration, silent)) return true;
  return votes.some(vote =>
    isQuorum(configuration, [...acceptorsOf(votes.filter(sameBallotAs(vote))), ...silent]),
  );
}

export function withVote(votes: readonly Vote[], vote: Vote): readonly Vote[] {
  return votes.some(earlier => earlier.acceptor === vote.acceptor) ? votes : [...votes, vote];
}

export function acceptorsOf(votes: readonly Vote[]): readonly string[] {
  return votes.map(vote => vote.acceptor);
}

function sameBallotAs(vote: Vote): (other: Vote) => boolean {
  return other => compareBallots(other.accepted, vote.accepted) === 0;
}
