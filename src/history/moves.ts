// The moves of the search: from one configuration to those that can follow it. Owns the short cuts that leave
// out what cannot matter; each says why it loses nothing.

import { type Configuration, isUsable, place, type UnknownTimes, use } from './configuration.ts';
import type { Model } from './model.ts';
import type { Completed, Timeline } from './timeline.ts';

/** How far ahead of the first return that waits answers are looked for that are lost already. */
const LOOK_AHEAD_MOMENTS = 64;

/**
 * What waits, or will soon, and can never have its answer any more. With one such operation the configuration
 * leads nowhere.
 */
export function lostIn<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  timeline: Timeline<Call, Outcome>,
  { state, waiting, next }: Configuration<State, Call, Outcome>,
): Completed<Call, Outcome>[] {
  const { hopeless } = model;
  if (hopeless === undefined) return [];
  const isLost = ({ operation, outcome }: Completed<Call, Outcome>) =>
    hopeless(state, operation.call, outcome);
  const lost = waiting.filter(isLost);
  if (lost.length > 0) return lost;
  for (const { kind, completed } of timeline.moments.slice(next, next + LOOK_AHEAD_MOMENTS)) {
    if (kind === 'call' && isLost(completed)) return [completed];
  }
  return [];
}

/**
 * Places all reads that fit the state. That loses nothing: in any order that starts from here such a read can
 * be moved to the front, since it may come now and nothing after it sees a difference.
 */
export function settle<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  timeline: Timeline<Call, Outcome>,
  configuration: Configuration<State, Call, Outcome>,
): Configuration<State, Call, Outcome> {
  const { state } = configuration;
  let settled = configuration;
  for (;;) {
    const chosen = settled.waiting.filter(({ operation, outcome, isRead }) => {
      return isRead && model.step(state, operation.call, outcome) !== undefined;
    });
    if (chosen.length === 0) return settled;
    settled = place(timeline, settled, { chosen, state });
  }
}

/** What can come next among the answered operations. Reads are settled already. */
export function afterKnown<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  timeline: Timeline<Call, Outcome>,
  configuration: Configuration<State, Call, Outcome>,
): Configuration<State, Call, Outcome>[] {
  const changing: Configuration<State, Call, Outcome>[] = [];
  const idle: Configuration<State, Call, Outcome>[] = [];
  for (const completed of firstOfTheirLike(configuration.waiting)) {
    if (completed.isRead) continue;
    const state = model.step(configuration.state, completed.operation.call, completed.outcome);
    if (state === undefined) continue;
    const after = place(timeline, configuration, { chosen: [completed], state });
    (state === configuration.state ? idle : changing).push(after);
  }
  // What changes nothing here may be needed as a change later.
  return [...changing, ...idle];
}

/**
 * Of equal operations that wait, the one that returns first. Any order that places another of them before it
 * is as good with the two exchanged.
 */
function firstOfTheirLike<Call, Outcome>(
  waiting: readonly Completed<Call, Outcome>[],
): Iterable<Completed<Call, Outcome>> {
  const first = new Map<number, Completed<Call, Outcome>>();
  for (const completed of waiting) {
    const other = first.get(completed.likeness);
    if (other === undefined || completed.operation.completedAt < other.operation.completedAt) {
      first.set(completed.likeness, completed);
    }
  }
  return first.values();
}

/** What can come next untold or among the unknown ones; one that changes nothing here need not come here. */
export function afterUnknown<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  timeline: Timeline<Call, Outcome>,
  { configuration, times }: { configuration: Configuration<State, Call, Outcome>; times: UnknownTimes },
): Configuration<State, Call, Outcome>[] {
  const untold = model.untold?.(configuration.state);
  const used = timeline.unknowns.flatMap(unknown => {
    if (!isUsable(timeline, configuration, unknown)) return [];
    const state = model.step(configuration.state, unknown.operation.call, 'unknown');
    if (state === undefined || state === configuration.state) return [];
    return [use(configuration, { unknown, state, times })];
  });
  return untold === undefined ? used : [{ ...configuration, state: untold }, ...used];
}
