// A configuration of the search: which operations were put into order so far, and the state they led to.
// Lowe's list of remaining entries is kept as two small parts that tell everything: the operations that were
// called and wait for their place, and the first return that cannot be passed before one of them has it.

import type { Model } from './model.ts';
import type { Operation } from './operations.ts';
import type { Completed, Timeline, Unknown } from './timeline.ts';

export interface Configuration<State, Call, Outcome> {
  readonly state: State;
  /** Called before `next` and not placed yet, in the order of their calls. */
  readonly waiting: readonly Completed<Call, Outcome>[];
  /** Index of the first return whose operation waits. */
  readonly next: number;
  readonly used: UsedUnknowns;
  /** How many completed operations have their place. */
  readonly placed: number;
  readonly path: Path<Call, Outcome> | undefined;
}

/** How often an unknown operation may take effect: truly once at most, but see search.ts. */
export type UnknownTimes = 'once' | 'any';

interface UsedUnknowns {
  readonly ids: ReadonlySet<number>;
  readonly key: string;
}

/** The operations in their order, last one first. */
interface Path<Call, Outcome> {
  readonly operation: Operation<Call, Outcome>;
  readonly before: Path<Call, Outcome> | undefined;
}

export function begin<State, Call, Outcome>(
  state: State,
  timeline: Timeline<Call, Outcome>,
): Configuration<State, Call, Outcome> {
  const start = { state, used: { ids: new Set<number>(), key: '' }, placed: 0, path: undefined };
  return { ...start, ...advance(timeline, [], 0) };
}

/** Goes on to the next return that has to wait, taking in the calls on the way. */
function advance<Call, Outcome>(
  timeline: Timeline<Call, Outcome>,
  remaining: readonly Completed<Call, Outcome>[],
  from: number,
): { waiting: readonly Completed<Call, Outcome>[]; next: number } {
  const waiting = [...remaining];
  let next = from;
  for (let moment = timeline.moments[next]; moment !== undefined; moment = timeline.moments[next]) {
    if (moment.kind === 'call') waiting.push(moment.completed);
    else if (waiting.includes(moment.completed)) break;
    next += 1;
  }
  return { waiting, next };
}

/** Gives `chosen`, all of which wait, the next places in the order. */
export function place<State, Call, Outcome>(
  timeline: Timeline<Call, Outcome>,
  configuration: Configuration<State, Call, Outcome>,
  { chosen, state }: { chosen: readonly Completed<Call, Outcome>[]; state: State },
): Configuration<State, Call, Outcome> {
  const remaining = configuration.waiting.filter(completed => !chosen.includes(completed));
  let path = configuration.path;
  for (const { operation } of chosen) path = { operation, before: path };
  return {
    state,
    ...advance(timeline, remaining, configuration.next),
    used: configuration.used,
    placed: configuration.placed + chosen.length,
    path,
  };
}

/** Lets an unknown operation take effect here, and marks it as used when it may do so once. */
export function use<State, Call, Outcome>(
  configuration: Configuration<State, Call, Outcome>,
  { unknown, state, times }: { unknown: Unknown<Call, Outcome>; state: State; times: UnknownTimes },
): Configuration<State, Call, Outcome> {
  const path = { operation: unknown.operation, before: configuration.path };
  if (times === 'any') return { ...configuration, state, path };
  const ids = new Set(configuration.used.ids).add(unknown.id);
  const key = [...ids].sort((a, b) => a - b).join();
  return { ...configuration, state, used: { ids, key }, path };
}

/** Can `unknown` take effect here: is it called, free, and the first of its equals? */
export function isUsable<State, Call, Outcome>(
  timeline: Timeline<Call, Outcome>,
  { next, used }: Configuration<State, Call, Outcome>,
  unknown: Unknown<Call, Outcome>,
): boolean {
  const blockedAt = timeline.moments[next]?.at ?? Number.POSITIVE_INFINITY;
  if (unknown.operation.invokedAt > blockedAt || used.ids.has(unknown.id)) return false;
  return unknown.earlierTwin === undefined || used.ids.has(unknown.earlierTwin);
}

/**
 * Equal for configurations with the same future. What waits determines what was placed: `next` is the first
 * of its returns, everything called after that is still to come, and all else is placed. No hash: exact.
 */
export function identityOf<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  { waiting, used, state }: Configuration<State, Call, Outcome>,
): string {
  return `${waiting.map(completed => completed.id).join()}|${used.key}|${model.key(state)}`;
}

/** The operations in the order that they were given. */
export function orderOf<State, Call, Outcome>(
  configuration: Configuration<State, Call, Outcome>,
): Operation<Call, Outcome>[] {
  const order: Operation<Call, Outcome>[] = [];
  for (let step = configuration.path; step !== undefined; step = step.before) order.push(step.operation);
  return order.reverse();
}
