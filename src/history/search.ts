// The search for an order of one key's operations that its model allows: Wing and Gong's depth-first search
// (1993) with Lowe's memory of configurations (Testing for linearizability, 2016). Unknown operations are
// tried only where all others lead nowhere. Bounded by its caller.

import { begin, type Configuration, identityOf, type UnknownTimes } from './configuration.ts';
import type { Model } from './model.ts';
import { afterKnown, afterUnknown, lostIn, settle } from './moves.ts';
import type { Completed, Timeline } from './timeline.ts';

interface SearchOptions {
  readonly configurationsMax: number;
  /**
   * `any` lets every unknown operation take effect as often as it helps. That forgets which were used, so far
   * fewer configurations differ; and what is impossible even so is impossible.
   */
  readonly times: UnknownTimes;
}

export interface Finding<State, Call, Outcome> {
  readonly kind: 'linearizable' | 'not-linearizable' | 'gave-up';
  /** How many configurations were looked at. */
  readonly configurations: number;
  /** The one that placed the most answered operations; all of them when linearizable. */
  readonly best: Configuration<State, Call, Outcome>;
  /** What has no place after `best`. */
  readonly stuck: readonly Completed<Call, Outcome>[];
}

interface Frame<State, Call, Outcome> {
  readonly configuration: Configuration<State, Call, Outcome>;
  /** `known`: the configuration is new. `unknown`: only its unknown operations are left to try. */
  readonly left: 'known' | 'unknown';
}

export function search<State, Call, Outcome>(
  model: Model<State, Call, Outcome>,
  timeline: Timeline<Call, Outcome>,
  { configurationsMax, times }: SearchOptions,
): Finding<State, Call, Outcome> {
  const seen = new Set<string>();
  const first = begin(model.initial, timeline);
  let best = { configuration: first, stuck: first.waiting };
  let configurations = 0;
  const conclude = (kind: Finding<State, Call, Outcome>['kind']): Finding<State, Call, Outcome> => {
    return { kind, configurations, best: best.configuration, stuck: best.stuck };
  };

  const stack: Frame<State, Call, Outcome>[] = [{ configuration: first, left: 'known' }];
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if (frame.left === 'unknown') {
      pushAll(stack, afterUnknown(model, timeline, { configuration: frame.configuration, times }));
      continue;
    }
    if (configurations === configurationsMax) return conclude('gave-up');
    configurations += 1;

    const configuration = settle(model, timeline, frame.configuration);
    const lost = lostIn(model, timeline, configuration);
    if (configurations === 1 || configuration.placed > best.configuration.placed) {
      best = { configuration, stuck: lost.length > 0 ? lost : configuration.waiting };
    }
    if (configuration.waiting.length === 0) return conclude('linearizable');
    if (lost.length > 0) continue;
    const identity = identityOf(model, configuration);
    if (seen.has(identity)) continue;
    seen.add(identity);
    stack.push({ configuration, left: 'unknown' });
    pushAll(stack, afterKnown(model, timeline, configuration));
  }
  return conclude('not-linearizable');
}

/** The first of `configurations` is to be looked at first. */
function pushAll<State, Call, Outcome>(
  stack: Frame<State, Call, Outcome>[],
  configurations: readonly Configuration<State, Call, Outcome>[],
): void {
  for (const configuration of configurations.toReversed()) stack.push({ configuration, left: 'known' });
}
