// Negative controls: rules broken on purpose, each of which the exploration must find out.

import { accept } from '../../src/protocol/acceptor.ts';
import { maxBallot, ZERO_BALLOT } from '../../src/protocol/ballot.ts';
import { type Attempt, evaluate } from '../../src/protocol/batch.ts';
import { begin, receive } from '../../src/protocol/instance.ts';
import { withRound } from '../../src/protocol/lineage.ts';
import { acceptorsOf } from '../../src/protocol/round.ts';
import { UNSET } from '../../src/protocol/state.ts';
import type { Work } from '../../src/protocol/work.ts';
import { RULES, type Rules } from './scope.ts';

/** An acceptor that keeps its promises in mind and accepts below them all the same. */
export const UNCHECKED_PROMISE: Rules = {
  ...RULES,
  accept(slot, ballot, value, next) {
    const step = accept({ ...slot, promised: ZERO_BALLOT }, ballot, value, next);
    return { ...step, slot: { ...step.slot, promised: maxBallot(slot.promised, step.slot.promised) } };
  },
};

/** Proposers for which one acceptor is a quorum, whichever it is. */
export const QUORUM_OF_ONE: Rules = {
  ...RULES,
  configuration: ({ cluster, epoch }) => ({ cluster, epoch, acceptors: ['any'] }),
  receive: (instance, _acceptor, reply, context) => receive(instance, 'any', reply, context),
};

/** Proposers that count replies, whoever sent them. */
export const REPLIES_FOR_VOTES: Rules = {
  ...RULES,
  receive(instance, acceptor, reply, context) {
    const voters = votersIn(instance.work);
    const others = context.configuration.acceptors.filter(other => !voters.includes(other));
    const voter = voters.includes(acceptor) ? (others[0] ?? acceptor) : acceptor;
    return receive(instance, voter, reply, context);
  },
};

function votersIn(work: Work): readonly string[] {
  switch (work.phase) {
    case 'idle':
    case 'waiting':
      return [];
    case 'reading':
    case 'fetching':
      return acceptorsOf(work.votes);
    case 'preparing':
      return acceptorsOf(work.round.promises);
    case 'accepting':
      return work.round.accepted;
  }
}

/** A proposer that keeps its standing ballot until the round succeeds, so that giving up does not burn it. */
export const STANDING_KEPT: Rules = {
  ...RULES,
  begin(instance, batch, context) {
    const started = begin(instance, batch, context);
    return started.work.phase === 'accepting' ? { ...started, standing: instance.standing } : started;
  },
};

/** A proposer that refuses from what it remembers, without asking a quorum whether that still holds. */
export const REFUSAL_FROM_MEMORY: Rules = {
  ...RULES,
  begin(instance, batch, context) {
    const { standing } = instance;
    if (standing === undefined) return begin(instance, batch, context);
    const { changes, valueBytesMax, rememberedMax, ballots } = context;
    const apply = { changes, valueBytesMax, rememberedMax, nowSeconds: 0, proposer: ballots.proposer };
    const { outcomes, changed } = evaluate(batch, standing.state, apply);
    if (changed) return begin(instance, batch, context);
    outcomes.forEach((answer, i) => {
      const token = batch[i]?.token;
      if (token !== undefined) context.effects.answers.push({ token, answer });
    });
    return instance;
  },
};

/** Acceptors that answer for a floor without telling which keys have something accepted (F1). */
export const FLOOR_WITHOUT_FILTER: Rules = { ...RULES, floorKeys: () => [] };

/** Acceptors that vote below a floor that they have promised (F1). */
export const FLOOR_FORGOTTEN: Rules = { ...RULES, underFloor: slot => slot };

/** What a quorum had deleted is collected (D1). */
export const COLLECTED_FROM_QUORUM: Rules = {
  ...RULES,
  collectedFrom: acceptors => Math.floor(acceptors / 2) + 1,
};

/** Acceptors that drop a slot without a floor in its place (D2). */
export const COLLECTED_WITHOUT_FLOOR: Rules = {
  ...RULES,
  collect(slot, floor, asked) {
    const after = RULES.collect(slot, floor, asked);
    return { ...after, floor: { ...after.floor, promised: floor.promised } };
  },
};

/** Acceptors that drop a slot, whatever was promised for it (D2). */
export const COLLECTED_BELOW_PROMISE: Rules = {
  ...RULES,
  collect(slot, floor, asked) {
    return RULES.collect({ ...slot, promised: ZERO_BALLOT }, floor, asked).slot.accepted.counter === 0
      ? RULES.collect({ ...slot, promised: ZERO_BALLOT }, floor, asked)
      : { slot, floor };
  },
};

/** A proposer that does not remember for which keys it has used the ballot of a floor (F1, P1). */
export const FLOOR_USED_TWICE: Rules = {
  ...RULES,
  begin(instance, batch, context) {
    const { floors } = context;
    const forgetful = {
      of: floors.of.bind(floors),
      outbids: floors.outbids.bind(floors),
      use: () => {},
      lose: floors.lose.bind(floors),
    };
    return begin(instance, batch, { ...context, floors: forgetful });
  },
};

/** Proposers that take what was passed on for a request like any other (R3). */
export const PASS_MARKS_LEFT_OUT: Rules = {
  ...RULES,
  begin(instance, batch, context) {
    const unmarked = batch.map(pending => {
      const { pass: _, ...request } = pending.request;
      return { ...pending, request };
    });
    return begin(instance, unmarked, context);
  },
};

/** Proposers that take a numbered id for one of any other form (R4). */
export const NUMBERS_LEFT_OUT: Rules = {
  ...RULES,
  begin(instance, batch, context) {
    const unnumbered = batch.map(pending => {
      const { request } = pending;
      return { ...pending, request: { ...request, id: request.id?.replace('~', '') } };
    });
    return begin(instance, unnumbered, context);
  },
};

/** A proposer that takes a burnt round for one that was never chosen, without looking at the history (R2). */
export const BURNT_TAKEN_FOR_LOST: Rules = {
  ...RULES,
  receive(instance, acceptor, reply, context) {
    const { work } = instance;
    if (
      work.phase !== 'preparing' ||
      reply.kind !== 'promised' ||
      reply.counter !== work.round.ballot.counter
    )
      return receive(instance, acceptor, reply, context);
    const batch = work.batch.map(pending => ({ ...pending, attempts: [] }));
    return receive({ ...instance, work: { ...work, batch } }, acceptor, reply, context);
  },
};

/** A proposer that takes a burnt round for a part of whatever history it finds (R2). */
export const BURNT_TAKEN_FOR_CHOSEN: Rules = {
  ...RULES,
  receive(instance, acceptor, reply, context) {
    const { work } = instance;
    const attempt = work.phase === 'preparing' ? work.batch[0]?.attempts[0] : undefined;
    if (attempt === undefined || reply.kind !== 'promised')
      return receive(instance, acceptor, reply, context);
    const state = reply.value.length === 0 ? UNSET : context.codec.decode(reply.value);
    const marked = withRound(state, { proposer: context.ballots.proposer, counter: attempt.counter });
    return receive(instance, acceptor, { ...reply, value: context.codec.encode(marked) }, context);
  },
};

/** A proposer that forgets a burnt round as soon as a phase 1 has not found it (R2). */
export const BURNT_FORGOTTEN: Rules = {
  ...RULES,
  receive(instance, acceptor, reply, context) {
    const after = receive(instance, acceptor, reply, context);
    if (instance.work.phase !== 'preparing' || after.work.phase !== 'accepting') return after;
    const batch = after.work.batch.map(pending => ({ ...pending, attempts: ofOneLine(pending.attempts) }));
    return { ...after, work: { ...after.work, batch } };
  },
};

/** The last attempt, and the one before when the last one carries it on. */
function ofOneLine(attempts: readonly Attempt[]): readonly Attempt[] {
  const [before, last] = attempts.slice(-2);
  return before?.outcome === last?.outcome ? attempts.slice(-2) : attempts.slice(-1);
}
