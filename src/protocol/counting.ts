// Counts a reply for the round that it answers: by phase and ballot, once for each acceptor (P3). A round that
// comes back as it was has not been answered.

import { type Ballot, COUNTER_MAX } from './ballot.ts';
import type { Reply } from './messages.ts';
import { type Accepting, type Preparing, withAccepted, withFull, withPromise, withRefusal } from './round.ts';
import type { Context } from './work.ts';

export function countPromise(round: Preparing, acceptor: string, reply: Reply, context: Context): Preparing {
  if (reply.kind === 'promised' && reply.counter === round.ballot.counter) {
    return withPromise(round, { acceptor, accepted: reply.accepted, value: reply.value });
  }
  if (reply.kind === 'conflict' && reply.phase === 'prepare' && reply.counter === round.ballot.counter) {
    return countRefusal(round, acceptor, reply.seen, context);
  }
  if (reply.kind === 'full' && reply.phase === 'prepare' && reply.counter === round.ballot.counter) {
    return withFull(round, acceptor);
  }
  return round;
}

export function countAccepted(round: Accepting, acceptor: string, reply: Reply, context: Context): Accepting {
  if (reply.kind === 'accepted' && reply.counter === round.ballot.counter)
    return withAccepted(round, acceptor);
  if (reply.kind === 'conflict' && reply.phase === 'accept' && reply.counter === round.ballot.counter) {
    return countRefusal(round, acceptor, reply.seen, context);
  }
  if (reply.kind === 'full' && reply.phase === 'accept' && reply.counter === round.ballot.counter) {
    return withFull(round, acceptor);
  }
  return round;
}

function countRefusal<Round extends Preparing | Accepting>(
  round: Round,
  acceptor: string,
  seen: Ballot,
  context: Context,
): Round {
  // A counter that no proposer can have reached is damage: following it would burn the numbers that are left.
  if (seen.counter >= COUNTER_MAX) return round;
  context.ballots.observe(seen);
  return withRefusal(round, acceptor);
}
