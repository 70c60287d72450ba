// Who need not vote at once. A quorum decides; the other acceptors are its reserve: they are told the same by the same message,
// and vote when there is time, on many commands in one transaction. Whoever may be needed is asked like the rest:
// when all who were asked have answered and nothing is decided, and when one of them is late. Nothing rests on it: a vote of the
// reserve is a slow vote, and a read that it does not answer is a lost message.

import { type Configuration, isQuorum } from './quorum.ts';
import { type Asking, type Context, commandOf, heardFrom } from './work.ts';

/** Those that are left when the first of `order`, all members, are as many as a quorum takes. */
export function reserveOf(configuration: Configuration, order: readonly string[]): readonly string[] {
  const asked = order.findIndex((_, i) => isQuorum(configuration, order.slice(0, i + 1)));
  return asked === -1 ? [] : order.slice(asked + 1);
}

/** Members that were asked to vote at once and have not answered. */
export function owing(work: Asking, { acceptors }: Configuration): readonly string[] {
  const answered = answeredBy(work);
  return acceptors.filter(acceptor => !answered.includes(acceptor) && !work.reserve.includes(acceptor));
}

/** After an answer that did not decide: when there are as many as were asked for, the reserve is asked. */
export function reinforced<Work extends Asking>(key: string, work: Work, context: Context): Work {
  const asked = context.configuration.acceptors.length - work.reserve.length;
  return work.reserve.length === 0 || answers(work) < asked ? work : askReserve(key, work, context);
}

/** As time goes by: when some have answered and others have owed an answer for too long since, the reserve is asked. */
export function relieved<Work extends Asking>(key: string, work: Work, context: Context): Work {
  const { nowMs, timing } = context;
  if (work.reserve.length === 0 || answers(work) === 0) return work;
  if (work.owedSinceMs === undefined) return { ...work, owedSinceMs: nowMs };
  return nowMs < work.owedSinceMs + timing.lateMs ? work : askReserve(key, work, context);
}

/** Whether it was asked in that step, in the midst of a phase. */
export function isReserveAsked(before: Asking, after: Asking): boolean {
  return before.phase === after.phase && before.reserve.length > 0 && after.reserve.length === 0;
}

function askReserve<Work extends Asking>(key: string, work: Work, context: Context): Work {
  const answered = answeredBy(work);
  const command = commandOf(key, work);
  for (const acceptor of work.reserve) {
    if (!answered.includes(acceptor)) context.effects.direct.push({ acceptor, command });
  }
  return { ...work, reserve: [], allAskedMs: context.nowMs };
}

/** Those who had no space for a vote have answered, too. */
function answeredBy(work: Asking): readonly string[] {
  return 'round' in work ? [...heardFrom(work), ...work.round.full] : heardFrom(work);
}

/** How many have answered. It is asked for each reply, so it makes no lists. */
export function answers(work: Asking): number {
  if (!('round' in work)) return work.votes.length;
  const { round } = work;
  const votes = 'promises' in round ? round.promises : round.accepted;
  return votes.length + round.refusals.length + round.full.length;
}
