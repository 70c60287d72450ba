// The proposer's half of the protocol for one register: one batch of requests at a time, from the first
// message to the answers. Pure: events in, effects out; time, ballots and chance come with the context.
// Owns when a round is started, burnt and repeated, and from which state it may be answered (P1, P4). Queueing
// and the mailbox are the proposer actor's; counting is counting.ts and round.ts, the answers are answering.ts.

import { answerAll, expire, refuseForSpace, settle, turnAway } from './answering.ts';
import { type Ballot, compareBallots } from './ballot.ts';
import { evaluateIn, foundState } from './basis.ts';
import {
  type Evaluated,
  isOfRead,
  lastOutcomes,
  mayBeFound,
  type Pending,
  readsLast,
  resolveAttempts,
  withAttempt,
} from './batch.ts';
import { countAccepted, countPromise } from './counting.ts';
import { fetch, isFetch, onFetched } from './fetching.ts';
import { type KeyFloor, promisesOf } from './floor.ts';
import { withRound } from './lineage.ts';
import type { Reply } from './messages.ts';
import { isMember } from './quorum.ts';
import { reinforced, relieved } from './reserve.ts';
import {
  type Accepting,
  chosenAmong,
  couldBeChosen,
  highestAccepted,
  isOutOfSpace,
  type Preparing,
  startAccepting,
  startPreparing,
  tallyAccepted,
  tallyPromises,
  type Vote,
  withRefusal,
  withVote,
} from './round.ts';
import {
  acceptCommand,
  type Context,
  IDLE,
  type Instance,
  inFlight,
  isAsking,
  isStuck,
  newInstance,
  resend,
  resendDelayMs,
  type Standing,
  type Work,
} from './work.ts';

/** Starts to work on a batch. The instance must be idle and the batch not empty. */
export function begin(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  const { standing, final } = instance;
  if (batch.some(isFetch)) return fetch(instance, batch, context);
  if (final !== undefined) {
    answerAll(batch, evaluateIn(context, batch, final).outcomes, context);
    return instance;
  }
  if (standing === undefined || context.floors.outbids(instance.key, standing.ballot))
    return beginCold({ ...instance, standing: undefined }, batch, context);
  // P4: another proposer may have moved on, so what the standing state refuses is asked of a quorum first.
  return changeStanding(instance, standing, batch, context) ?? read(instance, batch, context);
}

/**
 * Takes more into a quorum read that is under way, if that makes it a round: a change need not wait for those who only ask,
 * and they are answered by it instead. Nothing was promised or sent in an accept for the read, so it is given up without a
 * trace; late reports answer nothing (P3). All of the batch came before the accept is sent.
 * @returns undefined where the more is to wait.
 */
export function join(instance: Instance, more: readonly Pending[], context: Context): Instance | undefined {
  const { work, standing } = instance;
  if (work.phase !== 'reading' || standing === undefined || more.some(isFetch)) return undefined;
  if (context.floors.outbids(instance.key, standing.ballot)) return undefined;
  return changeStanding(instance, standing, readsLast([...work.batch, ...more]), context);
}

/** Whether it would leave what clients see of the standing state as it is: reads, and changes that come too late. */
export function onlyAsks({ standing }: Instance, batch: readonly Pending[], context: Context): boolean {
  if (standing === undefined || batch.some(isFetch)) return false;
  return evaluateIn(context, batch, standing.state).state.version === standing.state.version;
}

/** One accept at the standing ballot; undefined where the batch changes nothing. */
function changeStanding(
  instance: Instance,
  { ballot, state }: Standing,
  batch: readonly Pending[],
  context: Context,
): Instance | undefined {
  const evaluated = evaluateIn(context, batch, state);
  return evaluated.changed ? propose(instance, ballot, batch, evaluated, context) : undefined;
}

/** Without a promise of its own: under the floor of its partition, or in two phases. */
function beginCold(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  if (batch.every(isOfRead)) return read(instance, batch, context);
  const floor = context.floors.of(instance.key);
  if (floor === undefined) return prepare(instance, batch, context);
  if (!floor.isFresh) return read(instance, batch, context, floor);
  const evaluated = evaluateIn(context, batch, floor.remains);
  // P4: the filters are old; that nothing is set now is asked of a quorum.
  if (!evaluated.changed) return read(instance, batch, context, floor);
  return propose(instance, floor.ballot, batch, evaluated, context);
}

/**
 * C4: goes on in another epoch, whose quorums have promised nothing yet. What was sent in the one before stays open, as
 * after any round that is given up (P1, R2).
 */
export function restart(instance: Instance, context: Context): Instance {
  const { work } = instance;
  const fresh = newInstance(instance.key);
  switch (work.phase) {
    case 'idle':
      return fresh;
    case 'reading':
      return read(fresh, work.batch, context);
    case 'fetching':
      return fetch(fresh, work.batch, context);
    case 'preparing':
    case 'accepting':
    case 'waiting':
      return prepare(fresh, work.batch, context);
  }
}

/** Takes the reply of one acceptor. A late, repeated or foreign one changes nothing (P3). */
export function receive(instance: Instance, acceptor: string, reply: Reply, context: Context): Instance {
  const after = count(instance, acceptor, reply, context);
  if (after === instance || !isAsking(after.work)) return after;
  return withWork(after, reinforced(after.key, after.work, context));
}

function count(instance: Instance, acceptor: string, reply: Reply, context: Context): Instance {
  const { work } = instance;
  if (!isMember(context.configuration, acceptor)) return instance;
  if (reply.kind === 'closed') return onClosed(instance, acceptor, context);
  switch (work.phase) {
    case 'idle':
    case 'waiting':
      return instance;
    case 'reading':
      if (reply.kind !== 'report' || reply.serial !== work.serial) return instance;
      return onReport(instance, work, { acceptor, ...reply }, context);
    case 'fetching': {
      const isAnswer = reply.kind === 'report' && reply.serial === work.serial;
      return isAnswer ? onFetched(instance, work, { acceptor, ...reply }, context) : instance;
    }
    case 'preparing':
      return onPrepareReply(instance, work, acceptor, reply, context);
    case 'accepting':
      return onAcceptReply(instance, work, acceptor, reply, context);
  }
}

/** Ends what is overdue, asks the silent again, and goes on after a back-off. */
export function tick(instance: Instance, context: Context): Instance {
  const { work } = instance;
  const { nowMs } = context;
  if (work.phase === 'idle') return instance;
  const batch = expire(work.batch, context);
  // P1: a round that is given up is burnt, because the standing promise was taken when it started.
  if (batch.length === 0) return { ...instance, work: IDLE, failures: 0 };
  if (work.phase === 'waiting') {
    return nowMs < work.untilMs ? instanceWith(instance, work, batch) : prepare(instance, batch, context);
  }
  if (isStuck(work, context)) return retry(instance, batch, context);
  if (nowMs < work.resendAtMs) return instanceWith(instance, relieved(instance.key, work, context), batch);
  resend(instance.key, work, context);
  const resends = work.resends + 1;
  const resendAtMs = nowMs + resendDelayMs(resends, context);
  const allAskedMs = work.allAskedMs ?? nowMs;
  return withWork(instance, { ...work, batch, resends, resendAtMs, reserve: [], allAskedMs });
}

function instanceWith(
  instance: Instance,
  work: Exclude<Work, { phase: 'idle' }>,
  batch: readonly Pending[],
): Instance {
  return withWork(instance, batch === work.batch ? work : { ...work, batch });
}

function withWork(instance: Instance, work: Work): Instance {
  return work === instance.work ? instance : { ...instance, work };
}

// Quorum read

function read(instance: Instance, batch: readonly Pending[], context: Context, floor?: KeyFloor): Instance {
  const serial = context.ballots.next().counter;
  context.effects.broadcast.push({ kind: 'read', key: instance.key, serial });
  return { ...instance, work: { phase: 'reading', serial, votes: [], floor, ...inFlight(batch, context) } };
}

function onReport(
  instance: Instance,
  work: Extract<Work, { phase: 'reading' }>,
  vote: Vote,
  context: Context,
): Instance {
  const votes = withVote(work.votes, vote);
  const chosen = chosenAmong(context.configuration, votes);
  const voted = { ...work, votes };
  if (chosen !== undefined) return onRead(instance, voted, chosen, context);
  if (couldBeChosen(context.configuration, votes)) return { ...instance, work: voted };
  // The acceptors differ for good: an identity round makes one of their values chosen.
  return goOnFromRead(instance, voted, context);
}

/** A quorum reported this: the state is chosen and was current at some moment since the read began. */
function onRead(
  instance: Instance,
  work: Extract<Work, { phase: 'reading' }>,
  vote: Vote,
  context: Context,
): Instance {
  const { batch } = work;
  const held = instance.standing;
  const standing =
    held !== undefined && compareBallots(held.accepted, vote.accepted) === 0 ? held : undefined;
  const state = standing?.state ?? foundState(vote, work.votes, context);
  const evaluated = evaluateIn(context, batch, state);
  const current = { ...instance, standing };
  if (!evaluated.changed) {
    const bytes = vote.value.length;
    return settle(current, { batch, outcomes: evaluated.outcomes, state, standing, bytes }, context);
  }
  if (standing === undefined) return goOnFromRead(current, work, context);
  return propose(current, standing.ballot, batch, evaluated, context);
}

/** A read under a floor that still stands was a phase 1 of its ballot (F1); after any other comes a prepare. */
function goOnFromRead(
  instance: Instance,
  { batch, floor, votes }: Extract<Work, { phase: 'reading' }>,
  context: Context,
): Instance {
  const current = floor === undefined ? undefined : context.floors.of(instance.key);
  const stands =
    floor !== undefined && current !== undefined && compareBallots(floor.ballot, current.ballot) === 0;
  const round = stands ? promisesOf(context.configuration, floor, votes) : undefined;
  if (round === undefined) return prepare(instance, batch, context);
  return onPrepared({ ...instance, standing: undefined }, round, batch, context);
}

// A stay that is over

/** G1: nobody votes for the register any more, or soon nobody will. */
function onClosed(instance: Instance, acceptor: string, context: Context): Instance {
  const { work } = instance;
  switch (work.phase) {
    case 'idle':
    case 'waiting':
    case 'fetching':
      return instance;
    case 'reading':
    case 'preparing':
      turnAway(instance.key, work.batch, context);
      return newInstance(instance.key);
    case 'accepting':
      return onAccepted(instance, work, withRefusal(work.round, acceptor), context);
  }
}

// Phase 1

function prepare(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  const ballot = context.ballots.next();
  context.effects.broadcast.push({ kind: 'prepare', key: instance.key, ballot });
  const work: Work = { phase: 'preparing', round: startPreparing(ballot), ...inFlight(batch, context) };
  return { ...instance, standing: undefined, work };
}

function onPrepareReply(
  instance: Instance,
  work: Extract<Work, { phase: 'preparing' }>,
  acceptor: string,
  reply: Reply,
  context: Context,
): Instance {
  const round = countPromise(work.round, acceptor, reply, context);
  if (round === work.round) return instance;
  switch (tallyPromises(context.configuration, round)) {
    case 'pending':
      return { ...instance, work: { ...work, round } };
    case 'lost':
      return isOutOfSpace(context.configuration, round)
        ? onOutOfSpace(instance, work.batch, context)
        : retry(instance, work.batch, context);
    case 'won':
      return onPrepared(instance, round, work.batch, context);
  }
}

function onPrepared(
  instance: Instance,
  round: Preparing,
  carried: readonly Pending[],
  context: Context,
): Instance {
  const highest = highestAccepted(round.promises);
  const state = foundState(highest, round.promises, context);
  const { proposer } = context.ballots;
  const { batch, unknowable } = resolveAttempts(carried, state, proposer);
  for (const { token } of unknowable) {
    const why =
      'the register was collected since, or too many others changed it, so its fate can no longer be told';
    context.effects.answers.push({ token, answer: { kind: 'unknown', why } });
  }
  if (batch.length === 0) return { ...instance, work: IDLE };
  const evaluated = evaluateIn(context, batch, state);
  const chosen = chosenAmong(context.configuration, round.promises);
  const isChosen = chosen !== undefined && compareBallots(chosen.accepted, highest.accepted) === 0;
  // P4: without a change the promises may already prove that the state is chosen; else an identity round does.
  // R2: it also ends the chance that another proposer finds a burnt round of this batch and builds on it.
  if (!evaluated.changed && isChosen && !mayBeFound(batch, highest.accepted, proposer)) {
    const standing =
      round.refusals.length === 0 ? { ballot: round.ballot, accepted: highest.accepted, state } : undefined;
    const bytes = highest.value.length;
    return settle(instance, { batch, outcomes: evaluated.outcomes, state, standing, bytes }, context);
  }
  return propose(instance, round.ballot, batch, evaluated, context);
}

/** Reads that only shared the round with writes need no space: a quorum may agree on what they ask for. */
function onOutOfSpace(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  const reads = batch.filter(isOfRead);
  const isReadable = reads.length > 0 && reads.length < batch.length;
  refuseForSpace(isReadable ? batch.filter(pending => !reads.includes(pending)) : batch, context);
  return isReadable ? read(instance, reads, context) : { ...instance, work: IDLE };
}

// Phase 2

/** Uses a ballot, for one value and never again: the standing promise is gone from here on (P1). */
function propose(
  instance: Instance,
  ballot: Ballot,
  batch: readonly Pending[],
  evaluated: Evaluated,
  context: Context,
): Instance {
  context.floors.use(instance.key);
  const state = withRound(evaluated.state, ballot);
  const round = startAccepting(ballot, context.ballots.next(), context.codec.encode(state));
  context.effects.broadcast.push(acceptCommand(instance.key, round));
  const carried = withAttempt(batch, ballot.counter, evaluated.outcomes);
  const work: Work = { phase: 'accepting', round, state, ...inFlight(carried, context) };
  return { ...instance, standing: undefined, work };
}

function onAcceptReply(
  instance: Instance,
  work: Extract<Work, { phase: 'accepting' }>,
  acceptor: string,
  reply: Reply,
  context: Context,
): Instance {
  return onAccepted(instance, work, countAccepted(work.round, acceptor, reply, context), context);
}

function onAccepted(
  instance: Instance,
  work: Extract<Work, { phase: 'accepting' }>,
  round: Accepting,
  context: Context,
): Instance {
  if (round === work.round) return instance;
  switch (tallyAccepted(context.configuration, round)) {
    case 'pending':
      return { ...instance, work: { ...work, round } };
    case 'lost':
      context.floors.lose(instance.key, round.ballot, context.nowMs);
      return retry(instance, work.batch, context);
    case 'won':
      return onChosen(instance, { ...work, round }, context);
  }
}

/** A quorum accepted: the value is chosen, and only now is anybody told. */
function onChosen(
  instance: Instance,
  work: Extract<Work, { phase: 'accepting' }>,
  context: Context,
): Instance {
  const { round, state, batch } = work;
  context.effects.chosen.push({ key: instance.key, version: state.version });
  const outcomes = lastOutcomes(batch);
  // An acceptor that refused has promised more: the next round has to prepare above that to win it back.
  const standing =
    round.refusals.length === 0 ? { ballot: round.next, accepted: round.ballot, state } : undefined;
  return settle(instance, { batch, outcomes, state, standing, bytes: round.value.length }, context);
}

// Another round

/** Burns the round and tries again above what was seen: at once the first time, then after a random pause. */
function retry(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  const failed = { ...instance, failures: instance.failures + 1 };
  if (instance.failures === 0) return prepare(failed, batch, context);
  const { backoffMs, backoffMsMax } = context.timing;
  const longestMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(instance.failures, 16));
  const untilMs = context.nowMs + context.random() * longestMs;
  return { ...failed, standing: undefined, work: { phase: 'waiting', batch, untilMs } };
}
