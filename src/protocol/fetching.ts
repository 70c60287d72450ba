// What acceptors that have closed a stay tell of its registers (G3), for those who bring them away; and what they are told of
// how the next stay begins.

import { answerAll, turnAway } from './answering.ts';
import { evaluateIn, foundState } from './basis.ts';
import type { Pending } from './batch.ts';
import { isQuorum } from './quorum.ts';
import { acceptorsOf, highestAccepted, type Vote, withVote } from './round.ts';
import { type Context, fetchCommand, type Instance, inFlight, newInstance, type Work } from './work.ts';

type FetchingWork = Extract<Work, { phase: 'fetching' }>;

export function isFetch({ request }: Pending): boolean {
  return request.operation.type === 'state.fetch' || request.operation.type === 'stay.begin';
}

/** What is left of registers that were collected before, where a stay begins with that. */
function remainsIn([first]: readonly Pending[], context: Context): Uint8Array | undefined {
  const operation = first?.request.operation;
  return operation?.type === 'stay.begin' ? context.codec.encode(operation.remains) : undefined;
}

/** Whoever fetches knows that the stay is to be closed: nothing else is begun in it. */
export function fetch(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  turnAway(
    instance.key,
    batch.filter(pending => !isFetch(pending)),
    context,
  );
  const serial = context.ballots.next().counter;
  const fetchers = batch.filter(isFetch);
  const remains = remainsIn(fetchers, context);
  const work = {
    phase: 'fetching',
    serial,
    remains,
    votes: [],
    ...inFlight(fetchers, { ...context, reserve: [] }),
  } as const;
  context.effects.broadcast.push(fetchCommand(instance.key, work));
  return { ...instance, work };
}

/**
 * G3: of a quorum that has closed the stay the highest is all that can ever have been chosen. It may not have been: then
 * nobody was told how its requests ended.
 */
export function onFetched(instance: Instance, work: FetchingWork, vote: Vote, context: Context): Instance {
  const votes = withVote(work.votes, vote);
  if (!isQuorum(context.configuration, acceptorsOf(votes))) return { ...instance, work: { ...work, votes } };
  const state = foundState(highestAccepted(votes), votes, context);
  answerAll(work.batch, evaluateIn(context, work.batch, state).outcomes, context);
  return newInstance(instance.key);
}
