// The proposer's half of the protocol for one register: one batch of requests at a time, from the first
// message to the answers. Pure: events in, effects out; time, ballots and chance come with the context.
// Owns when a round is started, burnt and repeated, and what may be answered when (P1, P2, P4). Queueing
// and the mailbox are the proposer actor's; counting votes is round.ts.

import { type Ballot, COUNTER_MAX, compareBallots } from './ballot.ts';
import { type Evaluated, evaluate, mayBeFound, type Pending, resolveAttempts, withAttempt } from './batch.ts';
import { withRound } from './lineage.ts';
import type { Reply } from './messages.ts';
import { isRead } from './operation.ts';
import { isMember } from './quorum.ts';
import { type Outcome, type RegisterState, UNSET } from './register.ts';
import {
  type Accepting,
  chosenAmong,
  couldBeChosen,
  highestAccepted,
  type Preparing,
  startAccepting,
  startPreparing,
  tallyAccepted,
  tallyPromises,
  type Vote,
  withAccepted,
  withPromise,
  withRefusal,
  withVote,
} from './round.ts';
import {
  type Answer,
  acceptCommand,
  type Context,
  type Instance,
  inFlight,
  isStuck,
  resend,
  resendDelayMs,
  type Standing,
  type Work,
} from './work.ts';

const IDLE: Work = { phase: 'idle' };

export function newInstance(key: string): Instance {
  return { key, work: IDLE, standing: undefined, final: undefined, failures: 0, bytes: 0 };
}

/** Starts to work on a batch. The instance must be idle and the batch not empty. */
export function begin(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  const { standing, final } = instance;
  if (final !== undefined) {
    answerAll(batch, evaluateIn(context, batch, final).outcomes, context);
    return instance;
  }
  if (standing === undefined) {
    const readsOnly = batch.every(pending => isRead(pending.request.operation));
    return readsOnly ? read(instance, batch, context) : prepare(instance, batch, context);
  }
  const evaluated = evaluateIn(context, batch, standing.state);
  // P4: another proposer may have moved on, so what the standing state refuses is asked of a quorum first.
  if (!evaluated.changed) return read(instance, batch, context);
  return propose(instance, standing.ballot, batch, evaluated, context);
}

/** Takes the reply of one acceptor. A late, repeated or foreign one changes nothing (P3). */
export function receive(instance: Instance, acceptor: string, reply: Reply, context: Context): Instance {
  const { work } = instance;
  if (!isMember(context.configuration, acceptor)) return instance;
  switch (work.phase) {
    case 'idle':
    case 'waiting':
      return instance;
    case 'reading':
      if (reply.kind !== 'report' || reply.serial !== work.serial) return instance;
      return onReport(instance, work, { acceptor, ...reply }, context);
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
  if (nowMs < work.resendAtMs) return instanceWith(instance, work, batch);
  resend(instance.key, work, context);
  const resends = work.resends + 1;
  return {
    ...instance,
    work: { ...work, batch, resends, resendAtMs: nowMs + resendDelayMs(resends, context) },
  };
}

function instanceWith(
  instance: Instance,
  work: Exclude<Work, { phase: 'idle' }>,
  batch: readonly Pending[],
): Instance {
  return batch === work.batch ? instance : { ...instance, work: { ...work, batch } };
}

// Quorum read

function read(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  const serial = context.ballots.next().counter;
  context.effects.broadcast.push({ kind: 'read', key: instance.key, serial });
  return { ...instance, work: { phase: 'reading', serial, votes: [], ...inFlight(batch, context) } };
}

function onReport(
  instance: Instance,
  work: Extract<Work, { phase: 'reading' }>,
  vote: Vote,
  context: Context,
): Instance {
  const votes = withVote(work.votes, vote);
  const chosen = chosenAmong(context.configuration, votes);
  if (chosen !== undefined) return onRead(instance, work.batch, chosen, context);
  if (couldBeChosen(context.configuration, votes)) return { ...instance, work: { ...work, votes } };
  // The acceptors differ for good: an identity round makes one of their values chosen.
  return prepare(instance, work.batch, context);
}

/** A quorum reported this: the state is chosen and was current at some moment since the read began. */
function onRead(instance: Instance, batch: readonly Pending[], vote: Vote, context: Context): Instance {
  const held = instance.standing;
  const standing =
    held !== undefined && compareBallots(held.accepted, vote.accepted) === 0 ? held : undefined;
  const state = standing?.state ?? decodeState(vote.value, context);
  const evaluated = evaluateIn(context, batch, state);
  const current = { ...instance, standing };
  if (!evaluated.changed)
    return settle(
      current,
      { batch, outcomes: evaluated.outcomes, state, standing, bytes: vote.value.length },
      context,
    );
  if (standing === undefined) return prepare(current, batch, context);
  return propose(current, standing.ballot, batch, evaluated, context);
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
      return retry(instance, work.batch, context);
    case 'won':
      return onPrepared(instance, round, work.batch, context);
  }
}

function countPromise(round: Preparing, acceptor: string, reply: Reply, context: Context): Preparing {
  if (reply.kind === 'promised' && reply.counter === round.ballot.counter) {
    return withPromise(round, { acceptor, accepted: reply.accepted, value: reply.value });
  }
  if (reply.kind === 'conflict' && reply.phase === 'prepare' && reply.counter === round.ballot.counter) {
    return countRefusal(round, acceptor, reply.seen, context);
  }
  return round;
}

function onPrepared(
  instance: Instance,
  round: Preparing,
  carried: readonly Pending[],
  context: Context,
): Instance {
  const highest = highestAccepted(round.promises);
  const state = decodeState(highest.value, context);
  const { proposer } = context.ballots;
  const { batch, unknowable } = resolveAttempts(carried, state, proposer);
  for (const { token } of unknowable) {
    const why = 'too many other proposers changed the register since, so its fate can no longer be told';
    context.effects.answers.push({ token, answer: { kind: 'unknown', why } });
  }
  if (batch.length === 0) return { ...instance, work: IDLE };
  const evaluated = evaluateIn(context, batch, state);
  const isChosen = chosenAmong(context.configuration, round.promises) !== undefined;
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

// Phase 2

/** Uses a ballot, for one value and never again: the standing promise is gone from here on (P1). */
function propose(
  instance: Instance,
  ballot: Ballot,
  batch: readonly Pending[],
  evaluated: Evaluated,
  context: Context,
): Instance {
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
  const round = countAccepted(work.round, acceptor, reply, context);
  if (round === work.round) return instance;
  switch (tallyAccepted(context.configuration, round)) {
    case 'pending':
      return { ...instance, work: { ...work, round } };
    case 'lost':
      return retry(instance, work.batch, context);
    case 'won':
      return onChosen(instance, { ...work, round }, context);
  }
}

function countAccepted(round: Accepting, acceptor: string, reply: Reply, context: Context): Accepting {
  if (reply.kind === 'accepted' && reply.counter === round.ballot.counter)
    return withAccepted(round, acceptor);
  if (reply.kind === 'conflict' && reply.phase === 'accept' && reply.counter === round.ballot.counter) {
    return countRefusal(round, acceptor, reply.seen, context);
  }
  return round;
}

/** A quorum accepted: the value is chosen, and only now is anybody told. */
function onChosen(
  instance: Instance,
  work: Extract<Work, { phase: 'accepting' }>,
  context: Context,
): Instance {
  const { round, state, batch } = work;
  context.effects.chosen.push({ key: instance.key, version: state.version });
  const outcomes = batch.map(pending => lastOutcome(pending));
  // An acceptor that refused has promised more: the next round has to prepare above that to win it back.
  const standing =
    round.refusals.length === 0 ? { ballot: round.next, accepted: round.ballot, state } : undefined;
  return settle(instance, { batch, outcomes, state, standing, bytes: round.value.length }, context);
}

function lastOutcome(pending: Pending): Outcome {
  const attempt = pending.attempts.at(-1);
  if (attempt === undefined) throw new RangeError(`Request ${pending.token} was carried by no round`);
  return attempt.outcome;
}

// Endings

interface Ending {
  readonly batch: readonly Pending[];
  readonly outcomes: readonly Outcome[];
  readonly state: RegisterState;
  readonly standing: Standing | undefined;
  readonly bytes: number;
}

/** Answers the whole batch out of a state that is known to be chosen. */
function settle(instance: Instance, ending: Ending, context: Context): Instance {
  const { state, standing, bytes } = ending;
  answerAll(ending.batch, ending.outcomes, context);
  const final = state.set && state.kind !== 'variable' ? state : undefined;
  return { key: instance.key, work: IDLE, standing, final, failures: 0, bytes };
}

function answerAll(batch: readonly Pending[], outcomes: readonly Outcome[], context: Context): void {
  batch.forEach(({ token }, i) => {
    const answer = outcomes[i];
    if (answer === undefined) throw new RangeError(`Request ${token} has no outcome`);
    context.effects.answers.push({ token, answer });
  });
}

/** Burns the round and tries again above what was seen: at once the first time, then after a random pause. */
function retry(instance: Instance, batch: readonly Pending[], context: Context): Instance {
  const failed = { ...instance, failures: instance.failures + 1 };
  if (instance.failures === 0) return prepare(failed, batch, context);
  const { backoffMs, backoffMsMax } = context.timing;
  const longestMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(instance.failures, 16));
  const untilMs = context.nowMs + context.random() * longestMs;
  return { ...failed, standing: undefined, work: { phase: 'waiting', batch, untilMs } };
}

/** P2: what was never sent in an accept is definitely not applied; anything else is unknown. */
function expire(batch: readonly Pending[], context: Context): readonly Pending[] {
  const due = batch.filter(pending => pending.deadlineMs <= context.nowMs);
  if (due.length === 0) return batch;
  for (const { token, attempts } of due) {
    const answer: Answer =
      attempts.length > 0
        ? { kind: 'unknown', why: 'no quorum of acceptors confirmed it in time' }
        : { kind: 'no_quorum', why: 'no quorum of acceptors answered in time' };
    context.effects.answers.push({ token, answer });
  }
  return batch.filter(pending => pending.deadlineMs > context.nowMs);
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

function decodeState(bytes: Uint8Array, context: Context): RegisterState {
  return bytes.length === 0 ? UNSET : context.codec.decode(bytes);
}

function evaluateIn(context: Context, batch: readonly Pending[], state: RegisterState): Evaluated {
  const nowSeconds = Math.floor(context.nowMs / 1000);
  return evaluate(batch, state, {
    changes: context.changes,
    valueBytesMax: context.valueBytesMax,
    nowSeconds,
    proposer: context.ballots.proposer,
  });
}
