// How the requests of a batch end: answered out of a chosen state, or overdue. Says what a client is told; that
// the state is chosen is instance.ts's to know (P4).

import type { Pending } from './batch.ts';
import type { Outcome } from './register.ts';
import type { RegisterState } from './state.ts';
import { type Answer, type Context, IDLE, type Instance, type Standing } from './work.ts';

interface Ending {
  readonly batch: readonly Pending[];
  readonly outcomes: readonly Outcome[];
  readonly state: RegisterState;
  readonly standing: Standing | undefined;
  readonly bytes: number;
}

/** Answers the whole batch out of a state that is known to be chosen. */
export function settle(instance: Instance, ending: Ending, context: Context): Instance {
  const { state, standing, bytes } = ending;
  answerAll(ending.batch, ending.outcomes, context);
  const final = state.set && state.kind !== 'variable' ? state : undefined;
  return { key: instance.key, work: IDLE, standing, final, failures: 0, bytes };
}

export function answerAll(batch: readonly Pending[], outcomes: readonly Outcome[], context: Context): void {
  batch.forEach(({ token }, i) => {
    const answer = outcomes[i];
    if (answer === undefined) throw new RangeError(`Request ${token} has no outcome`);
    context.effects.answers.push({ token, answer });
  });
}

/**
 * P2: a quorum has no space for a vote. What was sent in an accept before may be found and chosen once there is
 * space again, also where it was answered so: copies of the accept may be under way.
 */
export function refuseForSpace(batch: readonly Pending[], context: Context): void {
  for (const { token, attempts } of batch) {
    const why = 'a quorum of acceptors has no space on its disks';
    context.effects.answers.push({
      token,
      answer: { kind: attempts.length > 0 ? 'unknown' : 'storage_full', why },
    });
  }
}

/**
 * G1: they can be asked where the partition is now, if no accept carried them. What came of one that did is in the state
 * that is brought there, and may be told by its id alone (P2).
 */
export function turnAway(key: string, batch: readonly Pending[], context: Context): void {
  for (const pending of batch) {
    if (pending.attempts.length === 0) context.effects.closed.push({ key, pending });
    else {
      const why = 'its keys were moved to another group of acceptors before it was confirmed';
      context.effects.answers.push({ token: pending.token, answer: { kind: 'unknown', why } });
    }
  }
}

/** P2: what was never sent in an accept is definitely not applied; anything else is unknown. */
export function expire(batch: readonly Pending[], context: Context): readonly Pending[] {
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
