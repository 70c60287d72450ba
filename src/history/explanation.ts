// Why no order was found, for people: how far the best attempt came and what had no place after it.

import { orderOf } from './configuration.ts';
import type { Model } from './model.ts';
import type { Operation } from './operations.ts';
import type { Finding } from './search.ts';

export interface Explanation<Call, Outcome> {
  readonly key: string;
  /** The longest legal order that was found. */
  readonly linearized: readonly Operation<Call, Outcome>[];
  /** The state after it, as the model writes it. */
  readonly state: string;
  /**
   * Answered operations of which none can come next, whichever unknown operations take effect before. After
   * a search that gave up: those that are next.
   */
  readonly stuck: readonly Operation<Call, Outcome>[];
}

/** So many of the last operations of the order are printed: the rest is seldom what went wrong. */
const PRINTED_MAX = 12;

export function explanationOf<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  key: string,
  { best, stuck }: Pick<Finding<State, Call, Outcome>, 'best' | 'stuck'>,
): Explanation<Call, Outcome> {
  return {
    key,
    linearized: orderOf(best),
    state: model.key(best.state),
    stuck: stuck.map(completed => completed.operation),
  };
}

/** The explanation as text of several lines. */
export function printExplanation<Call, Outcome>(explanation: Explanation<Call, Outcome>): string {
  const { key, linearized, state, stuck } = explanation;
  const printed = linearized.slice(-PRINTED_MAX).map(printOperation);
  const left = linearized.length - printed.length;
  return [
    `No order of all operations of '${key}' was found. The longest one has ${linearized.length}:`,
    ...(left > 0 ? [`  … ${left} more before`] : []),
    ...printed,
    `They lead to the state ${state}, after which these have no place:`,
    ...stuck.map(printOperation),
  ].join('\n');
}

/** Events are counted from 1, so that they are line numbers of the recorded file. */
function printOperation({
  process,
  call,
  outcome,
  invokedAt,
  completedAt,
}: Operation<unknown, unknown>): string {
  const until = Number.isFinite(completedAt) ? `${completedAt + 1}` : '';
  return `  events ${invokedAt + 1}–${until} process ${process}: ${print(call)} → ${print(outcome)}`;
}

/** The first field of a call or an outcome names it; the others are printed with their names. */
function print(part: unknown): string {
  if (typeof part !== 'object' || part === null) return String(part);
  const [[, name] = [], ...fields] = Object.entries(part).filter(([, value]) => value !== undefined);
  return [String(name), ...fields.map(([field, value]) => `${field} ${JSON.stringify(value)}`)].join(', ');
}
