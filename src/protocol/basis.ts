// From which state a round goes on, and what a batch makes of that state.

import { type Evaluated, evaluate, type Pending } from './batch.ts';
import { remainsAmong } from './collected.ts';
import type { Vote } from './round.ts';
import type { RegisterState } from './state.ts';
import type { Context } from './work.ts';

/** The state of the vote; where nothing is accepted, what the votes tell of an earlier life of the register (D3). */
export function foundState(
  found: Pick<Vote, 'accepted' | 'value'>,
  votes: readonly Vote[],
  context: Context,
): RegisterState {
  if (found.accepted.counter > 0) return context.codec.decode(found.value);
  const empties = votes.filter(({ accepted, value }) => accepted.counter === 0 && value.length > 0);
  return remainsAmong(empties.map(({ value }) => context.codec.decode(value)));
}

export function evaluateIn(context: Context, batch: readonly Pending[], state: RegisterState): Evaluated {
  return evaluate(batch, state, {
    changes: context.changes,
    valueBytesMax: context.valueBytesMax,
    rememberedMax: context.rememberedMax,
    nowSeconds: context.nowMs / 1000,
    proposer: context.ballots.proposer,
  });
}
